"""Contracts, approved and disputed hours, a settled month and volunteers of the demonstration, made by the verbs
themselves after the district is written; and two visits that look odd, so that there is something to explain."""

from dataclasses import dataclass
from datetime import date, datetime, timedelta
from decimal import Decimal

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Contract,
    ContractLine,
    DeductionCode,
    DisputeReason,
    FlagRule,
    Organization,
    Program,
    TaxonomyTerm,
    Visit,
    VisitFlag,
)
from models.visit import REACHED
from referral.actions import contracts, flags, hours, settling, volunteers
from referral.actions.seeding.district import DISTRICT
from referral.actions.seeding.rows import World
from referral.clock import local_date, start_of
from referral.queries.settling import next_month

COPIED = "上门看望，老人精神状态良好，家中整洁，叮嘱按时服药注意保暖，约定下周再来"
LONG_MINUTES = 330
COPIES = 4
BUYER = "云溪区残疾人联合会"
HOME, MEALS = "D01", "A01"
EXPLAINED = "已电话核实：两位工作人员同时在场，分工不同"
LETTER = "全国志愿服务信息系统登记，云民函〔2026〕18号"
PEOPLE = (("陆小满", False), ("热心的老周", True), ("文竹", False), ("孔令仪", False))
DEEDS = ("陪老人散步聊天", "整理捐赠衣物", "社区食堂帮厨", "节日慰问布置")


@dataclass(frozen=True)
class Bought:
    """A contract with its one line."""

    contract: Contract
    line: ContractLine


def months(today: date) -> tuple[date, date, date]:
    """Return the first days of this month and of the two before, the oldest first."""
    this = today.replace(day=1)
    last = (this - timedelta(days=1)).replace(day=1)
    return (last - timedelta(days=1)).replace(day=1), last, this


def make_odd(world: World, worker: Account) -> None:
    """Let one visit of last month take too long, and several carry the same note."""
    _, last, this = months(world.today)
    own = [
        visit
        for visit in world.all(Visit)
        if visit.worker_id == worker.id
        and visit.referral_id is None
        and visit.activity_key is None
        and visit.contact_result in REACHED
        and last <= local_date(visit.started_at) < this
    ]
    own.sort(key=lambda visit: visit.started_at)
    for visit in own[:COPIES]:
        visit.note = COPIED
    by_day: dict[date, Visit] = {local_date(visit.started_at): visit for visit in own}
    latest = _last_of_days(world, worker)
    for day, visit in by_day.items():
        if latest[day] is visit and visit.unit == "次":
            visit.minutes = LONG_MINUTES
            return


def _last_of_days(world: World, worker: Account) -> dict[date, Visit]:
    found: dict[date, Visit] = {}
    for visit in world.all(Visit):
        if visit.worker_id == worker.id:
            day = local_date(visit.started_at)
            if day not in found or visit.started_at > found[day].started_at:
                found[day] = visit
    return found


def tell_hours(session: Session, today: date) -> None:
    """Judge the last three months, approve and dispute, settle the oldest month, and enter volunteers."""
    accounts = {account.login: account for account in session.scalars(sa.select(Account))}
    maker, checker = accounts["coordinator"], accounts["coordinator2"]
    oldest, last, this = months(today)
    now = start_of(today) + timedelta(hours=8)
    for month in (oldest, last, this):
        flags.look_at_month(session, month, at=now)()
    lines = [
        _contract(session, accounts["charity"], HOME, oldest, by=maker, price="38.00", units=1_200, homes=18),
        _contract(session, accounts["elder"], MEALS, oldest, by=maker, price="12.50", units=600, homes=30),
    ]
    first, second = start_of(last) + timedelta(days=2, hours=10), start_of(this) + timedelta(days=1, hours=9)
    for line in lines:
        _decide(session, line, oldest, by=maker, at=first, share=1.0)
        _settle(session, line, oldest, maker, checker, at=first)
    if second < now:
        _decide(session, lines[0], last, by=maker, at=second, share=0.7)
        sheet = settling.make_out(session, lines[0].contract, last, by=maker, at=second)
        settling.deduct(session, sheet, code=DeductionCode.LATE_RECORDS, amount=Decimal("50.00"), words=None, by=maker)
    _approve_own(session, accounts["supervisor"], oldest, at=first)
    _volunteers(session, accounts["supervisor"], today, at=now)
    _volunteers(session, accounts["charity"], today, at=now)


