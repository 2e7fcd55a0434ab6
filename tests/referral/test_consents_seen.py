"""What a receiver sees: each kind of data against each field, and when nothing is seen, on both databases."""

from collections.abc import Callable
from datetime import timedelta
from decimal import Decimal
from typing import Any

import pytest
from sqlalchemy.orm import Session

from models import (
    Account,
    Consent,
    ConsentWay,
    DataKind,
    EmergencyVerdict,
    Feature,
    FeatureKind,
    LawClass,
    OutcomeReason,
    Person,
    Referral,
    ReferralOutcome,
    Role,
)
from referral import clock
from referral.actions import consents, referrals, sending
from referral.queries import clients, consent_pages, inbox
from referral.queries.sharing import KEPT_AFTER_END
from tests.factories import (
    make_account,
    make_capacity,
    make_case,
    make_consent,
    make_need,
    make_person,
    make_term,
    provider_of,
)

FIELDS = {
    DataKind.IDENTITY: {"person_name", "sex", "age_band", "village"},
    DataKind.CONTACT: {"phone", "address", "contact_note"},
    DataKind.HEALTH: {"features"},
    DataKind.NOTES: {"request_note"},
    DataKind.FINANCE: set(),
}
"""Which fields each kind of data opens. There is no field of finance on a provider's page yet."""
ALL = frozenset().union(*FIELDS.values())
BEFORE = {"sex", "age_band", "village", "features", "request_note"}
"""What may be seen before acceptance."""
SECRETS = {"name": "王秘密", "phone": "13911112222", "address": "桂花巷机密7号", "contact_note": "找邻居张机密"}


class Sent:
    """A referral of somebody whom all fields can be seen of, sent now with consent to everything."""

    def __init__(self, session: Session, *, consent: bool = True) -> None:
        self.session = session
        self.now = clock.now()
        self.term = make_term(session, law_class=LawClass.LIVING)
        self.capacity = make_capacity(session, term=self.term, at=self.now)
        self.provider_id = provider_of(session, self.capacity)
        self.officer: Account = make_account(session, Role.PROVIDER_OFFICER, organization_id=self.provider_id)
        self.worker = make_account(session, Role.STATION_WORKER)
        self.person: Person = make_person(session, at=self.now, **SECRETS)
        session.add(Feature(person_id=self.person.id, kind=FeatureKind.LIVES_ALONE))
        need = make_need(session, case=make_case(session, person=self.person, at=self.now), term=self.term, at=self.now)
        self.consent: Consent | None = None
        if consent:
            self.consent = make_consent(session, self.person.id, self.provider_id, at=self.now)
        self.referral: Referral = sending.request(
            session,
            need,
            self.capacity,
            by=self.worker,
            at=self.now,
            note="周二方便",
            emergency=None if consent else "昏迷",
        )
        session.flush()

    def agrees_only_to(self, *kinds: DataKind) -> None:
        assert self.consent is not None
        for kind in DataKind:
            setattr(self.consent, kind.value, kind in kinds)
        self.session.flush()

    def accept(self) -> None:
        referrals.accept(self.session, self.referral, by=self.officer, at=self.now)

    def complete(self) -> None:
        self.accept()
        outcome = ReferralOutcome.SERVED
        given = {"units_delivered": Decimal(1), "outcome_reason": OutcomeReason.AS_PLANNED}
        referrals.complete(self.session, self.referral, by=self.officer, at=self.now, outcome=outcome, **given)

    def ended(self, ago: timedelta) -> None:
        self.complete()
        self.referral.ended_at = self.now - ago
        self.session.flush()

    def seen(self) -> set[str]:
        """The fields of the extract, the inbox and the list of clients that say something."""
        found = inbox.extract(self.session, self.officer, self.referral.id)
        assert found is not None
        values: dict[str, Any] = {name: getattr(found, name) for name in ALL}
        values["village"] = found.village.name_zh
        fields = {name for name, value in values.items() if value not in (None, ())}
        for box in inbox.BOXES:
            for row in self.session.execute(inbox.lines(self.officer, box)):
                line = inbox.line(row)
                assert bool(line.person_name) == ("person_name" in fields)
                assert bool(line.village.name_zh) == ("village" in fields)
        month = clients.month_of(None, clock.today())
        for row in self.session.execute(clients.clients(self.officer, month)):
            client = clients.client(row, month)
            assert bool(client.person_name) == ("person_name" in fields)
            assert bool(client.village.name_zh) == ("village" in fields)
        assert inbox.known_name(self.session, self.officer, self.referral.id) == found.person_name
        return fields


