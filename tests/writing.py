"""A process that writes while a test looks on: visits, one a transaction, each told of once it is committed.

Started as `python -m tests.writing URL`; prints a line for each visit until its input is closed.
"""

import subprocess
import sys
from collections.abc import Iterator
from contextlib import contextmanager
from decimal import Decimal
from threading import Thread

import sqlalchemy as sa


def main(url: str) -> None:
    from models import Account, ContactResult, Organization, Person, Role, TaxonomyTerm, VisitKind
    from referral import clock
    from referral.access import as_installation
    from referral.actions.visits import log_visit
    from referral.extensions import db
    from tests.databases import application

    stop: list[bool] = []
    Thread(target=lambda: stop.append(sys.stdin.read() == ""), daemon=True).start()
    with application(url) as app, app.app_context():
        while not stop:
            as_installation(db.session, because="writing")
            by = db.session.scalars(sa.select(Account).where(Account.role == Role.STATION_WORKER).limit(1)).one()
            station = db.session.get_one(Organization, by.organization_id)
            person = db.session.scalars(sa.select(Person).where(Person.station_id == station.id).limit(1)).one()
            term = db.session.scalars(sa.select(TaxonomyTerm).where(TaxonomyTerm.code == "A02")).one()
            visit = log_visit(
                db.session,
                person=person,
                term=term,
                organization=station,
                by=by,
                kind=VisitKind.HOME_VISIT,
                contact_result=ContactResult.MET_PERSON,
                started_at=clock.now(),
                minutes=30,
                units=Decimal(1),
            )
            db.session.commit()
            sys.stdout.write(f"{visit.id}\n")
            sys.stdout.flush()
            db.session.remove()


class Writer:
    """The process, seen from the test."""

    def __init__(self, process: subprocess.Popen[str]) -> None:
        self.process = process
        self.written: list[str] = []

    def wait_for(self, more: int) -> None:
        """Read until so many more visits are written."""
        assert self.process.stdout
        for _ in range(more):
            line = self.process.stdout.readline()
            assert line, "the writer has ended"
            self.written.append(line)


@contextmanager
def writer(url: str) -> Iterator[Writer]:
    """A process that writes visits as long as the block runs."""
    command = [sys.executable, "-m", "tests.writing", url]
    with subprocess.Popen(command, stdin=subprocess.PIPE, stdout=subprocess.PIPE, text=True) as process:
        try:
            yield Writer(process)
        finally:
            process.kill()


if __name__ == "__main__":
    main(sys.argv[1])
