"""The network: who carries whom, what hangs on one organization, where help is out of reach, where places run out."""

from flask import Response, abort, render_template

from models import StudyStatus
from referral.access import Act, actor, allow
from referral.charts import Chart
from referral.coordination import blueprint, network_words, planning_words
from referral.extensions import db
from referral.queries import needs_board, planning

LINES = network_words.LINES_SHOWN


@blueprint.get("/coordination/planning/network")
@allow(Act.READ_PLANNING)
def show_network() -> str:
    """Show the network of the last study."""
    study = planning.latest_study(db.session, actor())
    at_work = planning.study_under_way(db.session, actor())
    failed = at_work is not None and at_work.status is StudyStatus.FAILED
    if study is None:
        return render_template("coordination/show_network.html", study=None, at_work=at_work, failed=failed)
    names = planning.names(db.session, study, needs_board.townships(db.session, actor()))
    lost = network_words.closings(study, names)
    network = study.result["network"]
    return render_template(
        "coordination/show_network.html",
        study=study,
        at_work=at_work,
        failed=failed,
        names=names,
        network=network,
        closings=lost,
        shown=LINES,
        drawn=network_words.drawing(study, names, lost),
        by_term=network_words.holds(study, names, 1),
        by_town=network_words.holds(study, names, 2),
        hubs={names.organizations[key] for key in network["hubs"] if key in names.organizations},
        deserts=network_words.deserts(study, names),
        cut_words=network_words.cut_words,
        people_words=planning_words.people_words,
    )


@blueprint.get("/coordination/planning/chart/<name>.svg")
@allow(Act.READ_PLANNING)
def download_planning_chart(name: str) -> Response:
    """Give one chart of the last study as a drawing of its own."""
    study = planning.latest_study(db.session, actor())
    if study is None or name not in {"curves", "network", "deserts"}:
        abort(404)
    names = planning.names(db.session, study, needs_board.townships(db.session, actor()))
    drawn: Chart
    if name == "curves":
        drawn = planning_words.curves(study, names, planning_words.purchase(study, names))
    elif name == "network":
        drawn = network_words.drawing(study, names, network_words.closings(study, names))
    else:
        drawn = network_words.deserts(study, names)
    headers = {"Content-Disposition": f"attachment; filename={name}.svg"}
    return Response(drawn.svg, mimetype="image/svg+xml", headers=headers)
