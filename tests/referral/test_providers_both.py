"""The questions behind the provider's, the catalogue's and the administrator's pages, asked of both databases."""

import pytest
import sqlalchemy as sa
from sqlalchemy.orm import Session

from models import Account, CapacityKind, Role, Service, ServiceAtLocation
from referral import clock
from referral.actions import referrals
from referral.queries import (
    admin,
    catalogue,
    catalogue_entry,
    clients,
    inbox,
    job_runs,
    provider_services,
    referral_steps,
)
from tests.factories import COUNTY, TOWNSHIP, make_account, make_area, make_capacity, make_need, make_term, refer


@pytest.fixture
def officer(session_on_both: Session) -> Account:
    """An officer of a provider with one accepted referral."""
    session, now = session_on_both, clock.now()
    capacity = make_capacity(session, term=make_term(session), places=3, at=now, kind=CapacityKind.QUOTA)
    entry = session.get_one(ServiceAtLocation, capacity.service_at_location_id)
    organization_id = session.get_one(Service, entry.service_id).organization_id
    account = make_account(session, Role.PROVIDER_OFFICER, organization_id=organization_id)
    referral = refer(session, make_need(session, at=now), capacity, by=None, at=now)
    referrals.accept(session, referral, by=account, at=now)
    session.commit()
    return account


def test_the_inbox_and_the_extract_answer(session_on_both: Session, officer: Account) -> None:
    session = session_on_both
    assert inbox.counts(session, officer) == {"waiting": 0, "going": 1, "ended": 0}
    (row,) = session.execute(inbox.lines(officer, "going")).all()
    extract = inbox.extract(session, officer, inbox.line(row).key)
    assert extract is not None
    assert extract.taken_on
    assert [event.status.value for event in referral_steps.events(session, officer, extract.key)] == [
        "requested", "accepted",
    ]  # fmt: skip
    assert referral_steps.visits(session, extract.key) == []
    assert referral_steps.delivered(session, extract.key) == 0


def test_clients_contracts_and_offers_answer(session_on_both: Session, officer: Account) -> None:
    session, today = session_on_both, clock.today()
    month = clients.month_of(None, today)
    (row,) = session.execute(clients.clients(officer, month)).all()
    assert clients.client(row, month).delivered == 0
    (quota,) = clients.quotas(session, officer, today)
    assert (quota.used, quota.left) == (1, 2)
    (offer,) = provider_services.offers(session, officer, today)
    assert offer.now is not None
    assert offer.now.left == 2


def test_every_filter_of_the_catalogue_answers(session_on_both: Session, officer: Account) -> None:
    session, today = session_on_both, clock.today()
    make_area(session, TOWNSHIP)
    coordinator = make_account(session)
    for doubt in (None, *catalogue.Doubt):
        filters = catalogue.Filters(words="机构 服务", free=True, doubt=doubt, township=TOWNSHIP if doubt else None)
        found = session.execute(catalogue.services(coordinator, filters, today)).all()
        assert len(found) == (0 if doubt else 1)
    (row,) = session.execute(catalogue.services(officer, catalogue.Filters(), today)).all()
    assert catalogue.places_of(session, [row.id], today)[row.id].left == 2
    assert catalogue.checks_ending(session, [row.organization_id], today) == {}
    service = catalogue_entry.find_service(session, officer, row.id)
    organization = catalogue_entry.find_organization(session, officer, row.organization_id)
    assert service is not None
    assert organization is not None
    assert len(catalogue_entry.periods_of(session, service, today)) == 1
    assert [one.id for one in catalogue_entry.services_of(session, organization)] == [service.id]


def test_the_administrators_questions_answer(session_on_both: Session, officer: Account) -> None:
    session = session_on_both
    root = make_account(session, Role.ADMINISTRATOR)
    found = session.scalars(admin.accounts(root, words="用户", role=Role.PROVIDER_OFFICER, active=True)).all()
    assert [account.id for account in found] == [officer.id]
    make_area(session, TOWNSHIP)
    assert {area.code for area in admin.areas_in_use(session)} >= {COUNTY, TOWNSHIP}
    assert admin.years(session, clock.today()) == [clock.today().year, clock.today().year + 1]
    health = job_runs.health(session)
    assert health.up_to_date
    assert (health.size or 0) > 0
    assert session.scalar(sa.select(sa.func.count(Account.id))) == 2
