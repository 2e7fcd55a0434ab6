"""No rule is passed by writing around the session's checks."""

import re

from tests.architecture.test_layout import HERE

AROUND = re.compile(r"\.bulk_(save_objects|insert_mappings|update_mappings)\(")
"""Old calls of the session that no flush check sees."""


def test_nothing_is_written_around_the_checks_of_the_session() -> None:
    """`bulk_…` of a session passes the checks of parents and the log; `session.execute(insert(…))` does not."""
    found = [str(path) for path in (HERE / "referral").rglob("*.py") if AROUND.search(path.read_text("utf-8"))]
    assert found == []
