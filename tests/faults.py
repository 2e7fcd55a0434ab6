"""A month of visits with faults planted in them, of eight kinds; and what would be wrong to flag though it looks odd.

Everything is written to a database as the platform itself keeps it. The innocent visits hold what real months hold:
couples visited together, group sessions, two meals a day, the same short words again and again, telephone calls
between visits, long days that are not too long, and notes that share half their words.
"""

import random
from collections import defaultdict
from dataclasses import dataclass, field
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any
from uuid import UUID

import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import (
    Account,
    Area,
    AreaLevel,
    Case,
    CaseExit,
    CaseSource,
    CaseStatus,
    CaseStep,
    ContactResult,
    FlagRule,
    Household,
    Need,
    Person,
    Referral,
    ReferralStatus,
    Role,
    Visit,
    VisitKind,
)
from models.base import new_key
from referral.clock import start_of
from tests.factories import make_account, make_area, make_capacity, make_need, make_station, make_term

MONTH = date(2026, 9, 1)
DAYS = [date(2026, 9, day) for day in range(1, 31) if date(2026, 9, day).weekday() < 5]
EACH = 25
LONG_DAYS = 12
FULL_DAY = 6
KINDS: dict[str, tuple[FlagRule, ...]] = {
    "overlap of a worker": (FlagRule.WORKER_TWICE,),
    "overlap of a person": (FlagRule.PERSON_TWICE,),
    "impossible travel": (FlagRule.IMPOSSIBLE_TRAVEL,),
    "over-long": (FlagRule.TOO_LONG, FlagRule.LONG_DAY),
    "after death or exit": (FlagRule.AFTER_DEATH, FlagRule.AFTER_EXIT),
    "outside the plan": (FlagRule.OUTSIDE_REFERRAL,),
    "copied note": (FlagRule.COPIED_NOTE,),
    "too round": (FlagRule.TOO_ROUND,),
}
WORKERS, PEOPLE_EACH, SPARE = 90, 20, 300
SUBJECTS = ("老人", "大爷", "阿姨", "婆婆", "王叔", "孩子", "她", "他", "夫妻俩", "母子俩")
DEEDS = (
    "今天精神不错", "血压偏高已提醒服药", "家里卫生打扫干净", "午饭吃得比上周多", "说想念在外打工的儿子",
    "药盒已经分好",
    "腿疼走路慢", "晒了被子换了床单", "陪着去卫生院拿药", "聊了半天家常", "帮助洗头剪指甲", "练习起身和走路",
    "检查煤气和电线", "教会用手机视频", "一起包了饺子", "提醒天冷加衣", "申请材料已经代交", "约好下周复查",
    "屋顶漏雨已经上报", "邻居帮忙照看", "睡得不好要多关心", "心情比上次开朗", "作业辅导了两页", "辅具已经调好高度",
)  # fmt: skip
SHORT = ("一切正常", "情况稳定", "送餐已签收", "老人很好")


@dataclass
class Planted:
    """What was planted, by kind, and which other visits a planted one clashes with or stands among."""

    innocent: set[UUID] = field(default_factory=set)
    faults: dict[FlagRule, set[UUID]] = field(default_factory=lambda: defaultdict(set))

    @property
    def all(self) -> set[UUID]:
        """Every planted visit."""
        return set().union(*self.faults.values())


