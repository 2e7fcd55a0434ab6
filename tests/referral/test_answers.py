"""Answering with a link: what the page shows, what each answer does, and every way in which a link can be abused."""

import re
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
import sqlalchemy as sa
from flask import Flask
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import (
    AnswerKind,
    AnswerLink,
    AnswerWay,
    DataKind,
    DeclineReason,
    LinkPurpose,
    LogEntry,
    Message,
    MessageKind,
    Need,
    NeedStatus,
    Organization,
    OrganizationStatus,
    Outgoing,
    Person,
    Referral,
    ReferralAnswer,
    ReferralQuestion,
    ReferralStatus,
    Role,
)
from referral import clock
from referral.actions import answering, consents, links, referrals
from referral.queries.consents import live_consent
from tests.conftest import MakeApp
from tests.factories import (
    agree,
    make_account,
    make_capacity,
    make_case,
    make_need,
    make_organization,
    make_person,
    make_station,
)
from tests.pages import check_page
from tests.queries import counted
from tests.visits import outside

SECRETS = {"name": "钱小芳", "phone": "13812348123", "address": "后巷七号", "id_number": "11010519491231002X"}


@dataclass
class Asked:
    """A referral put to a charity without an account, and its link."""

    app: Flask
    session: Session
    referral: Referral
    organization: Organization

    @property
    def client(self) -> FlaskClient:
        return self.app.test_client()

    def press(self, address: str, step: str, data: dict[str, Any] | None = None, **extra: Any) -> Any:
        """Press a button of the page."""
        return self.client.post(address, data={"step": step} | (data or {}), **extra)

    def link(self, purpose: LinkPurpose = LinkPurpose.ANSWER) -> AnswerLink:
        """The newest link of a purpose."""
        self.session.expire_all()
        newest = sa.select(AnswerLink).where(AnswerLink.purpose == purpose, AnswerLink.referral_id == self.referral.id)
        found = self.session.scalars(newest.order_by(AnswerLink.id.desc()).limit(1)).one()
        self.session.commit()
        return found

    def address(self, purpose: LinkPurpose = LinkPurpose.ANSWER) -> str:
        with self.app.app_context():
            link = self.link(purpose)
            address = f"/answer/{links.token(link)}"
            self.session.commit()
            return address

    def now(self) -> Referral:
        self.session.expire_all()
        self.session.commit()
        found = self.session.get_one(Referral, self.referral.id)
        self.session.commit()
        return found


@pytest.fixture
def app(make_app: MakeApp, database_url: str) -> Flask:
    return make_app(
        database_url, BASE_ADDRESS="https://help.example", MAIL_SERVER="smtp+plain://127.0.0.1:1", MAIL_FROM="a@b.c"
    )


@pytest.fixture
def asked(app: Flask) -> Iterator[Asked]:
    with outside(app) as session:
        yield put(app, session)


def put(app: Flask, session: Session, **extra: Any) -> Asked:
    """A need for four visits, put to a charity that has a mail address."""
    at = clock.now()
    organization = make_organization(session, email="charity@example.org", **extra)
    station = make_station(session)
    capacity = make_capacity(session, organization=organization, at=at, places=5)
    person = make_person(session, station_id=station.id, **SECRETS)
    need = make_need(session, case=make_case(session, person=person, at=at), at=at)
    agree(session, need, capacity, at=at)
    worker = make_account(session, Role.STATION_WORKER, organization_id=station.id)
    with app.app_context():
        referral = referrals.request(session, need, capacity, by=worker, at=at, note=f"请找{SECRETS['name']}，患尿毒症")
        session.commit()
    return Asked(app, session, referral, organization)


def test_the_page_before_acceptance_tells_nobody_apart(asked: Asked) -> None:
    for code in ("zh", "en"):
        client = asked.client
        client.set_cookie("language", code)
        answer = client.get(asked.address())
        page = answer.get_data(as_text=True)
        check_page(answer, code)
        for told in (*SECRETS.values(), "尿毒症", asked.referral.number, "1956", "测试", str(asked.referral.id)):
            assert told not in page, told
        assert answer.headers["Referrer-Policy"] == "strict-origin"
        assert answer.headers["Cache-Control"] == "no-store"
        assert "noindex" in answer.headers["X-Robots-Tag"]
        assert not re.search(r'(?:src|href|action)="https?://', page), "nothing leads to another site"
    assert "项目A02" in asked.client.get(asked.address()).get_data(as_text=True)
    assert asked.now().status is ReferralStatus.REQUESTED


