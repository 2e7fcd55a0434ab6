"""Every figure of a report counted a second time, in plain SQL and plain Python: `referral bench-report --check`.

Nothing of the report's own queries is used here, so that a mistake in them cannot stand in both. It counts the report
of somebody who reads a whole division, without a program; a reader's scope is tested elsewhere.
"""

# ruff: noqa: S608  statements are put together from texts of this file alone

from collections import defaultdict
from collections.abc import Callable, Iterable, Mapping, Sequence
from datetime import UTC, date, datetime, timedelta
from decimal import Decimal
from typing import Any

import sqlalchemy as sa
from sqlalchemy.orm import Session

MET = "v.contact_result IN ('met_person', 'met_family') AND NOT v.replaced"
SCORED = ("self_care", "who5", "satisfaction", "gas")
FUNNEL = {
    "requested": "1 = 1",
    "waiting": "r.status = 'requested'",
    "accepted": "(r.status IN ('accepted', 'in_progress', 'on_hold', 'completed', 'failed') "
    "OR (r.status = 'cancelled' AND r.answered_at IS NOT NULL))",
    "rejected": "r.status = 'rejected'",
    "expired": "r.status = 'expired'",
    "cancelled": "r.status = 'cancelled' AND r.answered_at IS NULL",
    "completed": "r.status = 'completed'",
    "served": "r.outcome = 'served'",
    "partly_served": "r.outcome = 'partly_served'",
    "not_served": "r.outcome = 'not_served'",
}
BANDS = ((80, "80+"), (60, "60–79"), (18, "18–59"), (0, "0–17"))