def _contract(
    session: Session, officer: Account, code: str, month: date, *, by: Account, price: str, units: int, homes: int
) -> Bought:
    provider = session.get_one(Organization, officer.organization_id)
    buyer = session.scalars(sa.select(Organization).where(Organization.name == BUYER)).one()
    term = session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.code == code, TaxonomyTerm.active)).one()
    end = month
    for _month in range(12):
        end = next_month(end)
    contract = contracts.add_contract(
        session,
        number=f"云民购〔{month.year}〕{code}",
        name=f"{term.name_zh}购买合同（{provider.name}）",
        buyer=buyer,
        provider=provider,
        area_code=DISTRICT,
        starts_on=month,
        ends_on=end - timedelta(days=1),
        by=by,
    )
    line = contracts.add_line(
        session, contract, term=term, program=_program(session, provider, term), funding_source="福彩公益金",
        unit_price=Decimal(price), quota_units=Decimal(units), quota_households=homes, only_source=code == HOME,
    )  # fmt: skip
    contracts.sign(session, contract, on=month)
    return Bought(contract, line)


def _program(session: Session, provider: Organization, term: TaxonomyTerm) -> Program | None:
    key = session.scalar(
        sa.select(Visit.program_id)
        .where(Visit.organization_id == provider.id, Visit.term_id == term.id, Visit.program_id.is_not(None))
        .limit(1)
    )
    return session.get(Program, key) if key else None


def _visits(session: Session, organization_id: object, term_id: object, month: date) -> list[Visit]:
    statement = sa.select(Visit).where(
        Visit.organization_id == organization_id,
        ~Visit.replaced,
        Visit.started_at >= start_of(month),
        Visit.started_at < start_of(next_month(month)),
    )
    if term_id is not None:
        statement = statement.where(Visit.term_id == term_id)
    return list(session.scalars(statement.order_by(Visit.started_at, Visit.id)))


def _decide(session: Session, line: Bought, month: date, *, by: Account, at: datetime, share: float) -> None:
    visits = _visits(session, line.contract.provider_id, line.line.term_id, month)
    chosen = visits[: round(len(visits) * share)]
    _explain(session, chosen, by=by, at=at)
    hours.approve(session, [visit.id for visit in chosen[1:]], by=by, at=at)
    if chosen:
        hours.dispute(session, chosen[0], reason=DisputeReason.NO_EVIDENCE, words="签到表上没有签名", by=by, at=at)


def _explain(session: Session, visits: list[Visit], *, by: Account, at: datetime) -> None:
    """Explain half of the flags; the other visits are left out and wait."""
    by_key = {visit.id: visit for visit in visits}
    found = session.scalars(
        sa.select(VisitFlag)
        .where(VisitFlag.visit_id.in_(by_key), VisitFlag.rule == FlagRule.PERSON_TWICE)
        .order_by(VisitFlag.visit_id)
    ).all()
    for flag in found[::2]:
        flags.explain(session, flag, by_key[flag.visit_id], reason=EXPLAINED, by=by, at=at)


def _settle(session: Session, line: Bought, month: date, maker: Account, checker: Account, *, at: datetime) -> None:
    sheet = settling.make_out(session, line.contract, month, by=maker, at=at)
    settling.confirm(session, sheet, by=checker, at=at + timedelta(hours=3))
    if sheet.payable > 0:
        paid_on = local_date(at) + timedelta(days=2)
        voucher = f"记-{paid_on:%m}-{line.line.unit_price:.0f}"
        settling.pay(session, sheet, amount=sheet.payable, paid_on=paid_on, voucher=voucher, by=checker)


def _approve_own(session: Session, supervisor: Account, month: date, *, at: datetime) -> None:
    visits = _visits(session, supervisor.organization_id, None, month)
    hours.approve(session, [visit.id for visit in visits], by=supervisor, at=at)


def _volunteers(session: Session, by: Account, today: date, *, at: datetime) -> None:
    organization = session.get_one(Organization, by.organization_id)
    volunteers.entitle(session, organization, since=today.replace(month=1, day=1), source=LETTER)
    for number, (name, is_alias) in enumerate(PEOPLE):
        one = volunteers.add_volunteer(
            session, organization, name=name, is_alias=is_alias, since=today - timedelta(days=200 + number), at=at
        )
        for turn in range(4 - number % 2):
            entry = volunteers.record_hours(
                session, one, day=today - timedelta(days=9 * turn + number + 2), hours=Decimal(2 + turn % 2),
                activity=DEEDS[(number + turn) % len(DEEDS)], place="朝阳里社区", by=by, at=at,
            )  # fmt: skip
        if number == 0:
            volunteers.record_hours(
                session, one, day=entry.day, hours=Decimal("1.5"), activity=entry.activity, place=entry.place, by=by,
                at=at, corrects=entry, why="签退时间记错",
            )  # fmt: skip
            volunteers.issue_statement(
                session, one, organization, first=today - timedelta(days=90), last=today, by=by, at=at
            )