def test_no_page_that_is_only_opened_answers(asked: Asked) -> None:
    """Mail filters open every address with GET and HEAD, often several times."""
    address = asked.address()
    for step in ("", "accept", "reject", "ask", "again"):
        for _ in range(2):
            asked.client.get(address, query_string={"step": step})
            asked.client.head(address, query_string={"step": step})
            asked.client.get(f"{address}/seen")
    assert asked.now().status is ReferralStatus.REQUESTED
    assert asked.link().used_at is None
    assert asked.link().opened_at is None
    assert asked.client.post(f"{address}/seen").status_code == 204
    assert asked.link().opened_at is not None


def test_without_scripts_a_button_says_that_it_was_read_and_a_filter_never_does(asked: Asked) -> None:
    address = asked.address()
    page = asked.client.get(address).get_data(as_text=True)
    assert (
        '<input type="hidden" name="step" value="seen">' in page.partition("<noscript>")[2].partition("</noscript>")[0]
    )
    for seen in ({}, {"seen": "yes"}, {"step": "seen"}):
        asked.client.get(address, query_string=seen)
        asked.client.head(address, query_string=seen)
    assert asked.link().opened_at is None
    for language in ("zh", "en"):
        answer = asked.press(address, "seen", follow_redirects=True, headers={"Accept-Language": language})
        check_page(answer, language)
    first = asked.link().opened_at
    assert first is not None
    assert (asked.link().used_at, asked.now().status) == (None, ReferralStatus.REQUESTED)
    asked.press(address, "seen")
    assert asked.link().opened_at == first, "the first time counts"


@pytest.mark.parametrize("step", ["accept", "ask"])
def test_who_answers_or_asks_has_read_it(asked: Asked, step: str) -> None:
    link = asked.link()
    assert asked.press(asked.address(), step, data={"question": "几楼？"}).status_code == 302
    asked.session.refresh(link)
    assert link.opened_at is not None
    asked.session.commit()


def test_yes_takes_the_referral_on_and_a_fresh_link_shows_what_was_agreed(asked: Asked) -> None:
    address = asked.address()
    answer = asked.press(address, "accept", follow_redirects=True)
    assert SECRETS["name"] not in answer.get_data(as_text=True), "the first link may have been passed on"
    assert asked.now().status is ReferralStatus.ACCEPTED
    given = asked.session.scalars(sa.select(ReferralAnswer)).one()
    assert (given.kind, given.way, given.entered_by_id) == (AnswerKind.ACCEPTED, AnswerWay.LINK, None)
    asked.session.commit()
    follow = asked.client.get(asked.address(LinkPurpose.FOLLOW))
    page = follow.get_data(as_text=True)
    check_page(follow, "zh")
    assert SECRETS["name"] in page
    assert SECRETS["phone"] in page
    assert SECRETS["id_number"] not in page
    read = asked.session.scalars(sa.select(LogEntry.person_id).where(LogEntry.code == "read_by_link")).all()
    asked.session.commit()
    assert len(read) == 1
    again = asked.press(address, "accept")
    assert again.status_code == 410


def test_after_acceptance_only_the_agreed_kinds_are_shown(app: Flask) -> None:
    with outside(app) as session:
        asked = put(app, session)
        consent = live_consent(session, asked.referral.person_id, asked.organization.id, clock.now())
        assert consent
        for kind in DataKind:
            setattr(consent, kind.value, kind is DataKind.IDENTITY)
        session.commit()
        asked.press(asked.address(), "accept")
        page = asked.client.get(asked.address(LinkPurpose.FOLLOW)).get_data(as_text=True)
        assert SECRETS["name"] in page
        for told in (SECRETS["phone"], SECRETS["address"], "尿毒症"):
            assert told not in page


