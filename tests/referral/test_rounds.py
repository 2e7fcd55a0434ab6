"""A round: what it proposes, how it is proved, and that it is the same every time."""

from datetime import timedelta
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from matching import Params, solve
from models import (
    ClosedReason,
    Decision,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    Proposal,
    Round,
    RoundOpening,
    RoundStatus,
    TaxonomyTerm,
    Urgency,
)
from referral.actions import needs as need_actions
from referral.actions import rounds
from referral.queries.gathering.board import gather
from tests.factories import (
    AT,
    COUNTY,
    OTHER_COUNTY,
    OTHER_VILLAGE,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_term,
    refer,
)
from tests.queries import counted


def district(session: Session, needs: int = 30, services: int = 6) -> list[TaxonomyTerm]:
    """Needs of four urgencies for three terms, and fewer places than needs."""
    terms = [make_term(session, code=f"T{n}") for n in range(3)]
    for n in range(services):
        make_capacity(session, term=terms[n % 3], places=2 + n % 3, service={"minimum_age": 60 if n % 4 == 0 else None})
    urgencies = list(Urgency)
    for n in range(needs):
        person = make_person(session, latitude=32.1 + n / 500, longitude=119.6 - n / 700)
        case = make_case(session, person=person, opened_at=AT - timedelta(days=n))
        make_need(session, case=case, term=terms[n % 3], urgency=urgencies[n % 4], at=AT - timedelta(days=n))
    return terms


def proposals(session: Session, round_: Round) -> list[Proposal]:
    return list(session.scalars(sa.select(Proposal).where(Proposal.round_id == round_.id).order_by(Proposal.need_id)))


def test_every_need_gets_a_proposal_or_a_reason(session: Session) -> None:
    district(session)
    made = rounds.run_round(session, area=COUNTY, at=AT, seed=1)
    found = proposals(session, made)
    assert len(found) == made.needs == 30
    placed = [one for one in found if one.capacity_id]
    assert len(placed) == made.served == 18
    assert all(one.cost == sum(one.parts.values()) and one.explanation["code"] == "matched" for one in placed)
    unmet = [one for one in found if not one.capacity_id]
    assert all(one.explanation["code"] in {"no_service", "no_pair", "priced_out"} for one in unmet)
    assert all(one.explanation["change"] in {"rule", "place", "places", "offer", "none"} for one in unmet)


def test_the_certificate_is_exact_and_the_round_serves_no_fewer_than_going_down_the_list(session: Session) -> None:
    district(session)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    proof = made.certificate
    assert proof["exact"] is True
    assert proof["primal"] == proof["dual"]
    assert len(proof["digest"]) == 64
    for optimum, greedy, _ in made.served_by_tier:
        assert optimum >= greedy
    assert [sum(column) for column in zip(*made.served_by_tier, strict=True)] == [
        made.served,
        made.served_greedy,
        made.served_first_come,
    ]


def test_the_most_urgent_are_served_first(session: Session) -> None:
    term = make_term(session)
    make_capacity(session, term=term, places=1)
    low = make_need(session, term=term, urgency=Urgency.LOW, at=AT - timedelta(days=90))
    critical = make_need(session, term=term, urgency=Urgency.CRITICAL)
    rounds.run_round(session, area=COUNTY, at=AT)
    session.expire_all()
    assert critical.status is NeedStatus.PROPOSED
    assert low.status is NeedStatus.OPEN


def answer(session: Session, round_: Round) -> list[tuple[object, object]]:
    return [(one.need_id, one.capacity_id) for one in proposals(session, round_)]


def test_the_same_seed_gives_the_same_round(session: Session) -> None:
    district(session)
    first = rounds.run_round(session, area=COUNTY, at=AT, seed=7)
    before = answer(session, first)
    second = rounds.run_round(session, area=COUNTY, at=AT, seed=7)
    assert second.id != first.id
    assert second.certificate["digest"] == first.certificate["digest"]
    assert answer(session, second) == before


def test_the_order_in_which_records_come_does_not_matter(session: Session) -> None:
    import numpy as np

    district(session)
    board = gather(session, COUNTY, AT)
    plain = solve(board.problem, Params(), seed=3)
    rng = np.random.default_rng(5)
    for _ in range(5):
        needs = rng.permutation(len(board.need_ids))
        openings = rng.permutation(len(board.capacity_ids))
        mixed = solve(board.problem.rearranged(needs, openings), Params(), seed=3)
        back = {int(needs[row]): int(openings[o]) if o >= 0 else -1 for row, o in enumerate(mixed.assignment)}
        assert back == dict(enumerate(plain.assignment.tolist()))


def test_gathering_takes_thirteen_queries_whatever_the_size(session: Session) -> None:
    district(session, needs=5)
    session.flush()
    with counted() as few:
        gather(session, COUNTY, AT)
    district_more = [make_need(session, term=make_term(session)) for _ in range(20)]
    session.flush()
    with counted() as many:
        board = gather(session, COUNTY, AT)
    assert len(board.need_ids) == 5 + len(district_more)
    assert len(few) == len(many) == 13


def test_only_open_needs_of_the_area_take_part(session: Session) -> None:
    term = make_term(session)
    make_capacity(session, term=term, places=9)
    here = make_need(session, term=term)
    make_need(session, term=term, case=make_case(session, person=make_person(session, area_code=OTHER_VILLAGE)))
    closed = make_need(session, term=term)
    need_actions.close_unmet(session, closed, at=AT, reason=ClosedReason.NO_LONGER_NEEDED)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    assert [one.need_id for one in proposals(session, made)] == [here.id]
    assert rounds.run_round(session, area=OTHER_COUNTY, at=AT).needs == 1


