"""What stands in the top bar of each role, and where each begins."""

from dataclasses import dataclass
from typing import Any

from flask import Flask, request, url_for
from flask_login import current_user

from models import Account, Role
from referral import clock
from referral.access import Act, current_actor, may
from referral.extensions import db
from referral.i18n import lazy
from referral.queries import glass, messages


@dataclass(frozen=True)
class Item:
    """One entry of the main navigation."""

    label: Any
    endpoint: str
    act: Act
    also: tuple[str, ...] = ()
    """Endpoints that the entry leads on to."""

    @property
    def address(self) -> str:
        """Where it leads."""
        return url_for(self.endpoint)

    @property
    def active(self) -> bool:
        """Whether the page shown is this one."""
        return request.endpoint in (self.endpoint, *self.also)


WEEK = Item(
    lazy("Week"),
    "plans.show_week",
    Act.CARRY_OUT_PLAN,
    also=("plans.list_rounds", "plans.show_round", "plans.show_calendar"),
)
PHONE = Item(lazy("On the phone"), "phone.show_day", Act.LOG_VISIT)
STATION = [
    Item(lazy("Desk"), "casework.show_desk", Act.READ_CASELOAD),
    Item(lazy("People"), "intake.find_person", Act.FIND_PERSON),
    Item(lazy("Caseload"), "casework.list_cases", Act.READ_CASELOAD),
    Item(
        lazy("Visits"),
        "casework.list_visits",
        Act.READ_CASELOAD,
        also=("casework.list_volunteers",),
    ),
    PHONE,
    WEEK,
    Item(lazy("Catalogue"), "coordination.list_services", Act.READ_CATALOGUE),
]
HOURS = Item(
    lazy("Service hours"),
    "casework.show_hours",
    Act.READ_HOURS,
    also=("casework.list_hours", "coordination.list_contracts", "coordination.show_contract"),
)
VOLUNTEERS = Item(lazy("Volunteers"), "casework.list_volunteers", Act.KEEP_VOLUNTEERS)
REPORT = Item(
    lazy("Report"),
    "evaluation.show_report",
    Act.READ_REPORT,
    also=(
        "evaluation.show_study",
        "evaluation.list_snapshots",
        "evaluation.show_snapshot",
        "evaluation.list_months",
        "evaluation.show_month",
    ),
)
FINDINGS = Item(lazy("Findings"), "evaluation.list_findings", Act.ANSWER_FINDING)
NAVIGATION: dict[Role, list[Item]] = {
    Role.VILLAGE_ASSISTANT: [Item(lazy("Report hardship"), "intake.report_hardship", Act.REPORT_HARDSHIP)],
    Role.STATION_WORKER: STATION,
    Role.STATION_SUPERVISOR: [*STATION, HOURS, REPORT, FINDINGS],
    Role.PROVIDER_OFFICER: [
        Item(lazy("Inbox"), "providers.list_inbox", Act.READ_INBOX),
        Item(lazy("Clients"), "providers.list_clients", Act.READ_INBOX),
        PHONE,
        WEEK,
        Item(lazy("Our services"), "providers.show_services", Act.STATE_CAPACITY),
        HOURS,
        VOLUNTEERS,
        FINDINGS,
    ],
    Role.COORDINATOR: [
        Item(lazy("Desk"), "coordination.show_desk", Act.READ_NEEDS_BOARD),
        Item(lazy("Needs"), "coordination.list_needs", Act.READ_NEEDS_BOARD),
        Item(lazy("Rounds"), "coordination.list_rounds", Act.READ_ROUND),
        Item(
            lazy("Planning"),
            "coordination.show_unmet",
            Act.READ_PLANNING,
            also=("coordination.show_places", "coordination.show_network"),
        ),
        Item(lazy("People"), "intake.find_person", Act.FIND_PERSON),
        Item(lazy("Catalogue"), "coordination.list_services", Act.READ_CATALOGUE),
        Item(lazy("Import"), "coordination.list_imports", Act.IMPORT_FILES),
        HOURS,
        REPORT,
    ],
    Role.EVALUATOR: [
        REPORT,
        Item(
            lazy("File samples"),
            "evaluation.list_samples",
            Act.DRAW_SAMPLE,
            also=("evaluation.show_sample", "evaluation.show_file"),
        ),
        Item(lazy("Definitions"), "evaluation.list_definitions", Act.READ_REPORT),
    ],
    Role.AUDITOR: [
        Item(lazy("The log"), "oversight.show_desk", Act.READ_LOG),
        Item(lazy("Log entries"), "oversight.list_entries", Act.READ_LOG),
    ],
    Role.ADMINISTRATOR: [
        Item(lazy("Accounts"), "admin.list_accounts", Act.MANAGE_ACCOUNTS),
        Item(lazy("Calendar"), "admin.show_calendar", Act.MANAGE_LISTS),
        Item(lazy("Code lists"), "admin.show_lists", Act.MANAGE_LISTS),
        Item(lazy("Instruments"), "admin.list_instruments", Act.EDIT_INSTRUMENTS),
        Item(lazy("Parameters"), "coordination.list_parameters", Act.READ_PARAMETERS),
        Item(lazy("Jobs"), "admin.list_jobs", Act.READ_JOBS, also=("admin.list_outgoing", "admin.list_endpoints")),
        Item(lazy("Keeping and removing"), "admin.show_retention", Act.APPLY_RETENTION),
    ],
}
"""The first entry of each role is its desk."""


def navigation() -> list[Item]:
    """Return the entries for whoever is signed in; empty before sign-in."""
    account = current_actor()
    if account is None or current_user.first:
        return []
    return [item for item in NAVIGATION[account.role] if may(account, item.act)]


def desk_of(account: Account) -> str:
    """Return the address of a role's desk."""
    return NAVIGATION[account.role][0].address


def init_app(app: Flask) -> None:
    """Give templates `navigation()`, `actor`, `may(act)`, `unread_messages()` and `glass_open()`."""

    @app.context_processor
    def _words() -> dict[str, Any]:
        account = current_actor()
        return {
            "navigation": navigation,
            "actor": account,
            "may": lambda act: may(account, Act(act)),
            "unread_messages": lambda: messages.unread(db.session, account) if account else 0,
            "glass_open": lambda: glass.live(db.session, account, clock.now()) if account else (),
        }