def test_yes_in_part_says_how_much_and_when(asked: Asked) -> None:
    address = asked.address()
    tomorrow = clock.today() + timedelta(days=1)
    assert asked.press(address, "accept", data={"quantity": "4"}).status_code == 422
    assert asked.press(address, "accept", data={"quantity": "0"}).status_code == 422
    assert asked.press(address, "accept", data={"starts_on": "2020-01-01"}).status_code == 422
    assert asked.now().status is ReferralStatus.REQUESTED
    typed = {"quantity": "3", "starts_on": tomorrow.isoformat(), "text": "周三不行"}
    assert asked.press(address, "accept", data=typed).status_code == 302
    given = asked.session.scalars(sa.select(ReferralAnswer)).one()
    assert (given.kind, given.quantity, given.starts_on) == (AnswerKind.ACCEPTED_IN_PART, Decimal(3), tomorrow)
    assert given.note == "周三不行"
    kinds = set(asked.session.scalars(sa.select(Message.kind).where(Message.referral_id == asked.referral.id)))
    assert MessageKind.REFERRAL_ACCEPTED_IN_PART in kinds


def test_no_needs_a_coded_reason_and_opens_the_need_again(asked: Asked) -> None:
    address = asked.address()
    for typed in ({}, {"reason": "no_consent"}, {"reason": "other"}, {"reason": "nonsense"}):
        answer = asked.press(address, "reject", data=typed)
        assert answer.status_code == 422, typed
        check_page(answer, "zh")
    assert asked.press(address, "reject", data={"reason": "full"}).status_code == 302
    assert (asked.now().status, asked.now().reason) == (ReferralStatus.REJECTED, DeclineReason.FULL)
    assert asked.session.get_one(Need, asked.referral.need_id).status is NeedStatus.OPEN


def test_a_question_goes_to_the_station_and_its_reply_comes_back_by_the_same_link(asked: Asked) -> None:
    address = asked.address()
    assert asked.press(address, "ask", data={"question": "几楼？有电梯吗？"}).status_code == 302
    question = asked.session.scalars(sa.select(ReferralQuestion)).one()
    told = asked.session.scalars(sa.select(Message).where(Message.kind == MessageKind.QUESTION_ASKED)).one()
    assert told.organization_id == asked.referral.station_id
    worker = make_account(asked.session, Role.STATION_WORKER, organization_id=asked.referral.station_id)
    with asked.app.app_context():
        for tells in ("钱 小芳家在三楼", "电话1381234 8123", "就在后巷七号"):
            with pytest.raises(answering.TellsWho):
                answering.reply(asked.session, question, tells, by=worker, at=clock.now())
        answering.reply(asked.session, question, "三楼，没有电梯", by=worker, at=clock.now())
        asked.session.commit()
    page = asked.client.get(address).get_data(as_text=True)
    assert "三楼，没有电梯" in page
    assert asked.session.scalars(sa.select(Outgoing).where(Outgoing.link_id == asked.link().id)).all()
    asked.session.commit()
    for number in range(answering.MOST_WAITING):
        assert asked.press(address, "ask", data={"question": f"问题{number}"}).status_code == 302
    assert asked.press(address, "ask", data={"question": "再一个"}).status_code == 422
    assert asked.press(address, "accept").status_code == 302


# Every abuse


def used(asked: Asked) -> str:
    address = asked.address()
    assert asked.press(address, "accept").status_code == 302
    return address


def expired(asked: Asked) -> str:
    link = asked.link()
    asked.session.execute(
        sa.update(AnswerLink).where(AnswerLink.id == link.id).values(expires_at=clock.now() - timedelta(seconds=1))
    )
    asked.session.commit()
    return asked.address()


def overdue(asked: Asked) -> str:
    address = asked.address()
    asked.session.execute(sa.update(Referral).values(answer_by=clock.now() - timedelta(seconds=1)))
    asked.session.commit()
    return address


def tampered(asked: Asked) -> str:
    address = asked.address()
    return address[:-1] + ("A" if address[-1] != "A" else "B")


def cut_off(asked: Asked) -> str:
    return asked.address()[:-3]


def never_was(_asked: Asked) -> str:
    return "/answer/" + "x" * 43


def strange(_asked: Asked) -> str:
    return "/answer/%27%22%3Cscript%3E" + "ä" * 300


def salt_itself(asked: Asked) -> str:
    return f"/answer/{asked.link().salt}"


def fingerprint_itself(asked: Asked) -> str:
    return f"/answer/{asked.link().fingerprint}"


