"""The page about learning: whoever runs rounds or the installation reads it, nothing on it is about one person."""

from datetime import timedelta

import pytest
from flask import Flask
from sqlalchemy.orm import Session

from models import LearnedKind, LearnedModel, Person, Role
from referral.actions import learning, suggestions
from referral.coordination import learned_words
from referral.extensions import db
from referral.queries.learned import latest, offers
from tests.factories import AT, VILLAGE, make_account, make_area, make_need, make_term
from tests.pages import check_page
from tests.queries import counted, sign_in
from tests.referral.test_learning import simulated

ESTIMATE = {"mean": 0.7, "low": 0.6, "high": 0.8}
POLICY = {
    "area": "321199000000", "number": 4, "rows": 240, "effective": 118.4, "now": ESTIMATE, "ips": ESTIMATE,
    "snips": ESTIMATE, "doubly_robust": ESTIMATE | {"mean": 0.75}, "gain": 0.05, "gain_error": 0.02,
}  # fmt: skip


def learned(session: Session) -> None:
    """A model in use, one that had too few, and suggestions that were judged."""
    make_area(session, VILLAGE)
    models = learning.train(simulated(3000), [LearnedKind.ACCEPTANCE, LearnedKind.COMPLETION], AT)
    models[0].measures |= {"policy": POLICY}
    models[1].measures |= {"policy": {"why": "too_thin"}}
    words = LearnedModel(
        kind=LearnedKind.TERM_OF_WORDS, trained_at=AT + timedelta(hours=1), cut_at=AT, rows=500, positives=326,
        shape={"threshold": 0.31}, verdict="better", in_use=True,
        measures={"judged": 120, "stated": 0.8, "kept": {"threshold": 0.31, "offered": 90, "hits": 75},
                  "usual": {"threshold": 0.12, "offered": 110, "hits": 80}},
    )  # fmt: skip
    learning.keep(session, [*models, words])
    for n in range(5):
        need = make_need(session, description="想吃口热的", term=make_term(session, "A01"))
        session.get_one(Person, need.person_id).demonstration = n == 4  # invented: does not count
        suggestions.note_offers(session, need, [["A01"], ["M07"], [], ["M07", "A01"], ["A01"]][n])


@pytest.mark.parametrize("role", [Role.COORDINATOR, Role.ADMINISTRATOR])
@pytest.mark.parametrize("language", ["zh", "en"])
def test_the_page_says_from_how_many_and_how_good(app: Flask, role: Role, language: str) -> None:
    with app.app_context():
        learned(db.session())
        login = make_account(db.session(), role).login
        db.session.commit()
    client = sign_in(app.test_client(), login)
    answer = client.get("/coordination/learned", headers={"Accept-Language": language})
    check_page(answer, language)
    page = answer.get_data(as_text=True)
    expected = {
        "zh": ["使用中", "未采用：数量太少", "机构自身的比例", "双重稳健估计", "75%", "布赖尔分数", "75%", "0.31"],
        "en": ["In use", "Not used: too few", "Provider’s own rate", "doubly robust", "75%", "Brier score", "0.31"],
    }[language]
    assert [words for words in expected if words not in page] == []
    assert "<svg" in page


def test_offers_are_counted_without_invented_people(app: Flask, session: Session) -> None:
    learned(session)
    assert offers(session) == (4, 3, 2)


def test_an_installation_that_has_learned_nothing_says_so(app: Flask, session: Session) -> None:
    account = make_account(session, Role.ADMINISTRATOR)
    session.commit()
    client = sign_in(app.test_client(), account.login)
    check_page(client.get("/coordination/learned"), "zh")
    assert "尚未学习" in client.get("/coordination/learned").get_data(as_text=True)


def test_others_do_not_read_it_and_queries_are_few(app: Flask, session: Session) -> None:
    learned(session)
    worker, coordinator = make_account(session, Role.STATION_WORKER), make_account(session, Role.COORDINATOR)
    session.commit()
    assert sign_in(app.test_client(), worker.login).get("/coordination/learned").status_code == 404
    client = sign_in(app.test_client(), coordinator.login)
    client.get("/coordination/learned")
    with counted() as queries:
        client.get("/coordination/learned")
    assert len(queries) <= 9, queries


def test_coefficients_are_told_in_words(app: Flask, session: Session) -> None:
    learned(session)
    model = latest(session)[LearnedKind.ACCEPTANCE]
    with app.test_request_context(headers={"Accept-Language": "en"}):
        told = {one.label: one for one in learned_words.effects_of(model)}
    assert {"Kind of provider", "Day of the week of the request"} <= set(told)
    assert all(0 < one.chance_low < 1 and 0 < one.chance_high < 1 for one in told.values())
    days = told["Day of the week of the request"]
    assert days.low in {"Saturday", "Sunday"}
    assert days.chance_low < days.chance_high
    assert told["Share of the provider’s past year that came out well"].low.endswith("%")
