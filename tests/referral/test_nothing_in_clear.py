"""A dump of the database tells nothing that identifies a person or speaks of their health: every byte is searched.

What is searched for was typed into pages, imported, or stands in the demonstration. A name is found in the same way,
and so is a number that is put where it does not belong: the search itself works.
"""

import io
import itertools
import json
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient

from models import Base, Case, Need, Person, Role
from referral import clock
from referral.access import as_installation
from referral.actions import referrals
from referral.extensions import db
from referral.resealing import sealed_columns
from tests.conftest import MakeApp
from tests.factories import (
    TOWNSHIP,
    VILLAGE,
    make_account,
    make_area,
    make_capacity,
    make_station,
    make_term,
    refer,
)
from tests.queries import sign_in
from tests.referral.spreadsheets import workbook
from tests.visits import outside, wrong

ID_NUMBERS = ("11010519491231002X", "110105194912310046", "110105194912310062")
PHONES = ("13812348123", "13755556666", "13733334444", "0511-86889977")
CARD = "6222021001112345678"
WORDS = ("胃癌", "尿毒症", "抑郁症", "艾滋", "后巷")
SHORTEST = 8
"""Signs of a text of the demonstration that is searched for; shorter ones also stand in public lists."""


def dump(url: sa.URL) -> bytes:
    """Every byte of the database's files, or every row of every table as text."""
    if url.drivername.startswith("sqlite"):
        file = Path(str(url.database))
        beside = [file.with_name(file.name + end) for end in ("", "-wal", "-shm", "-journal")]
        return b"".join(one.read_bytes() for one in beside if one.exists())
    engine = sa.create_engine(url)
    with engine.connect() as connection:
        tables = connection.scalars(sa.text("SELECT tablename FROM pg_tables WHERE schemaname = 'public'")).all()
        rows: Iterator[Any] = itertools.chain.from_iterable(
            connection.scalars(sa.text(f'SELECT t::text FROM "{table}" t')) for table in tables
        )
        text = "\n".join(rows)
    engine.dispose()
    assert len(tables) > 40
    return text.encode()


def clear(data: bytes, secrets: set[str]) -> set[str]:
    """Which of these stand in a dump, as they are or as JSON writes them."""
    return {one for one in secrets if one.encode() in data or json.dumps(one)[1:-1].encode() in data}


class Typist:
    """Types what must not be found, a new word in each field, and remembers it."""

    def __init__(self, app: Flask) -> None:
        self.app = app
        self.secrets = {*ID_NUMBERS, *PHONES, CARD, "11010519491231", "12348123"}
        self._next = itertools.count(1)

    def note(self) -> str:
        """A sentence about somebody's health that nobody has written before."""
        n = next(self._next)
        word = f"{WORDS[n % len(WORDS)]}秘{n:03}"
        self.secrets.add(word)
        return f"患{word}，家里没人"

    def as_(self, login: str) -> FlaskClient:
        return sign_in(self.app.test_client(), login)


def send(client: FlaskClient, address: str, /, expected: int = 302, **typed: Any) -> None:
    answer = client.post(address, data=typed)
    assert answer.status_code == expected, (address, answer.status_code, wrong(answer.get_data(as_text=True)))


