"""A month is settled once, by two people; what changes later goes into a later month."""

from datetime import date
from decimal import Decimal

import pytest
import sqlalchemy as sa
from sqlalchemy.exc import IntegrityError
from sqlalchemy.orm import Session

from models import DeductionCode, DisputeReason, Settlement, SettlementItem, SettlementLine, SettlementStatus
from models.errors import ReasonMissing, WrongStep
from referral.actions import contracts, hours, settling
from referral.queries import contracts as queries
from tests.factories import make_capacity, make_case, make_need, make_person, refer
from tests.paying import NOVEMBER_5, OCTOBER_5, SEPTEMBER, Bought, apart, bought, given

OCTOBER = date(2026, 10, 1)


def september(session: Session, to: Bought, count: int = 3) -> Settlement:
    keys = [visit.id for visit in apart(session, to, count)]
    hours.approve(session, keys, by=to.supervisor, at=OCTOBER_5)
    return settling.make_out(session, to.contract, SEPTEMBER, by=to.coordinator, at=OCTOBER_5)


def test_a_sheet_is_units_times_price_with_what_is_not_paid_beside_it(session: Session) -> None:
    to = bought(session)
    visits = apart(session, to, 4)
    hours.approve(session, [visit.id for visit in visits[:2]], by=to.supervisor, at=OCTOBER_5)
    hours.dispute(session, visits[2], reason=DisputeReason.NOT_GIVEN, words=None, by=to.supervisor, at=OCTOBER_5)
    sheet = settling.make_out(session, to.contract, SEPTEMBER, by=to.coordinator, at=OCTOBER_5)
    [line] = session.scalars(sa.select(SettlementLine)).all()
    assert (line.visits, line.households, line.units, line.gross) == (2, 2, 4, Decimal(120))
    assert (line.disputed, line.waiting, line.beyond) == (2, 2, 0)
    assert (sheet.gross, sheet.payable) == (120, 120)


def test_whoever_made_it_out_cannot_confirm_it(session: Session) -> None:
    to = bought(session)
    sheet = september(session, to)
    with pytest.raises(settling.OwnSheet):
        settling.confirm(session, sheet, by=to.coordinator, at=OCTOBER_5)
    settling.deduct(session, sheet, code=DeductionCode.LATE_RECORDS, amount=Decimal(10), words=None, by=to.other)
    with pytest.raises(settling.OwnSheet):
        settling.confirm(session, sheet, by=to.other, at=OCTOBER_5)
    sheet.checked_by_id = sheet.made_by_id
    with pytest.raises(IntegrityError):
        session.flush()


def test_deductions_have_reasons_and_never_pass_the_month(session: Session) -> None:
    to = bought(session)
    sheet = september(session, to)
    with pytest.raises(ReasonMissing):
        settling.deduct(session, sheet, code=DeductionCode.OTHER, amount=Decimal(1), words=" ", by=to.coordinator)
    with pytest.raises(settling.DeductionTooLarge):
        settling.deduct(
            session, sheet, code=DeductionCode.POOR_QUALITY, amount=Decimal(181), words=None, by=to.coordinator
        )
    settling.deduct(
        session, sheet, code=DeductionCode.POOR_QUALITY, amount=Decimal("20.50"), words=None, by=to.coordinator
    )
    assert (sheet.deducted, sheet.payable) == (Decimal("20.50"), Decimal("159.50"))


def test_a_confirmed_sheet_is_frozen_and_its_fingerprint_shows_a_change(session: Session) -> None:
    to = bought(session)
    sheet = september(session, to)
    settling.confirm(session, sheet, by=to.other, at=OCTOBER_5)
    lines = list(session.scalars(sa.select(SettlementLine)))
    assert session.scalar(sa.select(sa.func.count()).select_from(SettlementItem)) == 3
    assert sheet.digest == settling.digest(sheet, lines)
    for step in (
        lambda: settling.confirm(session, sheet, by=to.other, at=OCTOBER_5),
        lambda: settling.discard(session, sheet),
        lambda: settling.deduct(
            session, sheet, code=DeductionCode.POOR_QUALITY, amount=Decimal(1), words=None, by=to.coordinator
        ),
    ):
        with pytest.raises(WrongStep):
            step()
    lines[0].units += 1
    assert sheet.digest != settling.digest(sheet, lines)


def test_a_sheet_is_not_confirmed_over_figures_that_changed(session: Session) -> None:
    to = bought(session)
    sheet = september(session, to)
    hours.approve(session, [given(session, to, minutes=20).id], by=to.supervisor, at=OCTOBER_5)
    with pytest.raises(settling.FiguresChanged):
        settling.confirm(session, sheet, by=to.other, at=OCTOBER_5)
    settling.discard(session, sheet)
    again = settling.make_out(session, to.contract, SEPTEMBER, by=to.coordinator, at=OCTOBER_5)
    assert (again.edition, again.gross) == (2, 240)
    settling.confirm(session, again, by=to.other, at=OCTOBER_5)