class Again:
    """One division, one period, counted from the tables."""

    def __init__(self, session: Session, area: str, start: date, end: date, today: date) -> None:
        """Take what to count; `area` is a code of 12 digits."""
        self.session, self.start, self.end = session, start, end
        self.postgres = session.get_bind().dialect.name == "postgresql"
        head = area.rstrip("0")
        self.given = {
            "low": head.ljust(12, "0"),
            "high": head.ljust(12, "9"),
            "a": self._moment(start),
            "b": self._moment(end + timedelta(days=1)),
            "first": start if self.postgres else start.isoformat(),
            "last": end if self.postgres else end.isoformat(),
            "today": today if self.postgres else today.isoformat(),
        }
        self.met = (
            f"FROM visit v WHERE {MET} AND v.started_at >= :a AND v.started_at < :b "
            "AND v.area_code BETWEEN :low AND :high"
        )
        self.found: dict[str, Any] = {}

    def _moment(self, day: date) -> Any:
        at = datetime(day.year, day.month, day.day, tzinfo=UTC) - timedelta(hours=8)
        return at if self.postgres else at.strftime("%Y-%m-%d %H:%M:%S.%f")

    def rows(self, statement: str) -> Sequence[Any]:
        """Return the rows of a statement."""
        used = {name: value for name, value in self.given.items() if f":{name}" in statement}
        found = self.session.connection().execute(sa.text(statement), used)
        return [tuple(int(cell) if isinstance(cell, Decimal) else cell for cell in row) for row in found]

    def one(self, statement: str) -> Any:
        """Return the only row of a statement."""
        return self.rows(statement)[0]

    def every(self) -> dict[str, Any]:
        """Return every figure under the code that `queries.report.flat` gives it."""
        self.people = {
            row[0]: (row[1], row[2], row[3])
            for row in self.rows("SELECT id, sex, born_on, area_code FROM person")
        }  # fmt: skip
        self.served = {row[0] for row in self.rows(f"SELECT DISTINCT v.person_id {self.met}")}
        self._done()
        self._referrals()
        self._speeds()
        self._groups()
        self._money()
        self._pairs()
        self._work()
        return self.found

    def _done(self) -> None:
        sums = "count(*), count(DISTINCT v.person_id), sum(v.minutes), sum(v.units), coalesce(sum(v.amount), 0)"
        homes, sessions = self.one(f"SELECT count(DISTINCT v.household_id), count(DISTINCT v.activity_key) {self.met}")
        times, persons, minutes, _units, fen = self.one(f"SELECT {sums} {self.met}")
        self.times, entries = (
            times,
            "AND v.started_at >= :a AND v.started_at < :b AND v.area_code BETWEEN :low AND :high",
        )
        missed = self.rows(
            "SELECT v.contact_result, count(*) FROM visit v WHERE NOT v.replaced AND v.contact_result NOT IN "
            f"('met_person', 'met_family') {entries} GROUP BY v.contact_result"
        )
        self.found |= {
            "done.persons": persons, "done.households": homes, "done.person_times": times,
            "done.hours": round((minutes or 0) / 60, 2), "done.activities": sessions, "done.amount": fen / 100,
            "done.not_reached_total": sum(count for _result, count in missed),
            "unknown.without_minutes": self.one(
                f"SELECT count(*) {self.met} AND v.minutes = 0 AND v.amount IS NULL"
            )[0],
        }  # fmt: skip
        self.found |= {f"not_reached.{result}": count for result, count in missed}
        for code, count, people, spent, units, money in self.rows(
            f"SELECT t.code, {sums} {self.met.replace('WHERE', 'JOIN taxonomy_term t ON t.id = v.term_id WHERE', 1)} "
            "GROUP BY t.code"
        ):
            self.found |= {
                f"service.{code}.{name}": value
                for name, value in (
                    ("persons", people), ("person_times", count), ("hours", round(spent / 60, 2)),
                    ("units", units / 100), ("amount", money / 100),
                )
            }  # fmt: skip
        month = (
            "to_char(v.started_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM')"
            if self.postgres
            else "strftime('%Y-%m', v.started_at, '+8 hours')"
        )
        day = self.start.replace(day=1)
        while day <= self.end:
            self.found |= {f"month.{day:%Y-%m}.person_times": 0, f"month.{day:%Y-%m}.persons": 0}
            day = (day + timedelta(days=32)).replace(day=1)
        for name, count, people in self.rows(
            f"SELECT {month} AS m, count(*), count(DISTINCT v.person_id) {self.met} GROUP BY m"
        ):
            self.found |= {f"month.{name}.person_times": count, f"month.{name}.persons": people}

    def _referrals(self) -> None:
        asked = (
            "FROM referral r WHERE r.requested_at >= :a AND r.requested_at < :b AND r.status <> 'entered_in_error' "
            "AND r.area_code BETWEEN :low AND :high"
        )
        for code, condition in FUNNEL.items():
            self.found[f"referrals.{code}"] = self.one(f"SELECT count(*) {asked} AND {condition}")[0]
        for state, reason, count in self.rows(
            f"SELECT r.status, r.reason, count(*) {asked} AND r.reason IS NOT NULL "
            "AND r.status IN ('rejected', 'cancelled', 'failed') GROUP BY r.status, r.reason"
        ):
            self.found[f"referrals.{state}.{reason}"] = count
        decided = sum(self.found[f"referrals.{code}"] for code in ("accepted", "rejected", "expired"))
        self.found["referrals.acceptance"] = self.found["referrals.accepted"] / decided if decided else None
        self.found["unknown.unanswered"] = self.one(
            f"SELECT count(*) {asked} AND r.answered_at IS NULL AND r.answer_by <= :b "
            "AND r.status IN ('requested', 'expired')"
        )[0]
        self.answers = self.rows(f"SELECT r.requested_at, r.answered_at, r.answer_by, r.status {asked}")
        needs = "FROM need n WHERE n.opened_at >= :a AND n.opened_at < :b AND n.area_code BETWEEN :low AND :high"
        self.needs = self.rows(f"SELECT n.id, n.person_id, n.area_code, n.status, n.opened_at, n.due_at {needs}")
        whole, met = len(self.needs), sum(1 for one in self.needs if one[3] in {"met", "partly_met"})
        self.found |= {"needs.needs": whole, "needs.needs_met": met}
        self.found["unknown.needs_without_offer"] = self.one(
            f"SELECT count(*) {needs} AND n.due_at <= :b "
            "AND NOT EXISTS (SELECT 1 FROM referral r WHERE r.need_id = n.id)"
        )[0]
        past = self.one(f"SELECT count(*) {needs} AND n.due_at <= :b")[0]
        taken = self.one(
            f"SELECT count(*) {needs} AND n.due_at <= :b AND EXISTS "
            f"(SELECT 1 FROM referral r WHERE r.need_id = n.id AND {FUNNEL['accepted']})"
        )[0]
        self._share("match_rate", taken, past)

    def _share(self, code: str, part: int, whole: int) -> None:
        self.found |= {f"share.{code}.part": part, f"share.{code}.whole": whole}
        self.found[f"share.{code}.value"] = part / whole if whole else None

    def _speeds(self) -> None:
        offers = dict(map(tuple, self.rows("SELECT need_id, min(requested_at) FROM referral GROUP BY need_id")))
        helps = dict(
            map(tuple, self.rows(
                "SELECT r.need_id, min(v.started_at) FROM visit v JOIN referral r ON r.id = v.referral_id "
                f"WHERE {MET} GROUP BY r.need_id"
            ))
        )  # fmt: skip
        cases = self.rows(
            "SELECT c.opened_at, c.first_contact_at FROM case_file c WHERE c.opened_at >= :a AND c.opened_at < :b "
            "AND c.area_code BETWEEN :low AND :high"
        )
        answers = [
            (asked, heard, by)
            for asked, heard, by, status in self.answers
            if status not in {"cancelled", "expired"} or heard is not None
        ]
        stages: dict[str, tuple[list[Any], bool]] = {
            "first_contact": ([(begin, end, None) for begin, end in cases], False),
            "first_offer": ([(one[4], offers.get(one[0]), one[5]) for one in self.needs], True),
            "answer": (answers, True),
            "first_service": ([(one[4], helps.get(one[0]), None) for one in self.needs], False),
        }
        close = _moment(self.given["b"])
        days = WorkingDays(self.rows("SELECT day, kind FROM calendar_day"))
        for code, (listed, limited) in stages.items():
            spans = [(_moment(begin), _moment(end), _moment(limit)) for begin, end, limit in listed]
            took = sorted(days.at(end) - days.at(begin) for begin, end, _limit in spans if begin and end)
            judged = [(end, limit) for _b, end, limit in spans if limit and (end or limit <= close)] if limited else []
            good = sum(1 for end, limit in judged if end and end <= limit)
            self.found |= {
                f"speed.{code}.n": len(took), f"speed.{code}.median": _quantile(took, 0.5),
                f"speed.{code}.p90": _quantile(took, 0.9), f"speed.{code}.open": len(listed) - len(took),
                f"speed.{code}.in_time": good / len(judged) if judged else None,
            }  # fmt: skip

    def band(self, person: Any) -> str:
        """Return the band of age of a person on the last day."""
        born = self.people[person][1]
        if born is None:
            return "?"
        born = born if isinstance(born, date) else date.fromisoformat(born)
        age = self.end.year - born.year - ((self.end.month, self.end.day) < (born.month, born.day))
        return next(label for first, label in BANDS if age >= first) if age >= 0 else BANDS[-1][1]

    def _groups(self) -> None:
        each = self.rows(
            f"SELECT v.person_id, substr(v.area_code, 1, 9) AS town, count(*), sum(v.minutes) {self.met} "
            "GROUP BY v.person_id, town"
        )
        kinds: dict[str, Callable[[Any, str], str]] = {
            "township": lambda person, town: town.ljust(12, "0"),
            "sex": lambda person, town: str(self.people[person][0]),
            "age": lambda person, town: self.band(person),
        }
        for kind, label in kinds.items():
            lines: dict[str, list[Any]] = defaultdict(lambda: [set(), 0, 0, 0, 0])
            for person, town, times, minutes in each:
                line = lines[label(person, town)]
                line[0].add(person)
                line[1] += times
                line[2] += minutes
            for _key, person, code, status, _opened, _due in self.needs:
                line = lines[label(person, code[:9])]
                line[3] += 1
                line[4] += status in {"met", "partly_met"}
            for name, (people, times, minutes, needs, met) in lines.items():
                self.found |= {
                    f"{kind}.{name}.persons": len(people), f"{kind}.{name}.person_times": times,
                    f"{kind}.{name}.hours": round(minutes / 60, 2), f"{kind}.{name}.needs": needs,
                    f"{kind}.{name}.needs_met": met,
                }  # fmt: skip
        unknown = sum(1 for person in self.served if self.people[person][1] is None)
        self.found["unknown.persons_without_birth_date"] = unknown

    def _money(self) -> None:
        joined = self.met.replace("WHERE", "JOIN program p ON p.id = v.program_id WHERE", 1)
        funds: dict[str, list[Any]] = defaultdict(lambda: [0, 0.0])
        self.priced, self.spent = [], 0.0
        for key, name, source, price, homes, people, units in self.rows(
            "SELECT p.id, p.name, p.funding_source, p.unit_price, count(DISTINCT v.household_id), "
            f"count(DISTINCT v.person_id), sum(v.units) {joined} GROUP BY p.id, p.name, p.funding_source, p.unit_price"
        ):
            spent = None if price is None else round(units * price / 10000, 2)
            self.found |= {
                f"program.{name}.households": homes, f"program.{name}.persons": people,
                f"program.{name}.units": units / 100, f"program.{name}.spent": spent,
                f"program.{name}.per_person": None if spent is None else spent / people,
            }  # fmt: skip
            if spent is not None:
                funds[source or ""][0] += units
                funds[source or ""][1] += spent
                self.priced.append(key)
                self.spent += spent
        for source, people in self.rows(
            f"SELECT coalesce(p.funding_source, ''), count(DISTINCT v.person_id) {joined} "
            "AND p.unit_price IS NOT NULL GROUP BY coalesce(p.funding_source, '')"
        ):
            units, spent = funds[source]
            self.found |= {
                f"fund.{source}.persons": people, f"fund.{source}.units": units / 100, f"fund.{source}.spent": spent,
                f"fund.{source}.per_unit": spent * 100 / units if units else None,
            }  # fmt: skip

    def _pairs(self) -> None:
        taken: dict[tuple[Any, str], list[Any]] = defaultdict(list)
        for person, measure, occasion, day, score in self.rows(
            "SELECT person_id, measure, occasion, taken_on, score FROM outcome "
            "WHERE taken_on <= :last AND score IS NOT NULL ORDER BY taken_on, id"
        ):
            if person in self.served:
                taken[person, measure].append((occasion == "baseline", str(day), score / 100))
        start = self.start.isoformat()
        pairs = {key: _pair(listed, start) for key, listed in taken.items()}
        for measure in SCORED:
            mine = {person: pair for (person, code), pair in pairs.items() if code == measure}
            both: list[tuple[Any, Any]] = [pair for pair in mine.values() if pair[1] is not None]
            self.found |= {f"change.{measure}.{name}": value for name, value in _changed(both).items()}
            rose = sum(1 for before, after in both if after > before)
            fell = sum(1 for before, after in both if after < before)
            self.found |= {f"change.{measure}.improved": rose, f"change.{measure}.worse": fell}
            if measure == "gas":
                self._share("gas_reached", sum(1 for _before, after in both if after >= 50), len(both))
            if measure == "who5":
                self._compared({person: pair for person, pair in mine.items() if pair[1] is not None})

    def _compared(self, pairs: Mapping[Any, tuple[Any, Any]]) -> None:
        members: dict[str, set[Any]] = defaultdict(set)
        last: dict[Any, tuple[str, str]] = {}
        day = (
            "to_char(v.started_at AT TIME ZONE 'Asia/Shanghai', 'YYYY-MM-DD')"
            if self.postgres
            else "strftime('%Y-%m-%d', v.started_at, '+8 hours')"
        )
        for person, at, code in self.rows(
            f"SELECT v.person_id, max({day}), v.area_code {self.met} GROUP BY v.person_id, v.area_code"
        ):
            last[person] = max(last.get(person, ("", "")), (at, code))
        for person in self.served:
            members[f"sex.{self.people[person][0]}"].add(person)
            members[f"age.{self.band(person)}"].add(person)
            members[f"township.{last[person][1][:9]}000"].add(person)
        helped: set[Any] = set()
        joined = self.met.replace("WHERE", "JOIN program p ON p.id = v.program_id WHERE", 1)
        for person, name, key in self.rows(f"SELECT DISTINCT v.person_id, p.name, p.id {joined}"):
            members[f"program.{name}"].add(person)
            if key in self.priced:
                helped.add(person)
        listed = set()
        for person, code in self.rows(
            "SELECT person_id, category_code FROM identity_status WHERE valid_from <= :last "
            "AND (valid_to IS NULL OR valid_to >= :last)"
        ):
            if person in self.served:
                members[f"status.{code}"].add(person)
                listed.add(person)
        if self.served - listed:
            members["status."] = self.served - listed
        for name, people in members.items():
            mine = [pairs[person] for person in people if person in pairs]
            self.found |= {f"group.{name}.persons": len(people)}
            self.found |= {f"group.{name}.{key}": value for key, value in _changed(mine).items()}
        if self.priced:
            better = sum(1 for person in helped if person in pairs and pairs[person][1] > pairs[person][0])
            of_them = {
                row[0]
                for row in self.rows(
                    "SELECT l.id, s.program_id FROM service_at_location l JOIN service s ON s.id = l.service_id"
                )
                if row[1] in self.priced
            }  # fmt: skip
            served = sum(
                1
                for place in self.rows(
                    "SELECT r.service_at_location_id FROM referral r WHERE r.requested_at >= :a "
                    "AND r.requested_at < :b AND r.area_code BETWEEN :low AND :high "
                    "AND r.outcome = 'served' AND r.status <> 'entered_in_error'"
                )
                if place[0] in of_them
            )
            for code, count in (("cost_per_served", served), ("cost_per_improved", better)):
                self.found |= {
                    f"cost.{code}.outcomes": count,
                    f"cost.{code}.each": self.spent / count if count else None,
                }

    def _work(self) -> None:
        lines: dict[str, dict[str, Any]] = defaultdict(lambda: dict.fromkeys(UNIT_NAMES, 0))
        visits = done = 0
        for unit, state, count, units in self.rows(
            "SELECT unit, status, count(*), sum(units) FROM planned_visit WHERE due_on BETWEEN :first AND :last AND "
            "area_code BETWEEN :low AND :high AND (status = 'done' OR (status IN ('planned', 'missed') "
            "AND due_on < :today)) GROUP BY unit, status"
        ):
            visits += count
            lines[unit]["planned"] += units / 100
            if state == "done":
                done += count
                lines[unit]["kept"] += units / 100
        self._share("coverage", done, visits)
        for unit, units in self.rows(f"SELECT v.unit, sum(v.units) {self.met} GROUP BY v.unit"):
            lines[unit]["delivered"] = units / 100
        judged = self.met.replace("WHERE", "JOIN hours_decision d ON d.visit_id = v.id WHERE", 1)
        for unit, approved, contracted in self.rows(
            f"SELECT v.unit, sum(d.units), sum(CASE WHEN d.line_id IS NOT NULL THEN d.units ELSE 0 END) {judged} "
            "AND d.verdict = 'approved' AND d.lapsed_at IS NULL GROUP BY v.unit"
        ):
            lines[unit] |= {"approved": approved / 100, "contracted": contracted / 100}
        whole = (
            self.start.day == 1 and (self.end + timedelta(days=1)).day == 1 and str(self.given["low"])[6:] == "000000"
        )
        for unit, units in self.rows(
            "SELECT l.unit, sum(i.units) FROM settlement_item i JOIN settlement_line s ON s.id = i.settlement_line_id "
            "JOIN settlement t ON t.id = s.settlement_id JOIN contract_line l ON l.id = s.line_id "
            "JOIN contract c ON c.id = l.contract_id WHERE t.status = 'paid' AND t.month BETWEEN :first AND :last "
            "AND c.area_code BETWEEN :low AND :high GROUP BY l.unit"
        ):
            lines[unit]["paid"] = units / 100
        for unit, line in lines.items():
            if any(line.values()):
                share = line["kept"] / line["planned"] if line["planned"] else None
                values = line | {"completion": share, "paid": line["paid"] if whole else None}
                self.found |= {f"unit.{unit}.{name}": value for name, value in values.items()}
        self._cases()

    def _cases(self) -> None:
        here = "c.area_code BETWEEN :low AND :high"
        opened = f"FROM case_file c WHERE c.opened_at >= :a AND c.opened_at < :b AND {here} AND c.source <> 'import'"
        early = "AND c.source IN ('visit', 'village_report', 'data_comparison', 'event')"
        self._share(
            "discovery", self.one(f"SELECT count(*) {opened} {early}")[0], self.one(f"SELECT count(*) {opened}")[0]
        )
        for why, count in self.rows(
            "SELECT c.exit_reason, count(*) FROM case_file c JOIN (SELECT case_id, max(at) AS at FROM case_step WHERE "
            f"to_status = 'exited' GROUP BY case_id) s ON s.case_id = c.id WHERE {here} AND c.status = 'exited' "
            "AND s.at >= :a AND s.at < :b GROUP BY c.exit_reason"
        ):
            self.found[f"exit.{why}"] = count
        due = (
            f"FROM revisit x JOIN case_file c ON c.id = x.case_id WHERE {here} AND x.due_on BETWEEN :first AND :last "
            "AND x.dropped_on IS NULL AND (x.due_on < :today OR x.done_on IS NOT NULL)"
        )
        good = "AND x.result IN ('lasting', 'partly_lasting', 'need_again')"
        self._share("revisit_rate", self.one(f"SELECT count(*) {due} {good}")[0], self.one(f"SELECT count(*) {due}")[0])
        asked = self.rows(
            "SELECT s.answered_at, s.score FROM satisfaction s JOIN referral r ON r.id = s.referral_id WHERE "
            "s.asked_at >= :a AND s.asked_at < :b AND r.area_code BETWEEN :low AND :high "
            "AND r.status <> 'entered_in_error'"
        )
        self._share("response_rate", sum(1 for at, _score in asked if at is not None), len(asked))
        scores = [score / 100 for _at, score in asked if score is not None]
        low, high = _interval(scores)
        self.found |= {
            "mean.satisfaction_mean.n": len(scores), "mean.satisfaction_mean.low": low,
            "mean.satisfaction_mean.high": high,
            "mean.satisfaction_mean.mean": sum(scores) / len(scores) if scores else None,
        }  # fmt: skip
        twice = self.one(
            "SELECT count(DISTINCT person_id) FROM (SELECT v.person_id AS person_id "
            f"{self.met} GROUP BY v.person_id, v.term_id HAVING count(DISTINCT v.organization_id) > 1) x"
        )[0]
        self._share("overlap", twice, len(self.served))
        entries = (
            "FROM visit v WHERE NOT v.replaced AND v.started_at >= :a AND v.started_at < :b "
            "AND v.area_code BETWEEN :low AND :high"
        )
        odd = self.one(
            f"SELECT count(*) {entries} AND v.id IN (SELECT f.visit_id FROM visit_flag f WHERE f.explained_at IS NULL "
            "AND f.gone_at IS NULL)"
        )[0]
        self._share("flagged", odd, self.one(f"SELECT count(*) {entries}")[0])


