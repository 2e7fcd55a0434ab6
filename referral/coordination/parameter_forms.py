"""The form of a version of the parameters: every weight and limit with its unit and range, and why it is changed."""

from typing import Any

import wtforms
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]  # newer than the stubs
from wtforms.validators import DataRequired, InputRequired, Length, NumberRange

from matching import BadParams, Params
from matching.params import COST_CAP
from referral.filters import number
from referral.forms import Form, Preset
from referral.i18n import _, lazy
from referral.parameter_words import FAIR_BY, SETTINGS, WEIGHTS, Setting


def _groupings() -> list[SelectChoice]:
    return [SelectChoice(value=value, label=str(label)) for value, label in FAIR_BY.items()]


def _field(setting: Setting) -> Any:
    if setting.unit == "yes":
        return wtforms.BooleanField(setting.label, description=setting.hint)
    if setting.unit == "group":
        return wtforms.SelectField(setting.label, [Preset()], choices=_groupings, description=setting.hint)
    kind = wtforms.IntegerField if setting.whole else wtforms.FloatField
    checks = [InputRequired(), NumberRange(setting.low, setting.high)]
    return kind(setting.label, checks, description=setting.hint)


class _Reasoned(Form):
    area = wtforms.SelectField(
        lazy("Area"), [Preset()], description=lazy("It holds for rounds over this area and the areas in it.")
    )
    reason = wtforms.TextAreaField(
        lazy("Reason"),
        [DataRequired(), Length(max=500)],
        description=lazy("For whoever asks a year later: what was seen, and what shall become better."),
    )

    def params(self) -> dict[str, Any]:
        """Return the values typed."""
        return {name: self[name].data for name in SETTINGS}

    def validate(self, extra_validators: Any = None) -> bool:
        """Check each field, then what must hold between them."""
        if not super().validate(extra_validators):
            return False
        values = self.params()
        total = sum(values[name] for name in WEIGHTS)
        if total > COST_CAP:
            self[WEIGHTS[0]].errors = [
                _("All weights together are at most %(most)s points; now they are %(total)s.",
                  most=number(COST_CAP), total=number(total))
            ]  # fmt: skip
            return False
        if values["unknown_distance"] > values["weight_distance"]:
            self["unknown_distance"].errors = [
                _("At most the weight of the distance: %(most)s.", most=number(values["weight_distance"]))
            ]
            return False
        try:
            Params.from_dict(values)
        except BadParams:
            self.form_errors.append(_("No round can be run with these values together."))
            return False
        return True


ParametersForm = type("ParametersForm", (_Reasoned,), {name: _field(setting) for name, setting in SETTINGS.items()})
"""One field for each parameter, under its own name, with area and reason."""
