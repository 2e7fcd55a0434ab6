"""The charts of the report."""

from referral.charts import Chart, bars, columns
from referral.i18n import _, in_language
from referral.queries.report.figures import Report
from referral.withheld import Withheld
from referral.words import word

MOST_BARS = 10


def months(report: Report) -> Chart:
    """Return person-times and persons of each month."""
    told = [line for line in report.done.months if not isinstance(line[1], Withheld)]
    labels = [f"{day:%y-%m}" for day, _times, _persons in told]
    series = [
        (_("Person-times"), [times for _day, times, _persons in told]),
        (_("Persons"), [persons for _day, _times, persons in told]),
    ]
    return columns(_("Month by month"), _("Month"), labels, series)


def services(report: Report) -> Chart:
    """Return person-times of the ten services and kinds of aid given most; the table has them all."""
    told = [line for line in report.done.services if not isinstance(line.person_times, Withheld)]
    rows = [(in_language(line.term), line.person_times) for line in told[:MOST_BARS]]
    return bars(_("Person-times by service"), (_("Service"), _("Person-times")), rows)


def funnel(report: Report) -> Chart:
    """Return how many referrals got how far."""
    one = report.funnel
    rows = [
        (_("Put to providers"), one.requested),
        (_("Accepted"), one.accepted),
        (_("Completed"), one.completed),
        (_("Served"), one.served),
    ]
    told = [(label, count) for label, count in rows if not isinstance(count, Withheld)]
    return bars(_("From asking to help"), (_("Stage"), _("Referrals")), told)


def reasons(report: Report) -> Chart:
    """Return why referrals were rejected, cancelled or broke off."""
    totals: dict[str, int] = {}
    for _state, reason, count in report.funnel.reasons:
        if isinstance(count, Withheld):
            continue
        totals[word(reason)] = totals.get(word(reason), 0) + count
    rows = sorted(totals.items(), key=lambda row: (-row[1], row[0]))
    return bars(_("Why not"), (_("Reason"), _("Referrals")), rows)


def townships(report: Report) -> Chart:
    """Return person-times by township."""
    rows = [
        (in_language(group.label), group.person_times)
        for group in report.townships
        if not isinstance(group.person_times, Withheld)
    ]
    return bars(_("Person-times by township"), (_("Township"), _("Person-times")), rows)


DRAWINGS = {
    "months": months,
    "services": services,
    "funnel": funnel,
    "reasons": reasons,
    "townships": townships,
}
"""Charts by the name they have in addresses."""
