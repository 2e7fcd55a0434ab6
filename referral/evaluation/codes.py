"""Which definition each kept figure follows: the codes of `queries.report.flat` beside those of `definitions`."""

GROUPED = {"n": "needs", "needs": "needs", "needs_met": "needs_met"}
BY_TABLE = {
    "month": {},
    "service": {},
    "township": GROUPED,
    "sex": GROUPED,
    "age": GROUPED,
    "needs": {},
    "done": {"not_reached_total": "not_reached"},
    "program": {},
    "fund": {"per_unit": "per_unit"},
    "unknown": {"persons_without_birth_date": "without_birth_date", "needs_without_offer": "never_offered"},
    "unit": {"kept": "completion"},
    "change": dict.fromkeys(("n", "baseline", "follow_up", "change", "low", "high"), "change")
    | {"improved": "improved", "worse": "improved"},
}
WHOLE = {"not_reached": "not_reached", "exit": "exits", "group": "group_change"}
"""Tables of one figure."""
DERIVED = frozenset({"rate_ratio"})
"""Figures that page and workbook reckon from kept ones."""


def definition_of(code: str) -> str:
    """Return the code of the definition that a kept figure follows; KeyError for a table that nobody has entered."""
    table, *rest = code.split(".")
    name = rest[-1]
    if table in WHOLE:
        return WHOLE[table]
    if table in {"share", "mean", "speed", "cost"}:
        return rest[0]
    if table == "referrals":
        return "reasons" if len(rest) > 1 else name
    return BY_TABLE[table].get(name, name)