def typed_through_pages(app: Flask) -> Typist:
    """A file, its case, needs, visits, referrals, a village's report and two imports."""
    typist = Typist(app)
    with outside(app) as session:
        as_installation(session, because="test")
        make_area(session, VILLAGE, name="丁岗村")
        station = make_station(session, area_code=TOWNSHIP)
        worker = make_account(session, Role.STATION_WORKER, organization_id=station.id).login
        assistant = make_account(session, Role.VILLAGE_ASSISTANT, area_code=VILLAGE).login
        coordinator = make_account(session).login
        meals = make_term(session, "A01", unit="餐", name_zh="助餐", name_en="Meals")
        place = make_capacity(session, term=meals, at=clock.now(), places=9)
        session.commit()
        at_station = typist.as_(worker)
        send(
            at_station, "/people/new", name="李秀兰", area_code=VILLAGE, source="visit", urgency="high",
            id_number=ID_NUMBERS[0], phone=PHONES[0], bank_card=CARD, address=typist.note(), contact_note=typist.note(),
            summary=typist.note(), hukou_address=typist.note(), emergency_address=typist.note(),
            features=["gravely_ill"],
        )  # fmt: skip
        person = session.scalars(sa.select(Person)).one()
        case = session.scalars(sa.select(Case)).one()
        person_id, case_id, term_id = person.id, case.id, meals.id
        session.commit()
        today = clock.today().isoformat()
        send(
            at_station, f"/cases/{case_id}/assess", assessed_on=today, level_health="2", words_health=typist.note(),
            note=typist.note(), act_eat="0",
        )  # fmt: skip
        send(
            at_station, f"/cases/{case_id}/needs/new", description=typist.note(), suggested=str(term_id),
            quantity="22",
        )  # fmt: skip
        need = session.scalars(sa.select(Need)).one()
        session.commit()
        session.expire_all()
        visit = {"kind": "home_visit", "contact_result": "met_person", "term": str(term_id), "units": "1",
                 "started_at": f"{today}T00:01", "minutes": "30"}  # fmt: skip
        send(at_station, f"/people/{person_id}/visits/new", **visit, note=typist.note(), entry_key="one")
        session.expire_all()
        refused = refer(session, need, place, by=None, at=clock.now(), note=typist.note(), choice_note=typist.note())
        officer = make_account(session, Role.PROVIDER_OFFICER, organization_id=refused.organization_id).login
        refused_id = refused.id
        session.commit()
        send(typist.as_(officer), f"/inbox/{refused_id}/reject", reason="other", reason_text=typist.note())
        session.expire_all()
        second = refer(session, need, place, by=None, at=clock.now())
        referrals.accept(session, second, by=None, at=clock.now(), note=typist.note())
        second_id = second.id
        session.commit()
        send(at_station, f"/referrals/{second_id}/cancel", reason="other", reason_text=typist.note())
        send(
            at_station, f"/cases/{case_id}/exit", reason="moved", exit_reason="moved", note=typist.note(), expected=422
        )
        for text in (ID_NUMBERS[0], ID_NUMBERS[2], PHONES[0], PHONES[0][-8:]):
            at_station.get(f"/people?q={text}")
        at_station.get("/cases.xlsx")
        send(at_station, f"/people/{person_id}/numbers", 200, purpose="apply")
        report = {"name": "孙有福", "summary": typist.note(), "urgency": "critical", "phone": PHONES[1]}
        send(typist.as_(assistant), "/hardship", area_code=VILLAGE, **report)
        at_county = typist.as_(coordinator)
        head = ["姓名", "身份证号", "出生日期", "村（社区）", "联系电话", "需求", "数量", "紧急程度", "说明"]
        good = ["王秀英", ID_NUMBERS[1], None, "丁岗村", PHONES[2], "助餐", 22, "紧急", typist.note()]
        bad = ["赵大山", ID_NUMBERS[2], "soon", "丁岗村", PHONES[3], typist.note(), 22, "紧急", typist.note()]
        for rows in ([good], [bad], [good, bad]):
            file = (io.BytesIO(workbook([head, *rows])), "list.xlsx")
            answer = at_county.post("/imports", data={"kind": "people", "file": file})
            assert answer.status_code == 302
        send(at_county, f"{answer.location}/apply")
    return typist


@pytest.fixture
def filled(make_app: MakeApp, database_url: str) -> Flask:
    return make_app(database_url)


def url_of(app: Flask) -> sa.URL:
    with app.app_context():
        return db.engine.url


