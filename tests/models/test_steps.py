"""The tables of steps, tried whole: every pair of states."""

import itertools
from datetime import UTC, datetime
from typing import Any

import pytest

from models import Case, CaseStatus, ClosedReason, DeclineReason, Need, NeedStatus, Referral, ReferralStatus, case, need
from models import referral as referral_module
from models.errors import ReasonMissing, WrongStep

AT = datetime(2026, 9, 14, tzinfo=UTC)

REFERRAL_STEPS = """
draft: requested cancelled entered_in_error
requested: accepted rejected cancelled expired entered_in_error
accepted: in_progress on_hold completed failed cancelled entered_in_error
in_progress: on_hold completed failed cancelled entered_in_error
on_hold: in_progress completed failed cancelled entered_in_error
rejected: entered_in_error
cancelled: entered_in_error
expired: entered_in_error
completed: entered_in_error
failed: entered_in_error
entered_in_error:
"""
"""Written by hand from the HL7 Gravity SDOH task states, not computed from the code's own table."""


def allowed(text: str) -> set[tuple[str, str]]:
    lines = (line.partition(":") for line in text.strip().splitlines())
    return {(before, after) for before, _, rest in lines for after in rest.split()}


@pytest.mark.parametrize(("before", "after"), list(itertools.product(ReferralStatus, repeat=2)))
def test_a_referral_takes_only_the_steps_of_its_table(before: ReferralStatus, after: ReferralStatus) -> None:
    record = Referral(status=before)
    if (before, after) in allowed(REFERRAL_STEPS):
        record.move_to(after, reason=DeclineReason.FULL)
        assert record.status is after
    else:
        with pytest.raises(WrongStep):
            record.move_to(after, reason=DeclineReason.FULL)
        assert record.status is before


@pytest.mark.parametrize("after", sorted(referral_module.NEEDS_REASON))
def test_rejecting_cancelling_holding_and_failing_must_be_explained(after: ReferralStatus) -> None:
    before = ReferralStatus.REQUESTED if after is ReferralStatus.REJECTED else ReferralStatus.ACCEPTED
    with pytest.raises(ReasonMissing):
        Referral(status=before).move_to(after)
    with pytest.raises(ReasonMissing):
        Referral(status=before).move_to(after, reason=DeclineReason.OTHER, reason_text="  ")


STEPS: list[tuple[Any, Any, Any]] = [
    (Need, NeedStatus, need.NEXT_STEPS),
    (Case, CaseStatus, case.NEXT_STEPS),
    (Referral, ReferralStatus, referral_module.NEXT_STEPS),
]


@pytest.mark.parametrize(("record", "states", "table"), STEPS)
def test_every_state_has_a_line_and_can_be_reached(record: Any, states: Any, table: Any) -> None:
    assert set(table) == set(states)
    reached = set().union(*table.values())
    beginnings = {CaseStatus.LEAD, NeedStatus.OPEN, ReferralStatus.DRAFT}
    assert set(states) - reached <= beginnings


@pytest.mark.parametrize(("before", "after"), list(itertools.product(NeedStatus, repeat=2)))
def test_a_need_takes_only_the_steps_of_its_table(before: NeedStatus, after: NeedStatus) -> None:
    record = Need(status=before)
    if after in need.NEXT_STEPS[before]:
        record.move_to(after, at=AT, reason=ClosedReason.NO_PROVIDER)
        assert record.status is after
        assert (record.closed_at is not None) == (after in need.ENDED_STATUSES)
    else:
        with pytest.raises(WrongStep):
            record.move_to(after, at=AT, reason=ClosedReason.NO_PROVIDER)


@pytest.mark.parametrize("before", list(NeedStatus))
def test_every_need_can_be_opened_again(before: NeedStatus) -> None:
    record = Need(status=before)
    record.reopen(at=AT)
    assert record.status is NeedStatus.OPEN
    assert record.closed_at is None
    assert record.closed_reason is None
