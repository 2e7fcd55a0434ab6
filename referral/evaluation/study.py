"""Did it help? Before and after, beside people who still waited, dose, cohorts, equity and cost per outcome."""

import numpy as np
from flask import render_template

from models import Measure
from models.field_groups import FieldGroup
from referral.access import Act, actor, allow, sees
from referral.charts import Chart, bars
from referral.evaluation import blueprint
from referral.evaluation.reading import filtered, sample_name, told
from referral.evaluation.rows import group_label, tables_of_equity
from referral.evaluation.statistics import (
    Matched,
    bootstrap_interval,
    compare,
    dose_bands,
    rank_correlation,
)
from referral.extensions import db
from referral.i18n import _, lazy
from referral.queries.report.study import EXACT, KNOWN, study
from referral.withheld import FEWEST

NAMES = {
    "age": lazy("Age"),
    "urgency": lazy("Urgency"),
    "needs": lazy("Number of needs"),
    "baseline": lazy("Score before"),
    "woman": lazy("Women"),
    "urban": lazy("Lives in town"),
}
REFUSALS = {
    "few": lazy("Fewer than ten people on one side have a score before and after: nothing can be compared."),
    "overlap": lazy("For too many people served nobody alike still waits: the two groups do not overlap enough."),
    "balance": lazy("Even the pairs still differ too much in what was known before: no effect is told."),
}


def balance_chart(found: Matched) -> Chart:
    """Return how far the groups lie apart in what was known before, all against all."""
    rows = [
        (str(NAMES[name]), round(abs(value), 2))
        for name, value in zip((*KNOWN, *EXACT), found.before, strict=True)
        if np.isfinite(value)
    ]
    return bars(_("Difference before matching"), (_("Known before"), _("Standardized mean difference")), rows)


@blueprint.get("/report/study")
@allow(Act.READ_REPORT)
def show_study() -> str | tuple[str, int]:
    """Did it help, and would it have happened anyway?"""
    form, frame = filtered()
    report = told(frame) if frame else None
    if frame is None or report is None:
        return render_template("evaluation/show_study.html", form=form, found=None), 422 if frame is None else 200
    measure = Measure.WHO5
    found = study(db.session, frame, measure)
    known, exact, served, change = found.arrays()
    matched = compare(known, exact, served, change)
    dose = np.array([one.person_times for one in found.subjects if one.served], dtype=float)
    named = sees(actor().role, FieldGroup.IDENTITY)
    cohorts = [one for one in found.cohorts if named or one.n >= FEWEST * 2]
    return render_template(
        "evaluation/show_study.html",
        form=form,
        found=found,
        matched=matched,
        names=[NAMES[name] for name in (*KNOWN, *EXACT)],
        refusals=REFUSALS,
        chart=balance_chart(matched) if matched.before else None,
        bands=dose_bands(dose, change[served]),
        rho=rank_correlation(dose, change[served]),
        boot=bootstrap_interval(change[served]),
        cohorts=cohorts,
        follows=lambda count, n: count / n if named or (FEWEST <= count <= n - FEWEST) or count in {0, n} else None,
        equity=tables_of_equity(report),
        group_label=group_label,
        measure=measure,
        named=named,
        sample=sample_name(),
    )