def reissued(asked: Asked) -> str:
    address = asked.address()
    with asked.app.app_context():
        answering.send_link_again(asked.session, asked.now(), by=None, at=clock.now())
        asked.session.commit()
    assert asked.address() != address
    return address


def of_a_cancelled_referral(asked: Asked) -> str:
    address = asked.address()
    with asked.app.app_context():
        worker = make_account(asked.session, Role.STATION_WORKER, organization_id=asked.referral.station_id)
        referrals.cancel(asked.session, asked.now(), by=worker, at=clock.now(), reason=DeclineReason.DUPLICATE_HELP)
        asked.session.commit()
    return address


def of_an_expired_referral(asked: Asked) -> str:
    address = asked.address()
    with asked.app.app_context():
        referrals.expire(asked.session, asked.now(), at=clock.now())
        asked.session.commit()
    return address


def entered_in_error(asked: Asked) -> str:
    address = asked.address()
    with asked.app.app_context():
        worker = make_account(asked.session, Role.STATION_WORKER, organization_id=asked.referral.station_id)
        referrals.enter_in_error(asked.session, asked.now(), by=worker, at=clock.now(), note="错")
        asked.session.commit()
    return address


def of_a_suspended_organization(asked: Asked) -> str:
    address = asked.address()
    asked.session.get_one(Organization, asked.organization.id).status = OrganizationStatus.SUSPENDED
    asked.session.commit()
    return address


def of_another_address(asked: Asked) -> str:
    address = asked.address()
    asked.session.get_one(Organization, asked.organization.id).email = "other@example.org"
    asked.session.commit()
    return address


def of_another_organization(asked: Asked) -> str:
    """A link whose referral was put to somebody else."""
    address = asked.address()
    other = make_organization(asked.session, email="charity@example.org")
    asked.session.execute(sa.update(AnswerLink).values(organization_id=other.id))
    asked.session.commit()
    return address


def of_a_withdrawn_consent(asked: Asked) -> str:
    address = asked.address()
    with asked.app.app_context():
        worker = make_account(asked.session, Role.STATION_WORKER, organization_id=asked.referral.station_id)
        consent = live_consent(asked.session, asked.referral.person_id, asked.organization.id, clock.now())
        assert consent
        from models import ConsentWay

        consents.withdraw(asked.session, consent, way=ConsentWay.SPOKEN, by=worker, at=clock.now())
        asked.session.commit()
    return address


def of_an_emptied_file(asked: Asked) -> str:
    address = asked.address()
    asked.session.execute(sa.update(Person).values(erased_at=clock.now()))
    asked.session.commit()
    return address


def for_reading_only(asked: Asked) -> str:
    """The link that shows whom one helps answers nothing."""
    used(asked)
    address = asked.address(LinkPurpose.FOLLOW)
    asked.session.execute(
        sa.update(Referral).values(status=ReferralStatus.REQUESTED, answer_by=clock.now() + timedelta(days=1))
    )
    asked.session.commit()
    return address


ABUSES = (
    used,
    expired,
    overdue,
    tampered,
    cut_off,
    never_was,
    strange,
    salt_itself,
    fingerprint_itself,
    reissued,
    of_a_cancelled_referral,
    of_an_expired_referral,
    entered_in_error,
    of_a_suspended_organization,
    of_another_address,
    of_another_organization,
    of_a_withdrawn_consent,
    of_an_emptied_file,
    for_reading_only,
)
POSTS = {
    "accept": {},
    "reject": {"reason": "full"},
    "ask": {"question": "还能答吗？"},
    "seen": {},
}


def plain(page: str) -> str:
    """A page without the secret that it was asked with and the token of its form."""
    page = re.sub(r'name="csrf_token" value="[^"]*"', "", page)
    page = re.sub(r'href="[^"]*\?lang=', 'href="?lang=', page)
    return re.sub(r'action="[^"]*"', "", page)


