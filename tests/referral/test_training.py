"""What teaches: only what was known when a referral was requested, and nothing about who the person is."""

from datetime import timedelta
from decimal import Decimal

import numpy as np
import pytest
import sqlalchemy as sa
from hypothesis import given
from hypothesis import strategies as st
from sqlalchemy.orm import Session

from matching.past import Known
from models import LearnedKind, Organization, OutcomeReason, Person, Referral, ReferralStatus, Role, Sex
from models.referral import DeclineReason, ReferralOutcome
from referral.actions import referrals
from referral.queries import training
from tests.factories import (
    AT,
    OTHER_VILLAGE,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_organization,
    make_person,
    make_term,
    refer,
)
from tests.queries import counted

DAY = timedelta(days=1)
LATER = AT + 90 * DAY
FACTS = st.lists(st.tuples(st.integers(0, 2), st.integers(0, 9), st.integers(0, 1)), max_size=30)


@given(FACTS, st.lists(st.tuples(st.integers(0, 3), st.integers(0, 11)), min_size=1, max_size=10))
def test_counts_are_of_what_was_known_strictly_before(
    facts: list[tuple[int, int, int]], asked: list[tuple[int, int]]
) -> None:
    keys, moments, values = (np.array([fact[n] for fact in facts]) for n in range(3))
    known = Known(keys.astype(np.int32), moments.astype(np.float64), values.astype(np.float64))
    who, when = np.array([key for key, _ in asked], np.int32), np.array([at for _, at in asked], np.float64)
    assert known.before(who, when).tolist() == [sum(v for k, m, v in facts if k == key and m < at) for key, at in asked]
    assert known.within(who, when, 3).tolist() == [
        sum(v for k, m, v in facts if k == key and at - 3 <= m < at) for key, at in asked
    ]


def past(session: Session, requests: int = 24) -> None:
    """Referrals to three providers over two months: taken on, refused, unanswered, finished, broken off, withdrawn."""
    worker = make_account(session, Role.COORDINATOR)
    for n in range(requests):
        at = AT - (60 - 2 * n) * DAY
        provider = providers(session)[n % 3]
        capacity = make_capacity(session, term=make_term(session, f"T{n % 2}"), organization=provider, at=AT)
        person = make_person(session, sex=Sex.MALE if n % 4 else None)
        need = make_need(
            session,
            case=make_case(session, person=person, at=at),
            at=at - 3 * DAY,
            term=make_term(session, f"T{n % 2}"),
        )
        referral = refer(session, need, capacity, at=at)
        if n % 5 == 1:
            referrals.reject(session, referral, by=worker, at=at + 5 * DAY, reason=DeclineReason.FULL)
        elif n % 5 == 2:
            referrals.expire(session, referral, at=at + 6 * DAY)
        elif n % 5 == 4 and n > 15:
            referrals.cancel(session, referral, by=worker, at=at + DAY, reason=DeclineReason.DUPLICATE_HELP)
        else:
            referrals.accept(session, referral, by=worker, at=at + 2 * DAY)
            if n % 5 == 3:
                referrals.fail(session, referral, by=worker, at=at + 20 * DAY, reason=DeclineReason.NO_FUNDS)
            elif n % 2:
                referrals.complete(
                    session,
                    referral,
                    by=worker,
                    at=at + 30 * DAY,
                    outcome=ReferralOutcome.SERVED,
                    units_delivered=Decimal(1),
                    outcome_reason=OutcomeReason.AS_PLANNED,
                )
    session.flush()


def providers(session: Session) -> list[Organization]:
    kept: list[Organization] = session.info.setdefault("providers of a test", [])
    while len(kept) < 3:
        kept.append(make_organization(session))
    return kept


def test_each_answered_referral_teaches_once_and_each_ended_one(session: Session) -> None:
    past(session)
    found = training.read(session, LATER)
    answers = training.table(found, LearnedKind.ACCEPTANCE)
    ends = training.table(found, LearnedKind.COMPLETION)
    assert len(found) == 24
    assert len(answers) == 23  # one was withdrawn before an answer
    assert int(answers.outcome.sum()) == 13
    assert len(ends) == int((~np.isnan(found.finished)).sum()) == 8
    assert int(ends.outcome.sum()) == 3
    assert set(answers.columns) == {*training.OPENING_FEATURES, *training.PAIR_FEATURES}
    assert set(answers.groups) == set(training.GROUPS)
    assert answers.columns["waiting"].tolist() == [3.0] * 23
    assert answers.columns["rate"][0] == pytest.approx(0.8)  # nothing was known of anybody yet
    assert len(set(answers.columns["rate"].tolist())) > 5


