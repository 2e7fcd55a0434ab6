"""A whole round through the database: how long reading, solving and writing take, and what the pages cost after it.

    python -m referral.bench_database --database both --needs 100000

Each database is made anew with the synthetic city of `bench_city` in it. The round runs in a process of its own, as a
page or a command would start it, so that its memory is its own. Writing ends with the commit, and so holds the log.
"""

import argparse
import json
import os
import tempfile
import time
from collections.abc import Iterator, Sequence
from concurrent.futures import ProcessPoolExecutor
from contextlib import ExitStack, contextmanager
from datetime import timedelta
from itertools import pairwise
from multiprocessing import get_context
from pathlib import Path
from typing import Any

import click
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from matching.memory import forget_peak, held_mb, peak_mb
from models import Account, Decision, Proposal, Role, Round
from referral import clock, create_app, roundwork
from referral.access import as_installation
from referral.actions import rounds
from referral.bench import fetch
from referral.bench_city import CITY, fill
from referral.commands.serve import settle
from referral.extensions import db
from referral.passwords import hash_password
from referral.row_security import see_all_rows
from referral.transactions import refresh_statistics, transaction

MAKES = ("sqlite", "postgresql")
PASSWORD = "a password for the bench"  # noqa: S105  of a database that is gone with the measurement
APPLIED = 1_000
"""Decided proposals that are put to the providers."""
VIEWS = ("", "?view=provider", "?view=unmet", "?decision=accepted", "?page=40")


def bench_database(needs: int, makes: Sequence[str] = MAKES, *, pages: bool = True) -> list[dict[str, Any]]:
    """Return for each database the seconds of each part, the peak of memory, and the pages after the round."""
    with ExitStack() as stack:
        folder = Path(stack.enter_context(tempfile.TemporaryDirectory(prefix="yuanqiao-round-")))
        found = []
        for make in makes:
            url = f"sqlite:///{folder}/city.sqlite" if make == "sqlite" else stack.enter_context(_postgres(folder))
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
                own.submit(build, url, needs, str(folder)).result()
            with ProcessPoolExecutor(1, mp_context=get_context("spawn")) as own:
                found.append({"database": make, **own.submit(measure, url, str(folder), pages=pages).result()})
        return found


@contextmanager
def _postgres(folder: Path) -> Iterator[str]:
    """The address of an empty database of a server that is gone with the measurement."""
    from tests import postgres

    before = os.environ.get("YUANQIAO_TEST_PID")
    os.environ["YUANQIAO_TEST_PID"] = str(os.getpid())
    try:
        yield postgres.address(folder, postgres.create(folder, "city"))
    finally:
        postgres.end(folder)
        if before is None:
            del os.environ["YUANQIAO_TEST_PID"]
        else:
            os.environ["YUANQIAO_TEST_PID"] = before


def _app(url: str, folder: str) -> Flask:
    os.environ["REFERRAL_INSTANCE"] = folder
    return create_app({"DATABASE_URL": url, "DEMONSTRATION": True, "WTF_CSRF_ENABLED": False})


def build(url: str, needs: int, folder: str) -> None:
    """Make the tables of an empty database and write a city into it, with a coordinator."""
    import flask_migrate

    app = _app(url, folder)
    with app.app_context():
        flask_migrate.upgrade()
        with db.engine.begin() as connection:
            see_all_rows(connection)
            fill(connection, needs, at=clock.now() - timedelta(minutes=1))
        as_installation(db.session, because="bench")
        with transaction(db.session) as session:
            session.add(
                Account(
                    login="bench",
                    name="Bench",
                    role=Role.COORDINATOR,
                    area_code=CITY,
                    demonstration=True,
                    password_hash=hash_password(PASSWORD),
                )
            )
            refresh_statistics(session)
        db.engine.dispose()


def measure(url: str, folder: str, *, pages: bool = True) -> dict[str, Any]:
    """Run one round and tell how long each part took; then fetch the pages, and apply some of what it proposes."""
    app = _app(url, folder)
    with app.app_context():
        as_installation(db.session, because="bench")
        run_round(db.session)  # loads every library and every statement before time and memory are counted
        forget_peak()
        before = held_mb()
        figures = run_round(db.session)
        peak = peak_mb()
        figures |= {
            "peak_mb": peak,
            "own_peak_mb": None if peak is None or before is None else round(peak - before, 1),
        }
        if pages:
            settle()
            _decide(db.session)
            figures["pages"] = list(_pages(app))
            figures |= _applying(db.session)
        db.engine.dispose()
    return figures