def test_a_new_round_throws_away_an_older_one_that_nobody_applied(session: Session) -> None:
    district(session, needs=6)
    older = rounds.run_round(session, area=COUNTY, at=AT)
    newer = rounds.run_round(session, area=COUNTY, at=AT)
    assert older.status is RoundStatus.DISCARDED
    assert newer.needs == older.needs == 6
    decided = {one.decision for one in proposals(session, older) if one.capacity_id}
    session.expire_all()
    assert {one.decision for one in proposals(session, older) if one.capacity_id} == {Decision.LEFT}, decided


def test_two_rounds_over_one_area_do_not_run_at_once(session: Session) -> None:
    make_need(session)
    rounds.start_round(session, area=COUNTY, at=AT)
    with pytest.raises(rounds.RoundAtWork):
        rounds.start_round(session, area=COUNTY, at=AT)


def test_a_round_that_died_makes_room_for_another(session: Session) -> None:
    make_need(session)
    dead = rounds.start_round(session, area=COUNTY, at=AT)
    assert rounds.begin(session, dead, at=AT)
    later = AT + timedelta(days=1)
    again = rounds.start_round(session, area=COUNTY, at=later)
    session.expire_all()
    assert dead.status is RoundStatus.FAILED
    assert again.status is RoundStatus.WAITING


def test_a_waiting_round_is_taken_to_work_once(session: Session) -> None:
    make_need(session)
    waiting = rounds.start_round(session, area=COUNTY, at=AT)
    assert rounds.begin(session, waiting, at=AT) is True
    assert rounds.begin(session, waiting, at=AT) is False


def test_a_need_referred_while_the_round_was_computed_is_not_taken(session: Session) -> None:
    from referral.actions.rounding.solving import solved

    term = make_term(session)
    capacity = make_capacity(session, term=term, places=5)
    gone, stays = make_need(session, term=term), make_need(session, term=term)
    made = rounds.start_round(session, area=COUNTY, at=AT)
    rounds.begin(session, made, at=AT)
    found = solved(gather(session, COUNTY, AT), made.params, seed=0)
    refer(session, gone, capacity, by=None, at=AT)
    rounds.propose(session, made, found, at=AT, seconds={})
    session.expire_all()
    decisions = {one.need_id: (one.decision, one.failure) for one in proposals(session, made)}
    assert decisions == {gone.id: (Decision.FAILED, "changed_meanwhile"), stays.id: (Decision.UNDECIDED, None)}
    assert (gone.status, stays.status) == (NeedStatus.REFERRED, NeedStatus.PROPOSED)


def test_what_one_more_place_is_worth_is_what_a_round_with_it_gains(session: Session) -> None:
    district(session)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    lines = session.scalars(sa.select(RoundOpening).where(RoundOpening.round_id == made.id)).all()
    scarce = [line for line in lines if line.gain_tier]
    assert scarce
    for line in scarce:
        session.execute(sa.text("UPDATE capacity SET places = places + 1 WHERE id = :id"), {"id": line.capacity_id.hex})
        again = rounds.run_round(session, area=COUNTY, at=AT)
        session.execute(sa.text("UPDATE capacity SET places = places - 1 WHERE id = :id"), {"id": line.capacity_id.hex})
        gained = [new[0] - old[0] for new, old in zip(again.served_by_tier, made.served_by_tier, strict=True)]
        assert sum(gained) == 1 or gained[line.gain_tier - 1] == 1
        assert line.chain[-1][2] == str(line.capacity_id) or line.chain[0][2] == str(line.capacity_id)


def test_a_minor_waits_for_the_record_check_and_the_round_says_so(session: Session) -> None:
    from datetime import date

    term = make_term(session)
    make_capacity(session, term=term)
    child = make_person(session, born_on=date(2016, 5, 1))
    make_need(session, case=make_case(session, person=child), term=term)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    told = proposals(session, made)[0].explanation
    assert (told["code"], told["change"], told["rules"]) == ("no_pair", "rule", ["child_safety"])
    assert made.certificate["unmet"] == [["no_pair", "child_safety", 1]]


def test_no_name_stands_in_what_a_round_stores(session: Session) -> None:
    district(session, needs=8)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    stored = str([(one.explanation, one.parts) for one in proposals(session, made)]) + str(made.certificate)
    assert "测试" not in stored


def test_the_coordinators_of_the_area_are_told(session: Session) -> None:
    make_need(session)
    made = rounds.run_round(session, area=COUNTY, at=AT)
    told = session.scalars(sa.select(Message).where(Message.kind == MessageKind.ROUND_FINISHED)).one()
    assert (told.round_id, told.area_code) == (made.id, COUNTY)


def test_a_quantity_beyond_a_place_is_explained(session: Session) -> None:
    term = make_term(session)
    make_capacity(session, term=term, units_per_place=Decimal(2))
    need = make_need(session, term=term, quantity=Decimal(30))
    made = rounds.run_round(session, area=COUNTY, at=AT)
    assert proposals(session, made)[0].explanation["rules"] == ["quantity"]
    assert session.get_one(Need, need.id).status is NeedStatus.OPEN