@pytest.mark.parametrize("abuse", ABUSES, ids=lambda one: one.__name__)
def test_every_abused_link_is_refused_in_the_same_words_and_changes_nothing(asked: Asked, abuse: Any) -> None:
    address = abuse(asked)
    unknown = "/answer/" + "y" * 43
    expected = plain(asked.client.get(unknown).get_data(as_text=True))
    before = _standing(asked)
    answer = asked.client.get(address)
    assert answer.status_code == 410
    assert plain(answer.get_data(as_text=True)) == expected
    check_page(answer, "zh")
    for step, typed in POSTS.items():
        answer = asked.press(address, step, data=typed)
        assert answer.status_code == 410, step
        assert plain(answer.get_data(as_text=True)) == expected, step
    asked.client.post(f"{address}/seen")
    assert _standing(asked) == before
    for told in SECRETS.values():
        assert told not in expected


def _standing(asked: Asked) -> tuple[Any, ...]:
    asked.session.expire_all()
    found = (
        asked.now().status,
        asked.session.scalar(sa.select(sa.func.count(ReferralAnswer.id))),
        asked.session.scalar(sa.select(sa.func.count(ReferralQuestion.id))),
        asked.session.scalars(sa.select(AnswerLink.opened_at).order_by(AnswerLink.id)).all(),
    )
    asked.session.commit()
    return found


def test_every_refused_link_costs_the_same_statements(asked: Asked) -> None:
    """Time would tell what words do not: the work behind each refusal is the same, statement by statement."""
    statements = {}
    for abuse in (never_was, tampered, expired, of_another_address):
        address = abuse(asked)
        asked.client.get(address)
        with asked.app.app_context(), counted() as sent:
            assert asked.client.get(address).status_code == 410
        statements[abuse.__name__] = sent
    assert statements["never_was"]
    for name, sent in statements.items():
        assert sent == statements["never_was"], name


@pytest.mark.parametrize("state", ["asked", "accepted", "ended"])
def test_a_new_link_goes_to_the_address_on_record_and_the_old_one_dies(asked: Asked, state: str) -> None:
    old = asked.address()
    if state != "asked":
        asked.press(old, "accept" if state == "accepted" else "reject", data={"reason": "full"})
    before = asked.session.scalar(sa.select(sa.func.count(Outgoing.id)))
    asked.session.commit()
    answer = asked.press(old, "again")
    unknown = asked.press(f"/answer/{'z' * 43}", "again")
    assert (answer.status_code, answer.location) == (unknown.status_code, unknown.location)
    after = asked.session.scalar(sa.select(sa.func.count(Outgoing.id)))
    asked.session.commit()
    told = asked.session.scalars(sa.select(Outgoing.kind).order_by(Outgoing.id)).all()
    asked.session.commit()
    assert (after or 0) - (before or 0) == (0 if state == "ended" else 1), (told, asked.now().status)
    assert asked.client.get(old).status_code == 410
    if state == "asked":
        assert asked.client.get(asked.address()).status_code == 200
    if state == "accepted":
        assert SECRETS["name"] in asked.client.get(asked.address(LinkPurpose.FOLLOW)).get_data(as_text=True)
    for _ in range(5):
        asked.press(old, "again")
    flooded = asked.session.scalar(sa.select(sa.func.count(Outgoing.id)))
    assert (flooded or 0) - (before or 0) <= 3, "nobody's mailbox is filled"


def test_the_secret_stands_nowhere_in_the_database(asked: Asked) -> None:
    from tests.referral.test_nothing_in_clear import dump

    secret = asked.address().rpartition("/")[2]
    asked.session.commit()
    assert len(secret) == 43, "256 bits"
    url = asked.session.get_bind().engine.url
    assert secret.encode() not in dump(url)
    assert asked.link().fingerprint.encode() in dump(url)


def test_of_two_answers_at_once_one_counts(asked: Asked) -> None:
    """A double click, or two who share the mailbox: the second is refused."""
    address = asked.address()
    first = asked.press(address, "reject", data={"reason": "full"})
    second = asked.press(address, "accept")
    assert (first.status_code, second.status_code) == (302, 410)
    assert asked.now().status is ReferralStatus.REJECTED


def test_the_page_is_light(asked: Asked) -> None:
    client = asked.client
    answer = client.get(asked.address())
    page = answer.get_data(as_text=True)
    total = len(answer.get_data())
    for path in set(re.findall(r'(?:src|href)="(/static/[^"]+)"', page)):
        total += len(client.get(path).get_data())
    assert total < 100_000, total