UNIT_NAMES = ("planned", "kept", "delivered", "approved", "contracted", "paid")


class WorkingDays:
    """Working days since 2000, counted one by one."""

    def __init__(self, published: Iterable[Any]) -> None:
        """Take (day, kind) as they were published."""
        kinds = {str(day): kind for day, kind in published}
        self.worked: list[bool] = []
        self.before = [0]
        day = date(2000, 1, 1)
        while day.year < 2100:
            kind = kinds.get(day.isoformat())
            self.worked.append(kind == "working" or (day.weekday() < 5 and kind != "holiday"))
            self.before.append(self.before[-1] + self.worked[-1])
            day += timedelta(days=1)

    def at(self, moment: datetime) -> float:
        """Return the working days, with fractions, up to a moment."""
        local = moment + timedelta(hours=8)
        place = (local.date() - date(2000, 1, 1)).days
        part = (local - datetime(local.year, local.month, local.day, tzinfo=local.tzinfo)) / timedelta(days=1)
        return self.before[place] + (part if self.worked[place] else 0.0)


def _moment(value: Any) -> Any:
    if value is None:
        return None
    found = datetime.fromisoformat(value) if isinstance(value, str) else value
    return found.replace(tzinfo=UTC) if found.tzinfo is None else found.astimezone(UTC)


