"""Who may do what: the two tables, tried whole against lines written by hand."""

import itertools

import pytest
import sqlalchemy as sa
from flask import Flask
from sqlalchemy.orm import Session

from models import Account, Case, Need, Person, Referral, Role, Round, Visit
from referral import access
from referral.access import SCOPES, WAYS, Act, may, scope
from tests.factories import (
    AT,
    OTHER_COUNTY,
    OTHER_VILLAGE,
    make_account,
    make_area,
    make_capacity,
    make_case,
    make_need,
    make_person,
    make_station,
    refer,
)

ASSISTANT, WORKER, SUPERVISOR, OFFICER, COORDINATOR, EVALUATOR, ADMINISTRATOR, AUDITOR = Role

EXPECTED = """
sign_in village_assistant station_worker station_supervisor provider_officer coordinator evaluator administrator auditor
use_own_account village_assistant station_worker station_supervisor provider_officer coordinator evaluator administrator auditor
read_messages village_assistant station_worker station_supervisor provider_officer coordinator evaluator administrator auditor
report_hardship        village_assistant
find_person            station_worker station_supervisor coordinator
take_in                station_worker station_supervisor coordinator
read_person            station_worker station_supervisor coordinator
edit_person            station_worker station_supervisor coordinator
reveal                 station_worker station_supervisor coordinator
assess                 station_worker station_supervisor coordinator
record_need            station_worker station_supervisor coordinator
read_need              station_worker station_supervisor coordinator
close_need             station_worker station_supervisor coordinator
refer_need             station_worker station_supervisor coordinator
cancel_referral        station_worker station_supervisor coordinator
conclude_case          station_worker station_supervisor coordinator
file_lead              station_worker station_supervisor provider_officer
log_visit              station_worker station_supervisor provider_officer
read_plan              station_worker station_supervisor coordinator provider_officer
carry_out_plan         station_worker station_supervisor provider_officer
read_calendar_feed     village_assistant station_worker station_supervisor provider_officer coordinator evaluator administrator auditor
read_hours             station_supervisor coordinator provider_officer
decide_hours           station_supervisor coordinator
read_limits            station_supervisor coordinator administrator
set_limits             coordinator administrator
read_contracts         station_supervisor coordinator provider_officer
keep_contracts         coordinator
keep_volunteers        station_worker station_supervisor provider_officer
read_caseload          station_worker station_supervisor
read_referral          station_worker station_supervisor coordinator provider_officer
read_inbox             provider_officer
answer_referral        provider_officer
answer_by_link         village_assistant station_worker station_supervisor provider_officer coordinator evaluator administrator auditor
answer_for_provider    station_worker station_supervisor coordinator
manage_outbox          administrator
set_silence            coordinator
carry_out_referral     provider_officer
state_capacity         provider_officer
read_needs_board       coordinator
read_round             coordinator
run_round              coordinator
read_learned           coordinator administrator
decide_proposal        coordinator
apply_round            coordinator
read_planning          coordinator
run_planning           coordinator
read_scenario          coordinator
run_scenario           coordinator
read_parameters        coordinator administrator
edit_parameters        coordinator
read_catalogue         station_worker station_supervisor coordinator provider_officer
edit_catalogue         coordinator
import_files           coordinator
read_report            station_supervisor coordinator evaluator
freeze_report          coordinator evaluator
read_months            station_supervisor coordinator
file_month             station_supervisor
receive_month          coordinator
draw_sample            evaluator
answer_finding         provider_officer station_supervisor
manage_accounts        administrator
manage_lists           administrator
read_jobs              administrator
open_glass             station_worker station_supervisor coordinator
review_glass           station_supervisor coordinator
handle_rights          station_worker station_supervisor coordinator
take_measure           station_worker station_supervisor coordinator
set_goal               station_worker station_supervisor coordinator
handle_flag            station_worker station_supervisor coordinator
confirm_help           station_worker station_supervisor coordinator
settle_contradiction   station_supervisor coordinator
edit_instruments       administrator
say_how_it_went village_assistant station_worker station_supervisor provider_officer coordinator evaluator administrator auditor
install_phone village_assistant station_worker station_supervisor provider_officer coordinator evaluator administrator auditor
halt_or_erase          station_supervisor coordinator
apply_retention        coordinator administrator
read_log               auditor
read_looks             station_worker station_supervisor coordinator
record_consent         station_worker station_supervisor coordinator
withdraw_consent       station_worker station_supervisor coordinator
review_emergency       station_supervisor coordinator
"""  # noqa: E501  one line for each act
"""Written by hand from the field's roles; a new act without a line here fails."""


