"""A made-up year of a city: every sum recomputed by pandas, from the visits and from months kept ahead, on both."""

from datetime import UTC, datetime, timedelta
from decimal import Decimal
from typing import Any

import pandas as pd
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import KeptMonth
from referral.bench_report import frame_of, generate
from referral.bench_report_measure import check
from referral.queries.report.kept import keep_months
from referral.queries.report.report import make_report
from tests.queries import counted


def rows(session: Session, table: str) -> pd.DataFrame:
    found = session.connection().exec_driver_sql(f"select * from {table}")
    return pd.DataFrame(found.fetchall(), columns=list(found.keys()))


def test_every_sum_is_that_of_pandas_and_kept_months_change_nothing(session_on_both: Session) -> None:
    session = session_on_both
    city = generate(session, 20_000)
    raw = make_report(session, frame_of(city))
    assert keep_months(session, at=datetime.now(UTC)) in {12, 13}
    with counted() as sent:
        kept = make_report(session, frame_of(city))
    read = [one for one in sent if "visit.minutes" in one and "visit_flag" not in one]
    assert not read, "kept months were not believed"
    visits, people, needs, referrals, areas = (
        rows(session, table) for table in ("visit", "person", "need", "referral", "area")
    )
    kinds = dict(zip(areas.code, areas.name, strict=True))
    visits = visits[~visits.replaced.astype(bool)]
    met = visits[visits.contact_result.isin(["met_person", "met_family"])].copy()
    met["month"] = (pd.to_datetime(met.started_at, utc=True, format="ISO8601") + pd.Timedelta(hours=8)).dt.month
    met = met.merge(people[["id", "sex", "born_on"]].rename(columns={"id": "person_id"}), on="person_id")
    for report in (raw, kept):
        done = report.done
        assert (done.persons, done.households) == (met.person_id.nunique(), met.household_id.nunique())
        assert done.person_times == len(met)
        assert done.activities == met.activity_key.nunique()
        assert done.hours == (Decimal(int(met.minutes.sum())) / 60).quantize(Decimal("0.01"))
        assert int(done.amount * 100) == int(met.amount.fillna(0).sum())
        assert done.not_reached_total == len(visits) - len(met)
        assert done.without_minutes == int(((met.minutes == 0) & met.amount.isna()).sum())
        by_month = met.groupby("month").agg(times=("id", "size"), persons=("person_id", "nunique"))
        assert [(times, persons) for _day, times, persons in done.months] == list(by_month.itertuples(index=False))
        by_term: Any = met.groupby("term_id").agg(
            times=("id", "size"), persons=("person_id", "nunique"), units=("units", "sum"), minutes=("minutes", "sum")
        )
        assert sorted((one.person_times, one.persons, int(one.units * 100)) for one in done.services) == sorted(
            zip(by_term.times, by_term.persons, by_term.units, strict=True)
        )
        towns = met.groupby(met.area_code.str[:9]).agg(times=("id", "size"), persons=("person_id", "nunique"))
        mine = {group.label.code[:9]: (group.person_times, group.persons) for group in report.townships}
        assert {code: pair for code, pair in mine.items() if pair[0]} == {
            code: (line.times, line.persons) for code, line in towns.iterrows()
        }
        by_sex = met.groupby(met.sex.fillna("?")).person_id.nunique().to_dict()
        assert {getattr(group.label, "value", "?"): group.persons for group in report.sexes} == by_sex
        assert report.unknown.persons_without_birth_date == met[met.born_on.isna()].person_id.nunique()
        programs = met.groupby("program_id").agg(units=("units", "sum"), homes=("household_id", "nunique"))
        assert sorted((int(line.units * 100), line.households) for line in report.programs) == sorted(
            zip(programs.units, programs.homes, strict=True)
        )
        assert report.needs == len(needs)
        assert report.needs_met == int(needs.status.isin(["met", "partly_met"]).sum())
        assert report.funnel.requested == len(referrals)
        assert report.funnel.served == int((referrals.outcome == "served").sum())
    assert len(kinds) > 100
    figures, wrong = check(session, city)
    assert not wrong
    assert figures > 400


def test_a_new_entry_makes_its_kept_month_untrue(session_on_both: Session) -> None:
    session = session_on_both
    city = generate(session, 600)
    keep_months(session, at=datetime.now(UTC))
    before = make_report(session, frame_of(city)).done.person_times
    taken = session.execute(
        sa.text("select id from visit where contact_result = 'met_person' and not replaced limit 1")
    ).scalar_one()
    session.execute(sa.text("update visit set replaced = true where id = :id"), {"id": taken})
    assert make_report(session, frame_of(city)).done.person_times == before - 1
    assert keep_months(session, at=datetime.now(UTC) + timedelta(minutes=1)) == 1
    assert keep_months(session, at=datetime.now(UTC) + timedelta(minutes=2)) == 0
    assert session.scalar(sa.select(sa.func.count()).select_from(KeptMonth))
