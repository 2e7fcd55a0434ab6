"""What belongs to the made-up city's visits: plans, decisions on hours, contracts and sheets, flags, closings."""

from collections.abc import Callable, Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from decimal import Decimal

import numpy as np
from sqlalchemy.orm import Session

from models import (
    Account,
    Contract,
    ContractLine,
    ContractStatus,
    Organization,
    Program,
    Role,
    Settlement,
    SettlementLine,
    SettlementStatus,
    TaxonomyTerm,
)
from referral import bulk, clock

Put = Callable[..., None]
PAID_MONTHS = 9


@dataclass
class Visits:
    """Some visits as they were written: columns of one length."""

    keys: list[str]
    people: list[str]
    areas: list[str]
    behind: list[int | None]
    programs: Sequence[int]
    terms: Sequence[int]
    days: list[date]
    units: list[int]
    counted: Sequence[bool]
    """Met and not replaced."""


class Work:
    """Makes it, table by table, as the visits are made."""

    def __init__(
        self,
        session: Session,
        chance: np.random.Generator,
        put: Put,
        *,
        county: str,
        year: int,
        organizations: Sequence[Organization],
        programs: Sequence[Program],
        terms: Sequence[TaxonomyTerm],
    ) -> None:
        """Make two accounts and a contract for each program, with a sheet for each month."""
        self.session, self.chance, self.put, self.year, self.terms = session, chance, put, year, terms
        self.organizations = organizations
        self.no: str | int = "false" if session.get_bind().dialect.name == "postgresql" else 0
        self.now = bulk.moment_text(clock.now())
        self.both = [
            Account(login=f"bench-{n}", name=f"试验{n}", role=Role.COORDINATOR, area_code=county, password_hash="-")  # noqa: S106  nobody can sign in with it
            for n in (1, 2)
        ]  # fmt: skip
        session.add_all(self.both)
        session.flush()
        self.lines: list[ContractLine] = []
        self.sheets: dict[tuple[int, int], SettlementLine] = {}
        for number, program in enumerate(programs):
            self._contract(number, program, county)
        self.plans: list[str] = []
        session.flush()

    def _contract(self, number: int, program: Program, county: str) -> None:
        buyer = self.organizations[(number + 1) % len(self.organizations)]
        first, last = date(self.year, 1, 1), date(self.year, 12, 31)
        contract = Contract(
            number=f"HT{number}", name=f"试验合同{number}", buyer_id=buyer.id, provider_id=program.organization_id,
            area_code=county, starts_on=first, ends_on=last, signed_on=first, status=ContractStatus.IN_FORCE,
        )  # fmt: skip
        self.session.add(contract)
        self.session.flush()
        line = ContractLine(
            contract_id=contract.id, number=1, program_id=program.id, term_id=self.terms[number].id,
            unit=self.terms[number].unit, funding_source="试验资金", unit_price=20, quota_households=10**6,
            starts_on=first, ends_on=last,
        )  # fmt: skip
        self.session.add(line)
        self.session.flush()
        self.lines.append(line)
        for month in range(1, 13):
            is_paid = month <= PAID_MONTHS
            sheet = Settlement(
                contract_id=contract.id, month=date(self.year, month, 1), edition=1, gross=0, deducted=0, adjusted=0,
                payable=0, made_by_id=self.both[0].id, made_at=clock.now(), checked_by_id=self.both[1].id,
                confirmed_at=clock.now(), status=SettlementStatus.PAID if is_paid else SettlementStatus.CONFIRMED,
                paid=0 if is_paid else None, paid_on=first if is_paid else None, voucher="1" if is_paid else None,
            )  # fmt: skip
            self.session.add(sheet)
            self.session.flush()
            self.sheets[number, month] = SettlementLine(
                settlement_id=sheet.id, line_id=line.id, month=sheet.month, edition=1, visits=0, households=7, units=0,
                unit_price=20, gross=0, adjusted_units=0, adjusted=0, disputed=0, waiting=0, beyond=0,
            )  # fmt: skip
            self.session.add(self.sheets[number, month])

    def of_referrals(self, referrals: list[str], people: list[str], areas: list[str], terms: Sequence[int]) -> None:
        """Make a plan for each referral, and the questions on satisfaction for a third of them."""
        many = len(referrals)
        self.plans = bulk.new_keys(many)
        provider = self.organizations[0].id.hex
        self.put(
            "service_plan", many, id=self.plans, referral_id=referrals, person_id=people, organization_id=provider,
            term_id=[self.terms[one].id.hex for one in terms], area_code=areas, kind="recurring", rule="FREQ=WEEKLY",
            free_days="skip", starts_on=date(self.year, 1, 1).isoformat(), minutes=30, units=100, unit="次",
            status="active", version=1,
        )  # fmt: skip
        some = [n for n, kept in enumerate(self.chance.random(many) < 0.33) if kept]
        answered = self.chance.random(len(some)) < 0.7
        scores = self.chance.integers(100, 501, len(some))
        days = self.chance.integers(0, 365, len(some))
        asked = [f"{date(self.year, 1, 1) + timedelta(days=int(day))} 03:00:00.000000" for day in days]
        self.put(
            "satisfaction", len(some), id=bulk.new_keys(len(some)), referral_id=[referrals[n] for n in some],
            person_id=[people[n] for n in some], organization_id=provider, asked_at=asked, asked_way="call",
            answered_at=[at if yes else None for at, yes in zip(asked, answered, strict=True)],
            answers=["[]" if yes else None for yes in answered],
            score=[int(score) if yes else None for score, yes in zip(scores, answered, strict=True)],
        )  # fmt: skip

    def of_people(self, cases: list[str], people: list[str]) -> None:
        """Make re-visits, recognised statuses and T scores of goals for some."""
        some = [n for n, kept in enumerate(self.chance.random(len(cases)) < 0.3) if kept]
        days = [date(self.year, 3, 1) + timedelta(days=int(n)) for n in self.chance.integers(0, 300, len(some))]
        done = self.chance.random(len(some)) < 0.8
        result = self.chance.choice(["lasting", "partly_lasting", "need_again", "not_reached"], len(some))
        self.put(
            "revisit", len(some), id=bulk.new_keys(len(some)), case_id=[cases[n] for n in some],
            person_id=[people[n] for n in some], due_on=[day.isoformat() for day in days], due_is_provisional=self.no,
            done_on=[day.isoformat() if yes else None for day, yes in zip(days, done, strict=True)],
            result=[str(one) if yes else None for one, yes in zip(result, done, strict=True)],
            done_by_id=[self.both[0].id.hex if yes else None for yes in done],
        )  # fmt: skip
        held = [n for n, kept in enumerate(self.chance.random(len(people)) < 0.6) if kept]
        self.put(
            "identity_status", len(held), id=bulk.new_keys(len(held)), person_id=[people[n] for n in held],
            category_code=self.chance.choice(["1.2", "2.1", "3.1", "4.1"], len(held)).tolist(),
            valid_from=date(self.year - 1, 1, 1).isoformat(),
        )  # fmt: skip
        for occasion, day in (("baseline", date(self.year, 2, 1)), ("follow_up", date(self.year, 9, 1))):
            self.put(
                "outcome", len(some), id=bulk.new_keys(len(some)), person_id=[people[n] for n in some],
                case_id=[cases[n] for n in some], measure="gas", occasion=occasion, mode="asked", missing_items=0,
                taken_on=day.isoformat(), score=self.chance.integers(2500, 7500, len(some)).tolist(),
            )  # fmt: skip

    def of_visits(self, made: Visits) -> None:
        """Make a planned visit for each with a plan (and one missed for each ten), decisions, items and flags."""
        planned = [n for n, behind in enumerate(made.behind) if behind is not None and made.counted[n]]
        missed = planned[::10]
        rows = [*planned, *missed]
        done = [True] * len(planned) + [False] * len(missed)
        self.put(
            "planned_visit", len(rows), id=bulk.new_keys(len(rows)),
            plan_id=[self.plans[made.behind[n] or 0] for n in rows], person_id=[made.people[n] for n in rows],
            organization_id=self.organizations[0].id.hex, area_code=[made.areas[n] for n in rows],
            term_id=[self.terms[made.terms[n]].id.hex for n in rows], kind="recurring",
            program_id=[self._program(made, n) for n in rows],
            due_on=[made.days[n].isoformat() for n in rows], provisional=self.no, minutes=30, version=1,
            units=[made.units[n] for n in rows], unit=[self.terms[made.terms[n]].unit for n in rows],
            status=["done" if one else "missed" for one in done],
            reason=[None if one else "weather" for one in done],
            visit_id=[made.keys[n] if one else None for n, one in zip(rows, done, strict=True)],
        )  # fmt: skip
        drawn = self.chance.random(len(made.keys))
        said = [n for n in range(len(made.keys)) if made.counted[n] and drawn[n] < 0.85]
        approved = [drawn[n] < 0.82 for n in said]
        keys = bulk.new_keys(len(said))
        covered = [
            self.lines[made.programs[n]].id.hex
            if ok and drawn[n] < 0.2 and made.programs[n] < len(self.lines)
            else None
            for n, ok in zip(said, approved, strict=True)
        ]
        self.put(
            "hours_decision", len(said), id=keys, visit_id=[made.keys[n] for n in said],
            verdict=["approved" if ok else "disputed" for ok in approved],
            reason=[None if ok else "not_given" for ok in approved], by_id=self.both[0].id.hex, at=self.now,
            units=[made.units[n] if ok else 0 for n, ok in zip(said, approved, strict=True)], beyond_quota=self.no,
            line_id=covered,
        )  # fmt: skip
        items = [place for place, line in enumerate(covered) if line is not None]
        for place in items:
            sheet = self.sheets[made.programs[said[place]], made.days[said[place]].month]
            sheet.units = sheet.units + bulk_units(made.units[said[place]])
        self.put(
            "settlement_item", len(items), id=bulk.new_keys(len(items)),
            settlement_line_id=[
                self.sheets[made.programs[said[n]], made.days[said[n]].month].id.hex for n in items
            ],
            visit_id=[made.keys[said[n]] for n in items], decision_id=[keys[n] for n in items], kind="counted",
            units=[made.units[said[n]] for n in items], amount=0,
        )  # fmt: skip
        odd = [n for n in range(len(made.keys)) if drawn[n] > 0.97]
        self.put(
            "visit_flag", len(odd), id=bulk.new_keys(len(odd)), visit_id=[made.keys[n] for n in odd],
            rule="too_round", facts="{}", raised_at=self.now,
        )  # fmt: skip

    def _program(self, made: Visits, n: int) -> str | None:
        number = made.programs[n]
        return self.lines[number].program_id.hex if number < len(self.lines) else None  # type: ignore[union-attr]


def bulk_units(hundreds: int) -> Decimal:
    """Return hundredths as the records hold them."""
    return Decimal(hundreds).scaleb(-2)
