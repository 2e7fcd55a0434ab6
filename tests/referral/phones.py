"""A station with a phone: entries sealed as a phone does it, and what the server answers."""

from dataclasses import asdict
from datetime import datetime, timedelta
from typing import Any

from flask import g
from flask.testing import FlaskClient
from sqlalchemy.orm import Session

from models import Account, Person
from referral import clock
from referral.phone import sealing
from tests.queries import sign_in
from tests.referral.test_casework import Desk

__all__ = ["PhoneDesk", "moment"]


def moment(before: timedelta) -> str:
    """A moment of the past, as the form writes it."""
    here: datetime = (clock.now() - before).astimezone(clock.SHANGHAI)
    return f"{here:%Y-%m-%dT%H:%M}"


class PhoneDesk(Desk):
    """The station's worker, with a phone in hand."""

    def __init__(self, session: Session, client: FlaskClient) -> None:
        super().__init__(session, client)
        self.account: Account = self.worker

    def fields(self, person: Person | None = None, **extra: Any) -> dict[str, Any]:
        """What a visit's form holds."""
        whom = person or self.person
        usual: dict[str, Any] = {
            "target": f"people:{whom.id}",
            "seen": f"{whom.name}|{whom.area_code}",
            "contact_result": "met_person",
            "attitude": "welcoming",
            "needs": ["food", "company"],
            "kind": "home_visit",
            "term": str(self.meals.id),
            "started_at": moment(timedelta(minutes=40)),
            "ended_at": moment(timedelta(minutes=10)),
            "units": "1",
            "note": "一起吃了午饭",
            "promise": "下周带药来",
        }
        return usual | extra

    def envelope(
        self, key: str, operation: str = "visit", *, account: str | None = None, **fields: Any
    ) -> dict[str, Any]:
        """An entry as it lies on the phone."""
        content = {
            "fields": {name: value if isinstance(value, list) else [value] for name, value in fields.items()},
            "written_at": clock.now().isoformat(),
        }
        return asdict(sealing.seal(content, key=key, operation=operation, account=account or str(self.account.id)))

    def forget(self) -> None:
        """Forget what a request left behind in the context that all requests of such a test share."""
        vars(g).clear()

    def change_hands(self, account: Account) -> None:
        """Sign out, and another account in."""
        self.client.post("/sign-out")
        self.forget()
        self.account = account
        sign_in(self.client, account.login)
        self.forget()

    def send(self, envelope: dict[str, Any], resolve: str = "") -> tuple[int, dict[str, Any]]:
        """Send it; the status and what was told."""
        answer = self.client.post("/phone/entries", json=envelope | ({"resolve": resolve} if resolve else {}))
        return answer.status_code, answer.get_json()