def test_what_is_disputed_after_payment_is_taken_off_the_next_month_once(session: Session) -> None:
    to = bought(session)
    sheet = september(session, to)
    settling.confirm(session, sheet, by=to.other, at=OCTOBER_5)
    settling.pay(session, sheet, amount=Decimal(180), paid_on=date(2026, 10, 8), voucher="记-104", by=to.coordinator)
    paid = session.scalars(sa.select(SettlementItem)).first()
    from models import Visit

    visit = session.get_one(Visit, paid.visit_id)
    hours.dispute(session, visit, reason=DisputeReason.PERSON_OBJECTS, words=None, by=to.supervisor, at=NOVEMBER_5)
    late = given(session, to, minutes=25)
    hours.approve(session, [late.id], by=to.supervisor, at=NOVEMBER_5)
    following = settling.make_out(session, to.contract, OCTOBER, by=to.coordinator, at=NOVEMBER_5)
    # One visit of two units taken back, one of September approved late: they cancel out.
    assert (following.gross, following.adjusted, following.payable) == (0, 0, 0)
    settling.confirm(session, following, by=to.other, at=NOVEMBER_5)
    kinds = sorted(item.kind.value for item in session.scalars(sa.select(SettlementItem)))
    assert kinds == ["counted", "counted", "counted", "late", "taken_back"]
    december = settling.make_out(session, to.contract, date(2026, 11, 1), by=to.coordinator,
                                 at=NOVEMBER_5.replace(month=12))  # fmt: skip
    assert december.payable == 0


def test_a_month_below_zero_is_carried_on(session: Session) -> None:
    to = bought(session)
    sheet = september(session, to, 1)
    settling.confirm(session, sheet, by=to.other, at=OCTOBER_5)
    from models import Visit

    item = session.scalars(sa.select(SettlementItem)).one()
    hours.dispute(session, session.get_one(Visit, item.visit_id), reason=DisputeReason.NOT_GIVEN, words=None,
                  by=to.supervisor, at=NOVEMBER_5)  # fmt: skip
    october = settling.make_out(session, to.contract, OCTOBER, by=to.coordinator, at=NOVEMBER_5)
    assert october.payable == -60
    settling.confirm(session, october, by=to.other, at=NOVEMBER_5)
    with pytest.raises(settling.PaidTooMuch):
        settling.pay(session, october, amount=Decimal(0), paid_on=OCTOBER, voucher="记-1", by=to.coordinator)
    november = settling.make_out(session, to.contract, date(2026, 11, 1), by=to.coordinator,
                                 at=NOVEMBER_5.replace(month=12))  # fmt: skip
    assert november.adjusted == -60


def test_months_are_settled_when_over_once_and_in_order(session: Session) -> None:
    to = bought(session)
    with pytest.raises(settling.MonthNotOver):
        settling.make_out(session, to.contract, OCTOBER, by=to.coordinator, at=OCTOBER_5)
    sheet = september(session, to)
    for month in (SEPTEMBER, date(2026, 8, 1)):
        with pytest.raises(settling.MonthSettled):
            settling.make_out(session, to.contract, month, by=to.coordinator, at=NOVEMBER_5)
    with pytest.raises(settling.MonthSettled):  # a draft is still open
        settling.make_out(session, to.contract, OCTOBER, by=to.coordinator, at=NOVEMBER_5)
    assert sheet.status is SettlementStatus.DRAFT


def test_nothing_is_paid_beyond_the_sheet(session: Session) -> None:
    to = bought(session)
    sheet = september(session, to)
    with pytest.raises(WrongStep):
        settling.pay(session, sheet, amount=Decimal(1), paid_on=OCTOBER, voucher="记-1", by=to.coordinator)
    settling.confirm(session, sheet, by=to.other, at=OCTOBER_5)
    with pytest.raises(settling.PaidTooMuch):
        settling.pay(session, sheet, amount=Decimal("180.01"), paid_on=OCTOBER, voucher="记-1", by=to.coordinator)
    sheet.paid = sheet.payable + 1
    with pytest.raises(IntegrityError):
        session.flush()


def test_what_is_left_is_said_at_the_moment_of_referral_and_stops_where_nobody_else_pays(session: Session) -> None:
    for only_source in (True, False):
        to = bought(session, units=3, only_source=only_source)
        capacity = make_capacity(session, term=to.term, organization=to.provider, at=OCTOBER_5)
        need = make_need(session, case=make_case(session, person=make_person(session)), term=to.term)
        household = session.get_one(type(make_person(session)), need.person_id).household_id
        place = _place(session, capacity)
        found = queries.left(
            session, term_id=to.term.id, services=[place], household_id=household, day=date(2026, 10, 5)
        )
        assert (found[place.id].units, found[place.id].households, found[place.id].nothing) == (3, 10, False)
        hours.approve(session, [given(session, to, units=Decimal(3)).id], by=to.supervisor, at=OCTOBER_5)
        found = queries.left(
            session, term_id=to.term.id, services=[place], household_id=household, day=date(2026, 10, 5)
        )
        assert (found[place.id].nothing, found[place.id].stops) == (True, only_source)
        if only_source:
            with pytest.raises(queries.ContractUsedUp):
                refer(session, need, capacity, at=OCTOBER_5)
        else:
            assert refer(session, need, capacity, at=OCTOBER_5).id


def _place(session: Session, capacity: object) -> object:
    from sqlalchemy.orm import joinedload

    from models import ServiceAtLocation

    return session.scalars(
        sa.select(ServiceAtLocation)
        .where(ServiceAtLocation.id == capacity.service_at_location_id)
        .options(joinedload(ServiceAtLocation.service))
        .execution_options(populate_existing=True)
    ).one()


def test_a_contract_in_force_takes_no_second_signature(session: Session) -> None:
    to = bought(session)
    with pytest.raises(WrongStep):
        contracts.sign(session, to.contract, on=OCTOBER)