class Month:
    """Makes the month; `seed` decides it."""

    def __init__(self, session: Session, seed: int) -> None:
        self.session, self.rng, self.planted = session, random.Random(seed), Planted()  # noqa: S311  faults, not keys
        self.rows: list[dict[str, Any]] = []
        self.free: dict[tuple[UUID, date], datetime] = {}
        self.busy: dict[tuple[UUID, date], set[UUID]] = defaultdict(set)
        self.keys = 0
        for code, name in (("321199001001", "甲村"), ("321199001002", "乙村")):
            make_area(session, code, name=name, latitude=32.0 + 0.005 * self.keys, longitude=119.5)
        session.add(
            Area(code="321199001009", parent_code="321199001000", level=AreaLevel.VILLAGE, name="远村",
                 latitude=32.6, longitude=119.5)
        )  # fmt: skip
        self.station = make_station(session)
        self.terms = [
            make_term(session, code, unit=unit) for code, unit in (("A02", "次"), ("A01", "餐"), ("B01", "次"))
        ]
        self.workers = [
            make_account(session, Role.STATION_WORKER, organization_id=self.station.id) for _ in range(WORKERS)
        ]
        self.people = self._people(WORKERS * PEOPLE_EACH + SPARE)
        self.spare = self.people[WORKERS * PEOPLE_EACH :]
        session.flush()

    def _people(self, count: int) -> list[Any]:
        households, people = [], []
        for number in range(count):
            if number % 8 != 1:  # every eighth lives with the one before
                households.append({"id": new_key(), "number": f"H{number}", "area_code": "321199001001"})
            area = ("321199001001", "321199001002")[number // 8 % 2]
            households[-1]["area_code"] = area
            people.append(
                {"id": new_key(), "number": f"P{number}", "household_id": households[-1]["id"], "name": f"某{number}",
                 "area_code": area, "station_id": self.station.id}
            )  # fmt: skip
        self.session.execute(sa.insert(Household), households)
        self.session.execute(sa.insert(Person), people)
        return people

    def note(self) -> str | None:
        """A note as people write them: none, two short words, or two or three sentences that others use too."""
        chance = self.rng.random()
        if chance < 0.4:
            return None
        if chance < 0.6:
            return self.rng.choice(SHORT)
        return self.rng.choice(SUBJECTS) + "，".join(self.rng.sample(DEEDS, self.rng.randint(2, 4))) + "。"

    def visit(self, person: Any, worker: Account, begins: datetime, minutes: int, **extra: Any) -> UUID:
        """Write down a visit and return its key; keys follow each other as the entries do."""
        self.keys += 1
        key = UUID(int=(1_700_000_000_000 + self.keys) << 80 | 0x7 << 76 | 0x2 << 62 | self.rng.getrandbits(60))
        self.rows.append(
            {"id": key, "person_id": person["id"], "household_id": person["household_id"], "case_id": None,
             "referral_id": None, "organization_id": self.station.id, "station_id": self.station.id,
             "term_id": self.terms[0].id, "area_code": person["area_code"], "worker_id": worker.id,
             "kind": VisitKind.HOME_VISIT, "contact_result": ContactResult.MET_PERSON,
             "started_at": begins.astimezone(UTC), "minutes": minutes, "units": Decimal(1), "unit": "次", "note": None,
             "activity_key": None} | extra
        )  # fmt: skip
        return key

    def next_free(self, worker: Account, day: date, minutes: int) -> datetime | None:
        """When a worker is free for a visit that day, with the way; None once the day is full."""
        opens = start_of(day) + timedelta(hours=8, minutes=5 * self.rng.randint(0, 11))
        begins = self.free.get((worker.id, day), opens)
        if begins + timedelta(minutes=minutes) > start_of(day) + timedelta(hours=18):
            return None
        self.free[worker.id, day] = begins + timedelta(minutes=minutes + 5 * self.rng.randint(1, 5))
        return begins

    def person(self, worker: Account, day: date) -> Any:
        """Somebody whom nobody visits that day yet; each worker has people of their own."""
        at = self.workers.index(worker) * PEOPLE_EACH
        while True:
            person = self.people[at + self.rng.randrange(PEOPLE_EACH)]
            if person["household_id"] not in self.busy[worker.id, day]:
                self.busy[worker.id, day].add(person["household_id"])
                return person

    def innocents(self, count: int) -> None:
        """Write so many ordinary visits."""
        while len(self.rows) < count:
            worker, day = self.rng.choice(self.workers[:-1]), self.rng.choice(DAYS)
            minutes = 5 * self.rng.randint(3, 18)
            if len(self.busy[worker.id, day]) > 8 or (begins := self.next_free(worker, day, minutes)) is None:
                continue
            chance, person = self.rng.random(), self.person(worker, day)
            if chance < 0.03:  # a group session: one event
                activity = new_key()
                for place in self.rng.sample(range(WORKERS * PEOPLE_EACH), 8):
                    one, owner = self.people[place], self.workers[place // PEOPLE_EACH]
                    if one["household_id"] not in self.busy[owner.id, day]:
                        self.busy[owner.id, day].add(one["household_id"])
                        self.visit(one, worker, begins, minutes, kind=VisitKind.GROUP, activity_key=activity)
            elif chance < 0.08:
                self.visit(person, worker, begins, minutes, kind=VisitKind.PHONE, note=self.note())
            elif chance < 0.14:  # a meal at noon and one in the evening
                for hour in (11, 17):
                    noon = start_of(day) + timedelta(hours=hour, minutes=self.rng.randrange(40))
                    meals = self.workers[-1]
                    self.visit(person, meals, noon, 0, term_id=self.terms[1].id, kind=VisitKind.DELIVERY,
                               note="送餐已签收")  # fmt: skip
            elif chance < 0.19:
                self.visit(person, worker, begins, 0, contact_result=ContactResult.NOBODY_HOME, units=Decimal(0))
            else:
                self.visit(person, worker, begins, minutes, note=self.note())
                together = [one for one in self.people if one["household_id"] == person["household_id"]]
                for one in together:
                    if one is not person:  # a couple is visited together
                        self.visit(one, worker, begins, minutes, note=self.note())
        self.planted.innocent = {row["id"] for row in self.rows}

    def plant(self) -> None:
        """Plant EACH faults of every kind, each by workers and for people of the month."""
        for kind in (self._twice, self._served_twice, self._travel, self._long, self._long_days, self._gone,
                     self._outside, self._copies, self._round):  # fmt: skip
            kind()

    def _put(self, rule: FlagRule, key: UUID) -> None:
        self.planted.faults[rule].add(key)

    def _victims(self, count: int) -> list[dict[str, Any]]:
        usual = [
            row for row in self.rows
            if row["id"] in self.planted.innocent and row["minutes"] >= 30 and row["activity_key"] is None
            and row["kind"] is VisitKind.HOME_VISIT
        ]  # fmt: skip
        return self.rng.sample(usual, count)

    def _other(self) -> Any:
        return self.spare.pop()

    def _account(self, row: dict[str, Any]) -> Account:
        return next(one for one in self.workers if one.id == row["worker_id"])

    def _twice(self) -> None:
        for row in self._victims(EACH):
            other, begins = self._other(), row["started_at"] + timedelta(minutes=10)
            self._put(FlagRule.WORKER_TWICE, self.visit(other, self._account(row), begins, 30))

    def _served_twice(self) -> None:
        for row in self._victims(EACH):
            person = next(one for one in self.people if one["id"] == row["person_id"])
            worker = make_account(self.session, Role.STATION_WORKER, organization_id=self.station.id)
            begins = row["started_at"] + timedelta(minutes=5)
            self._put(FlagRule.PERSON_TWICE, self.visit(person, worker, begins, 20, term_id=self.terms[2].id))

    def _travel(self) -> None:
        for row in self._victims(EACH):
            ends = row["started_at"] + timedelta(minutes=row["minutes"])
            key = self.visit(self._other(), self._account(row), ends, 15, area_code="321199001009")
            self._put(FlagRule.IMPOSSIBLE_TRAVEL, key)

    def _lonely(self, hour: int = 8) -> tuple[Account, datetime]:
        worker = make_account(self.session, Role.STATION_WORKER, organization_id=self.station.id)
        return worker, start_of(self.rng.choice(DAYS)) + timedelta(hours=hour, minutes=5)

    def _long(self) -> None:
        for _ in range(EACH - LONG_DAYS):
            worker, begins = self._lonely()
            self._put(FlagRule.TOO_LONG, self.visit(self._other(), worker, begins, self.rng.randint(250, 600)))

    def _long_days(self) -> None:
        for _ in range(LONG_DAYS):
            worker, begins = self._lonely(5)
            for number in range(FULL_DAY):
                person, later = self._other(), begins + timedelta(minutes=125 * number)
                key = self.visit(person, worker, later, 120)
                self.planted.innocent.add(key)
            self.planted.innocent.discard(key)
            self._put(FlagRule.LONG_DAY, key)

    def _gone(self) -> None:
        for number in range(EACH):
            person, (worker, begins) = self._other(), self._lonely()
            case = Case(
                number=f"C{number}", person_id=person["id"], household_id=person["household_id"],
                station_id=self.station.id, area_code=person["area_code"], source=CaseSource.VISIT,
                opened_at=start_of(date(2026, 1, 5)), status=CaseStatus.EXITED,
                exit_reason=CaseExit.DIED if number % 2 else CaseExit.MOVED_AWAY,
            )  # fmt: skip
            self.session.add(case)
            self.session.flush()
            self.session.add(
                CaseStep(case_id=case.id, from_status=CaseStatus.ACCEPTED, to_status=CaseStatus.EXITED,
                         at=begins - timedelta(days=2))
            )  # fmt: skip
            rule = FlagRule.AFTER_DEATH if number % 2 else FlagRule.AFTER_EXIT
            self._put(rule, self.visit(person, worker, begins, 40, case_id=case.id))

    def _outside(self) -> None:
        capacity = make_capacity(self.session, places=10_000)
        for number in range(EACH):
            person, (worker, begins) = self._other(), self._lonely()
            case = Case(
                number=f"R{number}", person_id=person["id"], household_id=person["household_id"],
                station_id=self.station.id, area_code=person["area_code"], source=CaseSource.VISIT,
                opened_at=start_of(date(2026, 1, 5)),
            )  # fmt: skip
            self.session.add(case)
            self.session.flush()
            need: Need = make_need(self.session, case=case)
            early = number % 2 == 0
            began = begins + timedelta(days=3) if early else begins - timedelta(days=40)
            referral = Referral(
                number=f"RF{number}", need_id=need.id, person_id=person["id"],
                service_at_location_id=capacity.service_at_location_id, organization_id=self.station.id,
                area_code=person["area_code"], status=ReferralStatus.ACCEPTED if early else ReferralStatus.COMPLETED,
                answered_at=began, ended_at=None if early else begins - timedelta(days=4),
                outcome=None if early else "served",
            )  # fmt: skip
            self.session.add(referral)
            self.session.flush()
            self._put(FlagRule.OUTSIDE_REFERRAL, self.visit(person, worker, begins, 45, referral_id=referral.id))

    def _copies(self) -> None:
        """Five workers with five nearly equal notes each: a date, a comma or one word differ."""
        for group in range(EACH // 5):
            worker = make_account(self.session, Role.STATION_WORKER, organization_id=self.station.id)
            words = "，".join(self.rng.sample(DEEDS, 5))
            for number in range(5):
                begins = start_of(DAYS[group * 3 + number % 3]) + timedelta(hours=8 + 2 * (number // 3), minutes=15)
                note = f"9月{number + 1}日{self.rng.choice(SUBJECTS)}{words}" + "。" * (number % 2)
                self._put(FlagRule.COPIED_NOTE, self.visit(self._other(), worker, begins, 35, note=note))

    def _round(self) -> None:
        """One worker whose every visit begins on the hour and takes an hour."""
        worker = make_account(self.session, Role.STATION_WORKER, organization_id=self.station.id)
        for number in range(EACH):
            begins = start_of(DAYS[number % len(DAYS)]) + timedelta(hours=9 + 3 * (number // len(DAYS)))
            self._put(FlagRule.TOO_ROUND, self.visit(self._other(), worker, begins, 60))

    def write(self) -> Planted:
        """Write all of it."""
        self.session.flush()
        for start in range(0, len(self.rows), 1000):
            self.session.execute(sa.insert(Visit), self.rows[start : start + 1000])
        self.session.commit()
        return self.planted
