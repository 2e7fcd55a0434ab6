"""Suggestions from words: what was offered is kept, judged by what was chosen later, and never by invented words."""

from datetime import timedelta

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching.text import Suggestion, at_threshold, choose_threshold, offered
from models import LearnedKind, LearnedModel, Need, Person, Role, SuggestionShown
from referral import clock, jobs
from referral.access import look_as
from referral.actions import learning_words, suggestions
from referral.actions.erasing import empty_file
from referral.actions.learning_words import Told
from tests.factories import AT, make_account, make_case, make_need, make_person, make_station, make_term
from tests.queries import counted, sign_in

HOURS = timedelta(hours=1)
MEALS, CHAIR = "做不了饭，想吃口热的", "轮椅坏了，走不了路"


def told(count: int, *, invented: bool = False, wrong: int = 0) -> list[Told]:
    """Needs in two kinds of words; the last `wrong` of them chose something else than the words say."""
    pairs = [("A01", MEALS), ("M07", CHAIR)]
    found = [Told(*pairs[n % 2], AT + n * HOURS, invented) for n in range(count)]
    return [one._replace(code="B03") if n >= count - wrong else one for n, one in enumerate(found)]


def test_a_threshold_is_chosen_by_later_needs_for_the_stated_precision() -> None:
    model = learning_words.judge(told(420), AT)
    assert (model.verdict, model.in_use, model.measures["judged"]) == ("better", True, 105)
    kept = model.measures["kept"]
    assert kept["hits"] >= 0.8 * kept["offered"] > 0
    assert model.shape == {"threshold": kept["threshold"]}
    assert model.positives == 315
    assert model.cut_at == AT + 315 * HOURS
    assert set(model.shape) == {"threshold"}  # never a piece of a text


def test_where_offers_do_not_hit_the_usual_threshold_stays() -> None:
    model = learning_words.judge(told(420, wrong=60), AT)
    assert (model.verdict, model.in_use, model.shape, model.measures["kept"]) == ("no_better", False, {}, None)
    assert model.measures["usual"]["hits"] < 0.8 * model.measures["usual"]["offered"]


def test_invented_words_judge_nothing() -> None:
    model = learning_words.judge(told(420, invented=True), AT)
    assert (model.verdict, model.measures) == ("too_few", {"judged": 0, "stated": 0.8})
    assert model.positives == 420


def test_thresholds_by_hand() -> None:
    rankings = [
        [Suggestion("a", 0.9), Suggestion("b", 0.05)],
        [Suggestion("a", 0.6), Suggestion("b", 0.3)],
        [Suggestion("a", 0.2), Suggestion("c", 0.19)],
        [],
    ]
    labels = ["a", "b", "b", "a"]
    assert [one.label for one in offered(rankings[1], 0.6)] == ["a", "b"]
    assert offered(rankings[0], 0.9) == [Suggestion("a", 0.9)]
    assert at_threshold(rankings, labels, 0.6) == (0.6, 2, 2)
    assert at_threshold(rankings, labels, 0.1) == (0.1, 3, 2)
    best = choose_threshold(rankings, labels, precision=0.9, least=1)
    assert best is not None
    assert (best.offered, best.hits) == (2, 2)
    assert choose_threshold(rankings, labels, precision=0.9, least=3) is None
    assert choose_threshold([], [], precision=0.9, least=1) is None


def test_the_job_judges_once_a_week(session: Session) -> None:
    need = make_need(session, description=MEALS, term=make_term(session, "A01"))
    session.get_one(Person, need.person_id).demonstration = False
    session.commit()
    [job] = [job for job in jobs.JOBS if job.name == "learn_words"]
    assert jobs.run(session, job, AT).counts == {"trained": 1, "in_use": 0}
    assert jobs.run(session, job, AT + timedelta(days=1)).counts == {"trained": 0, "in_use": 0}
    found = session.scalars(sa.select(LearnedModel)).one()
    assert (found.kind, found.verdict) == (LearnedKind.TERM_OF_WORDS, "too_few")
    assert "饭" not in str(found.shape) + str(found.measures)


def test_a_settled_threshold_is_used_and_learnt_beside(session: Session) -> None:
    terms = [make_term(session, "A01"), make_term(session, "M07")]
    assert [term.code for term in suggestions.suggest(session, MEALS, terms)][:1] == ["A01"]
    with counted() as again:
        suggestions.suggest(session, MEALS, terms)
    assert len(again) == 1
    strict = LearnedModel(
        kind=LearnedKind.TERM_OF_WORDS, trained_at=AT, rows=9, positives=2, shape={"threshold": 0.999},
        measures={}, verdict="better", in_use=True,
    )  # fmt: skip
    session.add(strict)
    session.commit()
    assert suggestions.suggest(session, MEALS, terms) == []
    strict.in_use = False
    session.commit()
    assert suggestions.suggest(session, MEALS, terms) != []


@pytest.mark.parametrize(("words", "expected"), [(MEALS, ["A01"]), ("qqqq zzzz", [])])
def test_what_was_offered_is_kept_with_the_need(session: Session, words: str, expected: list[str]) -> None:
    from flask import current_app

    station = make_station(session)
    worker = make_account(session, Role.STATION_WORKER, organization_id=station.id)
    case = make_case(session, person=make_person(session, station_id=station.id, at=clock.now()))
    term = make_term(session, "A01")
    session.commit()
    client = sign_in(current_app.test_client(), worker.login)
    address = f"/cases/{case.id}/needs/new"
    typed = {"description": words, "quantity": "22", "term": str(term.id)}
    page = client.post(address, data=typed | {"suggest": "1"}).get_data(as_text=True)
    codes = " ".join(expected) or "-"
    assert f'name="offered" type="hidden" value="{codes}"' in page
    assert client.post(address, data=typed | {"offered": f"{codes} X99"}).status_code == 302
    shown = session.scalars(sa.select(SuggestionShown)).one()
    assert shown.terms == expected
    assert client.post(address, data=typed).status_code == 302  # nobody asked
    assert len(session.scalars(sa.select(SuggestionShown)).all()) == 1
    other = make_account(session, Role.STATION_WORKER)
    session.commit()
    for account, count in ((worker, 1), (other, 0)):
        look_as(session, account, because="a test")
        assert len(session.scalars(sa.select(SuggestionShown)).all()) == count


def test_offers_go_with_the_words_when_a_file_is_emptied(session: Session) -> None:
    need = make_need(session, description=MEALS)
    suggestions.note_offers(session, need, ["A01"])
    empty_file(session, session.get_one(Person, need.person_id), at=AT)
    assert session.scalars(sa.select(SuggestionShown)).all() == []
    assert session.get_one(Need, need.id).description is None