@pytest.fixture
def sent(session_on_both: Session) -> Sent:
    return Sent(session_on_both)


@pytest.mark.parametrize("kind", list(DataKind))
def test_each_kind_opens_its_fields_and_no_other(sent: Sent, kind: DataKind) -> None:
    sent.agrees_only_to(kind)
    assert sent.seen() == FIELDS[kind] & BEFORE
    sent.accept()
    assert sent.seen() == FIELDS[kind]
    sent.agrees_only_to(*(other for other in DataKind if other is not kind))
    assert sent.seen() == ALL - FIELDS[kind]


def test_the_table_speaks_of_every_kind_and_opens_something() -> None:
    assert set(FIELDS) == set(DataKind)
    assert len(ALL) == 9


def test_how_to_reach_the_person_ends_with_the_help_and_the_rest_after_the_set_time(sent: Sent) -> None:
    sent.ended(timedelta(0))
    assert sent.seen() == ALL - FIELDS[DataKind.CONTACT]
    sent.referral.ended_at = sent.now - KEPT_AFTER_END + timedelta(minutes=1)
    sent.session.flush()
    assert sent.seen() == ALL - FIELDS[DataKind.CONTACT]
    sent.referral.ended_at = sent.now - KEPT_AFTER_END
    sent.session.flush()
    assert sent.seen() == set()


def expire(sent: Sent) -> None:
    assert sent.consent is not None
    sent.consent.given_at, sent.consent.expires_at = sent.now - timedelta(days=2), sent.now
    sent.session.flush()


def withdraw(sent: Sent) -> None:
    assert sent.consent is not None
    consents.withdraw(sent.session, sent.consent, by=sent.worker, at=sent.now, way=ConsentWay.SPOKEN)


@pytest.mark.parametrize("end", [expire, withdraw])
@pytest.mark.parametrize("steps", ["asked", "accepted", "started", "completed"])
def test_after_the_consent_nothing_is_seen(sent: Sent, end: Callable[[Sent], None], steps: str) -> None:
    if steps == "completed":
        sent.complete()
    elif steps != "asked":
        sent.accept()
    if steps == "started":
        referrals.start(sent.session, sent.referral, by=sent.officer, at=sent.now)
    assert sent.seen() != set()
    end(sent)
    assert sent.seen() == set()
    found = inbox.extract(sent.session, sent.officer, sent.referral.id)
    assert found is not None
    assert (found.wanted_times, found.worker_sex, found.language) == (None, None, None)
    assert (found.shared, bool(found.withdrawn_at)) == (False, end is withdraw)


def test_a_mistaken_referral_shows_nothing(sent: Sent) -> None:
    sent.accept()
    referrals.enter_in_error(sent.session, sent.referral, by=sent.worker, at=sent.now, note="错人")
    assert sent.seen() == set()


def test_an_emergency_opens_all_but_finance_until_somebody_says_no(session_on_both: Session) -> None:
    sent = Sent(session_on_both, consent=False)
    assert sent.seen() == BEFORE
    sent.accept()
    assert sent.seen() == ALL
    found = inbox.extract(sent.session, sent.officer, sent.referral.id)
    assert found is not None
    assert found.emergency
    assert found.agreed == set(DataKind) - {DataKind.FINANCE}
    review = consent_pages.emergency_of(sent.session, sent.referral)
    assert review is not None
    by = make_account(session_on_both, Role.STATION_SUPERVISOR)
    consents.review_emergency(
        session_on_both, review, by=by, at=sent.now, verdict=EmergencyVerdict.NOT_UPHELD, note="只是感冒"
    )
    assert sent.seen() == set()


def test_who_withdraws_also_ends_what_an_emergency_opened(session_on_both: Session) -> None:
    sent = Sent(session_on_both, consent=False)
    sent.accept()
    sent.consent = make_consent(session_on_both, sent.person.id, sent.provider_id, at=sent.now)
    withdraw(sent)
    assert sent.seen() == set()


def test_another_receiver_learns_nothing_from_this_consent(sent: Sent) -> None:
    assert sent.consent is not None
    other = make_account(sent.session, Role.PROVIDER_OFFICER)
    assert inbox.extract(sent.session, other, sent.referral.id) is None
    sent.consent.organization_id = other.organization_id  # type: ignore[assignment]
    sent.session.flush()
    assert sent.seen() == set()


def test_the_names_of_the_table_are_fields_of_the_extract() -> None:
    fields = set(inbox.ReferralExtract.__dataclass_fields__)
    assert fields >= ALL