def _quantile(values: Sequence[float], share: float) -> float | None:
    if not values:
        return None
    place = (len(values) - 1) * share
    low = int(place)
    high = min(low + 1, len(values) - 1)
    return values[low] + (values[high] - values[low]) * (place - low)


def _pair(taken: Sequence[tuple[bool, str, float]], start: str) -> tuple[float | None, float | None]:
    """Return the score before and after: the last baseline ahead of the first follow-up, the last follow-up."""
    base: tuple[str, float] | None = None
    after: float | None = None
    for is_first, day, score in taken:
        if is_first and after is None:
            base = (day, score)
        elif not is_first and base is not None and day >= start and day > base[0]:
            after = score
    return (base[1] if base else None), after


def _interval(values: Sequence[float]) -> tuple[float | None, float | None]:
    if len(values) < 3:
        return None, None
    from scipy import stats

    mean = sum(values) / len(values)
    spread = (sum((one - mean) ** 2 for one in values) / (len(values) - 1)) ** 0.5
    half = float(stats.t.ppf(0.975, len(values) - 1)) * spread / len(values) ** 0.5
    return mean - half, mean + half


def _changed(both: Sequence[tuple[Any, Any]]) -> dict[str, Any]:
    many = len(both)
    low, high = _interval([after - before for before, after in both])
    return {
        "n": many,
        "baseline": sum(before for before, _after in both) / many if many else None,
        "follow_up": sum(after for _before, after in both) / many if many else None,
        "change": sum(after - before for before, after in both) / many if many else None,
        "low": low,
        "high": high,
    }


def differing(told: Mapping[str, str | None], again: Mapping[str, Any]) -> list[str]:
    """Return in words each figure that a report tells otherwise than it was counted again, or that only one knows.

    Money and means may differ by rounding: a fen, a millionth.
    """
    found = []
    for code in sorted({*told, *again}):
        if code not in told or code not in again:
            found.append(f"{code}: only {'counted again' if code in again else 'in the report'}")
            continue
        one, other = told[code], again[code]
        near = 0.0101 if code.endswith((".spent", ".each", ".per_unit", ".per_person", ".hours")) else 2e-6
        if (one is None) != (other is None) or (one is not None and abs(float(one) - float(other)) > near):
            found.append(f"{code}: {one} in the report, {other} counted again")
    return found
