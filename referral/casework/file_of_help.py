"""What the person's file holds of measures, goals, plans and the person's own word, in words.

No section names anybody but the person, staff, and organizations. What was written once for a whole group stays out:
it may speak of the others who came.
"""

from collections.abc import Iterator
from typing import Any

from models import Sheet as Filled
from models import VisitKind
from models.goal import LEVELS
from referral.exports import Column, Sheet
from referral.i18n import _, in_language
from referral.measure_words import said
from referral.plans.rhythm import in_words
from referral.queries.person_file import PersonFile
from referral.words import word

Row = tuple[Any, ...]


def sections(file: PersonFile) -> list[Sheet]:
    """Return the sections on what was measured, promised, and said by the person; empty ones too."""
    return [
        _sheets(file),
        _red_flags(file),
        _goals(file),
        _plans(file),
        _planned(file),
        _details(file),
        _own_words(file),
        _revisits(file),
    ]


def _sheets(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("Day"), "day"), _("Measure"), _("Occasion"), Column(_("Score"), "number"), _("What"), _("Answer"),
        Column(_("In words"), width=50),
    ]  # fmt: skip
    rows: list[Row] = []
    for sheet in file.sheets:
        start = (sheet.taken_on, in_language(sheet.version), word(sheet.occasion))
        replaced = _("replaced by a later entry") if sheet.replaced else None
        rows.append((*start, sheet.score, _("Result"), _band(sheet), joined(replaced, sheet.note)))
        rows += [(*start, None, item, answer, None) for item, answer in _answers(sheet)]
    return Sheet(_("What was asked and answered"), columns, rows)


def _band(sheet: Filled) -> str | None:
    bands = sheet.version.definition.get("bands", [])
    return next((said(band) for band in bands if band["code"] == sheet.band), None)


def _answers(sheet: Filled) -> Iterator[tuple[str, str]]:
    """Each item with the words of its answer, then what was known beside the items."""
    definition = sheet.version.definition
    for item in definition.get("items", []):
        chosen = (c for c in definition["choices"][item["choices"]] if c["value"] == sheet.answers.get(item["code"]))
        yield said(item), next((said(choice) for choice in chosen), _("not answered"))
    for fact in definition.get("facts") or []:
        if sheet.answers.get(fact["code"]):
            yield said(fact), _("yes")


def _red_flags(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("When"), "moment"), _("Measure"), _("What was done"), Column(_("Answered"), "moment"), _("By whom"),
        Column(_("In words"), width=50),
    ]  # fmt: skip
    rows = [
        (
            flag.raised_at, in_language(flag.sheet.version), word(flag.handling) if flag.handling else None,
            flag.handled_at, flag.handled_by.name if flag.handled_by else None, flag.done,
        )
        for flag in file.red_flags
    ]  # fmt: skip
    return Sheet(_("Answers that could not wait"), columns, rows)


def _goals(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("Day"), "day"), _("Goal"), _("State"), Column(_("Level"), "number"), Column(_("In words"), width=60),
    ]  # fmt: skip
    rows: list[Row] = []
    for goal in file.goals:
        steps = [f"{level:+d} {goal.levels[str(level)]}" for level in LEVELS if goal.levels.get(str(level))]
        rows.append((goal.set_on, goal.title, word(goal.status), goal.baseline_level, "; ".join(steps)))
        rated = sorted(goal.ratings, key=lambda one: one.rated_on)
        rows += [(one.rated_on, goal.title, None, one.level, one.note) for one in rated]
        if goal.ended_on:
            rows.append((goal.ended_on, goal.title, word(goal.status), None, goal.end_reason))
    return Sheet(_("Goals"), columns, rows)


def _plans(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        _("Kind of help"), _("Organization"), Column(_("How often"), width=40), Column(_("From"), "day"),
        Column(_("Until"), "day"), Column(_("Units"), "number"), _("Unit"), _("State"), _("Why"),
        Column(_("In words"), width=50),
    ]  # fmt: skip
    rows = [
        (
            in_language(plan.term), in_language(plan.organization), in_words(plan), plan.starts_on, plan.ends_on,
            plan.units, plan.unit, word(plan.status), word(plan.reason) if plan.reason else None, plan.note,
        )
        for plan in file.plans
    ]  # fmt: skip
    return Sheet(_("Service plans"), columns, rows)


def _planned(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("Day"), "day"), _("Kind of help"), _("State"), Column(_("Units"), "number"), _("Unit"), _("Why"),
        Column(_("In words"), width=50),
    ]  # fmt: skip
    terms = {plan.id: in_language(plan.term) for plan in file.plans}
    rows = [
        (
            one.due_on, terms.get(one.plan_id), word(one.status), one.units, one.unit,
            word(one.reason) if one.reason else None, one.reason_text,
        )
        for one in file.planned
    ]  # fmt: skip
    return Sheet(_("Planned visits"), columns, rows)


def _details(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("When"), "moment"), _("How the visit was taken"), Column(_("Needs seen"), width=40),
        Column(_("Promised"), width=40), Column(_("Arrived"), "moment"), Column(_("Left"), "moment"), _("Pictures"),
    ]  # fmt: skip
    rows = []
    for visit, detail, pictures in file.details:
        alone = visit.kind is not VisitKind.GROUP
        seen = _(", ").join(word(code) for code in (detail.needs if detail else ()))
        kept = _(", ").join(word(kind) for kind in pictures)
        rows.append(
            (
                visit.started_at, word(detail.attitude) if detail and detail.attitude else None, seen or None,
                detail.promise if detail and alone else None, detail.arrived_at if detail else None,
                detail.left_at if detail else None, kept or None,
            )
        )  # fmt: skip
    return Sheet(_("What visits told besides"), columns, rows)


def _own_words(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("When"), "moment"), _("Referral"), _("Way"), _("Who spoke"), _("What was said"),
        Column(_("In words"), width=50),
    ]  # fmt: skip
    rows: list[Row] = [
        (one.at, one.referral.number, word(one.way), word(one.spoken_by), word(one.said), one.note)
        for one in file.confirmations
    ]
    questions = (_("The help came in time"), _("It was the help I needed"), _("I was treated with respect"))
    for asked in file.satisfaction:
        start = (asked.answered_at or asked.asked_at, asked.referral.number, word(asked.asked_way), None)
        if asked.answers is None:
            rows.append((*start, _("asked, not answered"), None))
            continue
        rows += [
            (*start, question, _("%(points)s of 5", points=points) if points else _("not answered"))
            for question, points in zip(questions, asked.answers, strict=False)
        ]
    for found in file.contradictions:
        settled = word(found.finding) if found.finding else _("being looked into")
        rows.append((found.opened_at, found.referral.number, None, None, _("The provider said otherwise"), settled))
    return Sheet(_("The person\u2019s own word"), columns, sorted(rows, key=lambda row: row[0]))


def _revisits(file: PersonFile) -> Sheet:
    columns: list[Column | str] = [
        Column(_("Due"), "day"), Column(_("Day"), "day"), _("Way"), _("Result"), _("By whom"),
        Column(_("In words"), width=50),
    ]  # fmt: skip
    rows = [
        (
            one.due_on, one.done_on, word(one.way) if one.way else None, word(one.result) if one.result else None,
            one.done_by.name if one.done_by else None, one.note,
        )
        for one in file.revisits
    ]  # fmt: skip
    return Sheet(_("Re-visits"), columns, rows)


def joined(*parts: str | None) -> str:
    """Return what there is of some words, with points between."""
    return " · ".join(part for part in parts if part)
