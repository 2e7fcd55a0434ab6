"""A recurrence in words, and from the boxes of a form."""

from models import FreeDays, PlanKind, ServicePlan
from referral.i18n import _, lazy
from referral.recurring import WEEKDAYS, RuleNotUnderstood, parts_of

DAYS = {
    "MO": lazy("Monday"),
    "TU": lazy("Tuesday"),
    "WE": lazy("Wednesday"),
    "TH": lazy("Thursday"),
    "FR": lazy("Friday"),
    "SA": lazy("Saturday"),
    "SU": lazy("Sunday"),
}
SIMPLE = {"FREQ", "INTERVAL", "BYDAY", "BYMONTHDAY", "WKST"}


def in_words(plan: ServicePlan) -> str:
    """Return how often a plan's help comes, in the reader's language."""
    if plan.kind is PlanKind.ON_CALL or plan.rule is None:
        return _("when the person calls")
    return rule_in_words(plan.rule, plan.free_days)


def rule_in_words(rule: str, free_days: FreeDays) -> str:
    """Return a rule in words where it is one of the usual ones, else as it is written."""
    parts = parts_of(rule)
    every = int(parts.get("INTERVAL", "1"))
    days = parts.get("BYDAY", "").split(",") if "BYDAY" in parts else []
    if parts.keys() - SIMPLE or any(day not in WEEKDAYS for day in days):
        return rule
    named = _(", ").join(str(DAYS[day]) for day in WEEKDAYS if day in days)
    words: dict[str, object] = {"every": every, "days": named}
    if parts["FREQ"] == "WEEKLY" and days:
        return (
            _("every week on %(days)s", days=named) if every == 1 else _("every %(every)s weeks on %(days)s", **words)
        )
    if parts["FREQ"] == "DAILY" and not days and "BYMONTHDAY" not in parts:
        usual = _("every working day") if free_days is FreeDays.SKIP else _("every day")
        return usual if every == 1 else _("every %(every)s days", every=every)
    dates = parts.get("BYMONTHDAY", "-")
    if parts["FREQ"] == "MONTHLY" and not days and "-" not in dates:
        words["days"] = dates.replace(",", str(_(", ")))
        one = every == 1
        return (
            _("every month on day %(days)s", days=words["days"])
            if one
            else _("every %(every)s months on day %(days)s", **words)
        )
    return rule


def rule_of(rhythm: str, *, days: list[str], every: int, month_day: int | None, own: str | None) -> str | None:
    """Return the rule that the boxes of a form say; raise RuleNotUnderstood where they say none."""
    step = f";INTERVAL={every}" if every > 1 else ""
    if rhythm == "weekly" and days:
        return f"FREQ=WEEKLY{step};BYDAY={','.join(day for day in WEEKDAYS if day in days)}"
    if rhythm == "daily":
        return f"FREQ=DAILY{step}"
    if rhythm == "monthly" and month_day:
        return f"FREQ=MONTHLY{step};BYMONTHDAY={month_day}"
    if rhythm == "own" and own:
        return own
    raise RuleNotUnderstood


def boxes_of(plan: ServicePlan) -> dict[str, object]:
    """Return what the boxes of the form show for a plan."""
    if plan.rule is None:
        return {"rhythm": "weekly", "every": 1}
    parts = parts_of(plan.rule)
    every = int(parts.get("INTERVAL", "1"))
    days = parts.get("BYDAY", "").split(",") if "BYDAY" in parts else []
    common: dict[str, object] = {"every": every, "own": plan.rule}
    if not parts.keys() - SIMPLE and all(day in WEEKDAYS for day in days):
        if parts["FREQ"] == "WEEKLY" and days:
            return common | {"rhythm": "weekly", "days": days}
        if parts["FREQ"] == "DAILY" and not days and "BYMONTHDAY" not in parts:
            return common | {"rhythm": "daily"}
        month_day = parts.get("BYMONTHDAY", "")
        if parts["FREQ"] == "MONTHLY" and month_day.isdigit() and not days:
            return common | {"rhythm": "monthly", "month_day": int(month_day)}
    return common | {"rhythm": "own"}
