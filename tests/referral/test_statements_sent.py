"""How many statements pages of hours, contracts, samples, months and frozen reports may send on a district."""

import re

from flask import Flask

from referral.actions.seeding.accounts import PASSWORD
from tests.queries import counted, sign_in

MOST = {
    "evaluator": {
        "/samples": 4,
        r"/samples/[0-9a-f-]{36}": 6,
        r"/samples/files/[0-9a-f-]{36}": 8,
        "/report/snapshots": 6,
        r"/report/snapshots/[0-9a-f-]{36}": 6,
    },
    "charity": {
        "/findings": 5,
        r"/findings/[0-9a-f-]{36}/answer": 4,
        "/volunteers": 3,
        r"/volunteers/[0-9a-f-]{36}": 5,
        r"/statements/[0-9a-f-]{36}": 5,
    },
    "supervisor": {"/months": 3, "/months/draft": 7, "/hours": 9, "/findings": 4},
    "coordinator": {
        "/report/snapshots": 6,
        "/contracts": 4,
        r"/contracts/[0-9a-f-]{36}": 5,
        r"/settlements/[0-9a-f-]{36}": 5,
        "/hours": 9,
    },
}
"""By account: address, or what an address looks like that the page before links to, and how many it may send."""


def test_no_page_asks_the_database_more_often_than_it_must(demo_app: Flask) -> None:
    for login, pages in MOST.items():
        client, shown = sign_in(demo_app.test_client(), login, PASSWORD), ""
        for wanted, most in pages.items():
            linked = re.search(wanted, shown) if "[" in wanted else None
            assert linked or "[" not in wanted, f"{login}: no link to {wanted}"
            address = linked[0] if linked else wanted
            client.get(address)
            with demo_app.app_context(), counted() as sent:
                answer = client.get(address)
            assert answer.status_code == 200, f"{login} {address}"
            assert len(sent) <= most, "\n".join([f"{login} {address}: {len(sent)}", *sent])
            shown = answer.text