def test_one_query_whatever_the_size(session: Session) -> None:
    past(session)
    with counted() as queries:
        training.read(session, LATER)
    assert len(queries) == 1


def test_the_future_moves_no_column(session: Session) -> None:
    """Answers, endings, requests, a move and a birthday after each request: the rows of before stay as they were."""
    past(session)
    then = AT - 20 * DAY
    before = training.read(session, then)
    tables = {kind: training.table(before, kind) for kind in (LearnedKind.ACCEPTANCE, LearnedKind.COMPLETION)}
    past(session, 12)  # more requests to the same providers, from the first day on, but
    session.flush()
    added = session.scalars(sa.select(Referral).order_by(Referral.created_at.desc()).limit(12))
    for referral in added:  # all of it happens after the moment of the table
        referral.requested_at = then + 10 * DAY
        referral.answered_at = then + 11 * DAY
        referral.ended_at = then + 12 * DAY
    for person in session.scalars(sa.select(Person)):
        person.area_code, person.latitude, person.longitude = make_area(session, OTHER_VILLAGE).code, 10.0, 10.0
    session.flush()
    assert len(training.read(session, LATER)) == 36
    for at in (then, LATER):
        after = training.read(session, at)
        for kind, table in tables.items():
            again = training.table(after, kind)
            kept = np.flatnonzero(again.known <= then.timestamp())
            assert len(kept) == len(table) > 2
            for name, column in table.columns.items():
                assert np.array_equal(again.columns[name][kept], column, equal_nan=column.dtype.kind == "f"), name
            for name, group in table.groups.items():
                assert again.groups[name][kept].tolist() == group.tolist(), name


def test_a_row_is_the_same_as_if_the_world_had_ended_at_its_request(session: Session) -> None:
    past(session)
    found = training.read(session, LATER)
    whole = training.table(found, LearnedKind.ACCEPTANCE)
    for row, moment in enumerate(whole.requested.tolist()):
        cut = found.take(np.flatnonzero(found.requested <= moment))
        for name in ("answered", "finished", "over"):
            late = getattr(cut, name) >= moment
            getattr(cut, name)[late] = np.nan
        asked = np.array([moment])
        same = np.flatnonzero(whole.requested == moment)[0]
        at = np.flatnonzero(found.requested == moment)[0]
        standing = training.standing(
            cut, LearnedKind.ACCEPTANCE, provider=found.provider[at : at + 1], term=found.term[at : at + 1], at=asked
        )
        assert {name: column[0] for name, column in standing.items()} == {
            name: whole.columns[name][same] for name in standing
        }, row


def test_a_mutant_that_counts_all_of_a_provider_would_be_seen(session: Session) -> None:
    """The naive share of all answers, its own among them, differs from what was known then."""
    past(session)
    found = training.read(session, LATER)
    table = training.table(found, LearnedKind.ACCEPTANCE)
    rows = ~np.isnan(found.answered)
    naive = [found.accepted[rows & (found.provider == one)].mean() for one in found.provider[rows]]
    assert np.abs(np.array(naive) - table.columns["rate"]).max() > 0.05


def test_what_was_entered_in_error_never_was(session: Session) -> None:
    past(session, 3)
    wrong = session.scalars(sa.select(Referral).limit(1)).one()
    wrong.status = ReferralStatus.ENTERED_IN_ERROR
    session.flush()
    assert len(training.read(session, LATER)) == 2


def test_nothing_of_the_person_is_learned_from() -> None:
    assert not {"sex", "age_band", "township", "statuses", "features"} & {
        *training.OPENING_FEATURES,
        *training.PAIR_FEATURES,
    }
    assert {"sex_and_age", "statuses", "place", "words", "after"} == set(training.LEFT_OUT)
    assert not {"name", "number", "person", "need", "id_number"} & set(training.Past.__dataclass_fields__)