def test_what_was_typed_and_imported_stands_nowhere_in_clear(filled: Flask) -> None:
    typist = typed_through_pages(filled)
    assert len(typist.secrets) > 22
    assert filled.test_cli_runner().invoke(args=["jobs", "--once"]).exit_code == 0
    data = dump(url_of(filled))
    assert clear(data, typist.secrets) == set()
    assert clear(data, set(WORDS)) == set()
    with filled.app_context(), db.engine.connect() as connection:
        (kind,) = connection.scalars(sa.text("SELECT kind FROM feature")).all()
    assert len(kind) == 32
    assert int(kind, 16)
    assert clear(data, {"李秀兰", "王秀英", "孙有福"}) == {"李秀兰", "王秀英", "孙有福"}
    # The mutant: a number where search would be easy.
    with filled.app_context():
        as_installation(db.session, because="test")
        for person in db.session.scalars(sa.select(Person)):
            person.search_text += f" {person.phone}"
        db.session.commit()
        db.session.remove()
    assert clear(dump(url_of(filled)), typist.secrets) >= set(PHONES[:3])


def test_the_demonstration_stands_nowhere_in_clear(make_app: MakeApp, demo_on_both: str) -> None:
    app = make_app(demo_on_both)
    public = public_texts(app)
    secrets: set[str] = set()
    with app.app_context():
        as_installation(db.session, because="test")
        for sealed in sealed_columns():
            found = db.session.connection().execute(sa.select(sealed.column).where(sealed.raw.is_not(None))).scalars()
            secrets |= {text for value in found for text in texts(value) if len(text) >= SHORTEST}
        db.session.remove()
    secrets = {one for one in secrets if not any(one in text for text in public)}
    assert len(secrets) > 400
    assert clear(dump(url_of(app)), secrets) == set()


def texts(value: Any) -> Iterator[str]:
    """Every text in a value."""
    if isinstance(value, str):
        yield value
    elif isinstance(value, dict):
        for part in value.values():
            yield from texts(part)
    elif isinstance(value, list):
        for part in value:
            yield from texts(part)


def public_texts(app: Flask) -> set[str]:
    """What catalogues say anyway: names and descriptions that are about nobody."""
    names = ("taxonomy_term", "need_type", "service", "organization", "program", "beneficiary_category", "area")
    found: set[str] = set()
    with app.app_context(), db.engine.connect() as connection:
        for name in names:
            table = Base.metadata.tables[name]
            columns = [column for column in table.columns if isinstance(column.type, (sa.String, sa.Text))]
            for row in connection.execute(sa.select(*columns)):
                found |= {value for value in row if isinstance(value, str)}
        # Codes of bands stand in every instrument, whoever was asked.
        definitions = Base.metadata.tables["instrument_version"].c.definition
        found |= {text for one in connection.scalars(sa.select(definitions)) for text in texts(one)}
    return found


ABOUT_NOBODY = """
consent_notice.text_en consent_notice.text_zh
import_run.columns
instrument_version.definition
job_run.counts job_run.failure
learned_model.measures learned_model.shape
location.description location.transportation
message.facts
outgoing.facts
organization.description program.alternate_name program.description
planning_study.asked planning_study.params planning_study.result
proposal.explanation proposal.parts
round.budgets round.certificate round.failure round.fairness round.params round.seconds round.served_by_tier
round_opening.chain
round_parameters.params
scenario.changes scenario.params scenario.result
schedule.description
service.application_process service.description service.eligibility_description service.fees_description
service_area.extent service_at_location.description
suggestion_shown.terms
visit_flag.facts
file_sample.shares monthly_report.lines snapshot.body
"""
"""Free texts and JSON that stay readable: notices, the catalogue of services, headings, codes and numbers."""


def test_every_free_text_is_sealed_or_about_nobody() -> None:
    """A new text column must say whether it speaks of a person: it is sealed, or it is named above."""
    plain = {
        f"{table.name}.{column.name}"
        for table in Base.metadata.sorted_tables
        for column in table.columns
        if type(column.type) in {sa.Text, sa.JSON}
    }
    assert plain == set(ABOUT_NOBODY.split())


def test_every_seal_is_bound_to_its_own_column() -> None:
    columns = list(sealed_columns())
    assert len(columns) > 28
    assert [one.place for one in columns] == [f"{one.table.name}.{one.column.name}" for one in columns]