def run_round(session: Session) -> dict[str, Any]:
    """Run a round over the city and return its figures."""
    with transaction(session):
        started = rounds.start_round(session, area=CITY, at=clock.now())
    stages, processor = [("gather", time.perf_counter())], [time.process_time()]
    peaks: dict[str, Any] = {}

    def stage(name: str, _progress: int) -> None:
        begun = {"solving": "solve", "writing": "write", "done": "done"}.get(name)
        if begun and begun != stages[-1][0]:
            peaks[stages[-1][0]] = peak_mb()
            processor.append(time.process_time())
            stages.append((begun, time.perf_counter()))

    roundwork.compute(session, started.id, progress=stage)
    done = session.get_one(Round, started.id, populate_existing=True)
    split = {name: round(end - begin, 3) for (name, begin), (_, end) in pairwise(stages)}
    parts = {name: seconds for name, seconds in done.seconds.items() if name not in {"gather", "write"}}
    return {
        "needs": done.needs,
        "openings": done.openings,
        "served": done.served,
        "certified": done.certificate["exact"],
        "seconds": round(sum(split.values()), 3),
        **split,
        "share": round((split["gather"] + split["write"]) / split["solve"], 2),
        "processor": {
            name: round(end - begin, 3) for (name, _), (begin, end) in zip(stages, pairwise(processor), strict=False)
        },
        "parts": parts,
        "peaks_mb": peaks,
    }


def _decide(session: Session) -> None:
    """Accept the first proposals of the round, as a coordinator would."""
    with transaction(session):
        last = sa.select(Round.id).order_by(Round.id.desc()).limit(1).scalar_subquery()
        some = sa.select(Proposal.id).where(Proposal.round_id == last, Proposal.capacity_id.is_not(None)).limit(APPLIED)
        session.execute(
            sa.update(Proposal)
            .where(Proposal.id.in_(session.scalars(some).all()))
            .values(decision=Decision.ACCEPTED, decided_at=clock.now(), version=Proposal.version + 1)
            .execution_options(synchronize_session=False)
        )
        refresh_statistics(session)


def _pages(app: Flask) -> Iterator[dict[str, Any]]:
    with app.app_context():
        as_installation(db.session, because="bench")
        key = db.session.scalar(sa.select(Round.id).order_by(Round.id.desc()).limit(1))
    client = app.test_client()
    client.set_cookie("language", "zh")
    client.post("/sign-in", data={"login": "bench", "password": PASSWORD})
    fixed = ["/coordination", "/coordination/rounds", "/coordination/needs", "/coordination/openings"]
    for name, address in [
        *((one, one) for one in fixed),
        *((f"round {v}", f"/coordination/rounds/{key}{v}") for v in VIEWS),
    ]:
        milliseconds, queries = fetch(app, client, address)
        yield {"page": name, "median_ms": milliseconds, "queries": queries}


def _applying(session: Session) -> dict[str, Any]:
    key = session.scalars(sa.select(Round.id).order_by(Round.id.desc()).limit(1)).one()
    began = time.perf_counter()
    made, failed = roundwork.apply(session, key, by_id=None)
    seconds = time.perf_counter() - began
    return {"applied": made, "not_applied": failed, "referrals_per_second": round(made / seconds, 1)}


def show(rows: Sequence[dict[str, Any]]) -> None:
    """Print the figures as tables."""
    for row in rows:
        click.echo(f"\nA whole round of {row['needs']:,} needs and {row['openings']:,} openings on {row['database']}")
        for name in ("gather", "solve", "write", "seconds"):
            peak = row["peaks_mb"].get(name)
            spent = row["processor"].get(name)
            told = "" if spent is None else f"{spent:9.3f} s of this process's processor time"
            click.echo(f"  {name:<22}{row[name]:9.3f} s{told}" + (f"{peak:12.0f} MB so far" if peak else ""))
        click.echo(f"  {'(gather + write)/solve':<22}{row['share']:9.2f}")
        click.echo(f"  {'certificate':<22}{'exact' if row['certified'] else 'NOT EXACT':>11}")
        if row["own_peak_mb"] is not None:
            click.echo(f"  {'memory beside the rest':<22}{row['own_peak_mb']:9.0f} MB")
        for page in row.get("pages", ()):
            click.echo(f"  {page['page']:<40}{page['median_ms']:9.1f} ms{page['queries']:5} queries")
        if "applied" in row:
            click.echo(
                f"  {row['applied']} applied, {row['not_applied']} not: {row['referrals_per_second']} referrals/s"
            )


def main() -> None:
    """Measure, print, and write JSON where asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--needs", type=int, default=100_000)
    parser.add_argument("--database", choices=(*MAKES, "both"), default="both")
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    rows = bench_database(given.needs, MAKES if given.database == "both" else (given.database,))
    show(rows)
    if given.json:
        given.json.write_text(json.dumps(rows, indent=2) + "\n", "utf-8")


if __name__ == "__main__":
    main()