def table() -> dict[str, set[str]]:
    return {line.split()[0]: set(line.split()[1:]) for line in EXPECTED.strip().splitlines()}


def test_every_act_has_a_line_in_both_tables() -> None:
    assert set(table()) == {act.value for act in Act} == {act.value for act in WAYS}


@pytest.mark.parametrize(("act", "role"), list(itertools.product(Act, Role)))
def test_a_role_may_do_what_its_line_says_and_nothing_else(act: Act, role: Role) -> None:
    assert may(Account(role=role), act) == (role.value in table()[act.value])


@pytest.mark.parametrize("act", list(Act))
def test_who_has_not_signed_in_may_only_sign_in_or_use_a_secret_of_their_own(act: Act) -> None:
    without = {Act.SIGN_IN, Act.INSTALL_PHONE, Act.ANSWER_BY_LINK, Act.SAY_HOW_IT_WENT, Act.READ_CALENDAR_FEED}
    assert may(None, act) == (act in without)


def test_every_route_is_guarded(app: Flask) -> None:
    with app.app_context():
        assert access.unguarded() == []
        guarded = [view for name, view in app.view_functions.items() if not name.endswith("static")]
    assert len(guarded) >= 6
    assert all(view.act in WAYS for view in guarded)  # type: ignore[attr-defined]


class District:
    """Two stations in one county and a person in another county, each with a need put to one provider."""

    def __init__(self, session: Session) -> None:
        self.session = session
        self.own = make_station(session)
        self.other = make_station(session)
        self.capacity = make_capacity(session, places=5)
        self.provider = self._provider()
        make_area(session, OTHER_VILLAGE)
        for station, village in [(self.own, None), (self.other, None), (self.other, OTHER_VILLAGE)]:
            extra = {"area_code": village} if village else {}
            person = make_person(session, station_id=station.id, **extra)
            need = make_need(session, case=make_case(session, person=person))
            refer(session, need, self.capacity, by=None, at=AT)
        session.flush()

    def _provider(self) -> object:
        from models import Service, ServiceAtLocation

        statement = sa.select(Service.organization_id).join(ServiceAtLocation)
        return self.session.scalars(statement.where(ServiceAtLocation.id == self.capacity.service_at_location_id)).one()

    def seen(self, role: Role, record: type, **extra: object) -> int:
        actor = make_account(self.session, role, **extra)
        statement = sa.select(sa.func.count()).select_from(record).where(scope(actor, record))
        return self.session.scalar(statement) or 0


@pytest.fixture
def district(session_on_both: Session) -> District:
    return District(session_on_both)


@pytest.mark.parametrize("record", [Person, Case, Need, Referral])
def test_a_station_sees_its_own_people_only(district: District, record: type) -> None:
    assert district.seen(Role.STATION_WORKER, record, organization_id=district.own.id) == 1
    assert district.seen(Role.STATION_SUPERVISOR, record, organization_id=district.other.id) == 2
    assert district.seen(Role.STATION_WORKER, record) == 0


@pytest.mark.parametrize("record", [Person, Case, Need, Referral])
def test_a_coordinator_sees_the_area_and_not_beyond(district: District, record: type) -> None:
    assert district.seen(Role.COORDINATOR, record) == 2
    assert district.seen(Role.COORDINATOR, record, area_code=make_area(district.session, OTHER_COUNTY).code) == 1


def test_a_provider_sees_referrals_put_to_it_and_whom_they_are_about_and_no_case(district: District) -> None:
    for record in (Referral, Person, Need):
        assert district.seen(Role.PROVIDER_OFFICER, record, organization_id=district.provider) == 3
        assert district.seen(Role.PROVIDER_OFFICER, record) == 0
    assert district.seen(Role.PROVIDER_OFFICER, Case, organization_id=district.provider) == 0


@pytest.mark.parametrize("record", [Person, Case, Need, Referral, Visit, Round])
def test_the_administrator_sees_no_case_content(district: District, record: type) -> None:
    assert district.seen(Role.ADMINISTRATOR, record) == 0


@pytest.mark.parametrize("role", list(Role))
def test_nobody_sees_a_record_without_a_line(district: District, role: Role) -> None:
    for record, lines in SCOPES.items():
        if role not in lines:
            assert district.seen(role, record) == 0
