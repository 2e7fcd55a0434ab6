"""Forms that lead a case."""

from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import InputRequired, Length, Optional

from models import CaseExit, CaseSource, CaseStatus, Urgency
from referral.forms import FilterForm, Form, Preset, choices, coerce
from referral.i18n import _, lazy
from referral.words import word


class OpenCaseForm(Form):
    """Why somebody who is known needs us again."""

    summary = wtforms.TextAreaField(
        lazy("What happened?"), [InputRequired(), Length(max=4000)], description=lazy("In one or two sentences.")
    )
    source = wtforms.SelectField(
        lazy("How do we know?"),
        [Preset()],
        choices=lambda: choices([source for source in CaseSource if source is not CaseSource.IMPORT]),
        coerce=coerce(CaseSource),
        default=CaseSource.VISIT.value,
    )
    urgency = wtforms.RadioField(
        lazy("Urgency"),
        [Preset()],
        choices=lambda: choices(Urgency),
        coerce=coerce(Urgency),
        default=Urgency.NORMAL.value,
    )


class ExitForm(Form):
    """Why a case ends early. Never guessed, always asked."""

    reason = wtforms.RadioField(
        lazy("Why?"), [InputRequired()], choices=lambda: choices(CaseExit), coerce=coerce(CaseExit)
    )
    note = wtforms.TextAreaField(lazy("In your words"), [Optional(), Length(max=2000)])


class ConcludeForm(Form):
    """How a case ended."""

    note = wtforms.TextAreaField(lazy("What was reached?"), [Optional(), Length(max=2000)])


class ReasonForm(Form):
    """A step that must be explained."""

    note = wtforms.TextAreaField(lazy("Why?"), [InputRequired(), Length(max=2000)])


def _statuses() -> list[SelectChoice]:
    some = [
        SelectChoice(value="", label=_("Going on")),
        SelectChoice(value="closed", label=_("Ended")),
        SelectChoice(value="all", label=_("All")),
    ]
    return some + [SelectChoice(value=status.value, label=f"– {word(status)}") for status in CaseStatus]


class CaseloadForm(FilterForm):
    """What a caseload is narrowed to."""

    q = wtforms.SearchField(lazy("Person or number"))
    status = wtforms.SelectField(lazy("State"), choices=_statuses)
    urgency = wtforms.SelectField(lazy("Urgency"), choices=lambda: choices(Urgency, _("All")), coerce=coerce(Urgency))
    area = wtforms.SelectField(lazy("Place"))
    mine = wtforms.BooleanField(lazy("Only mine"))
    overdue = wtforms.BooleanField(lazy("Visit overdue"))

    def __init__(self, places: Any, **kwargs: Any) -> None:
        super().__init__(**kwargs)
        self.area.choices = place_choices(places)


def place_choices(townships: Any) -> list[SelectChoice]:
    """Return the choices of a filter by place: townships, with their villages below."""
    listed = [SelectChoice(value="", label=_("All"))]
    for township, villages in townships:
        name = township.name
        listed.append(SelectChoice(value=township.code, label=name))
        listed += [SelectChoice(value=village.code, label=f"– {village.name}") for village in villages]
    return listed
