"""What was learned, in words: verdicts, features, groups, and the drawing of how right the chances were."""

import math
from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching.uptake import effects
from models import Area, LawClass, LearnedKind, LearnedModel, ProviderKind, Sex
from models.case import URGENCY_TIERS
from referral.charts import Chart, Series, lines
from referral.filters import number, percent
from referral.i18n import _, in_language, lazy
from referral.words import word

NONE = "none"
SURE = 1.96
TITLES: dict[LearnedKind, tuple[Any, Any]] = {
    LearnedKind.ACCEPTANCE: (
        lazy("Will the provider take it on?"), lazy("The chance that a request for help is accepted.")
    ),
    LearnedKind.COMPLETION: (
        lazy("Will the help come to its end?"), lazy("The chance that help taken on is given as agreed.")
    ),
    LearnedKind.TERM_OF_WORDS: (
        lazy("Which help do the words mean?"), lazy("Help suggested from what a worker writes about a need.")
    ),
}  # fmt: skip
VERDICTS: dict[str, tuple[Any, Any, str]] = {
    "better": (
        lazy("In use"),
        lazy("It foretold later referrals clearly better than the base rate and than the provider’s own rate."),
        "success",
    ),
    "no_better": (
        lazy("Not used: no better"),
        lazy("It did not foretell later referrals clearly better, so rounds go on with the provider’s own rate."),
        "warning",
    ),
    "too_few": (
        lazy("Not used: too few"),
        lazy("There are too few referrals to learn from, so rounds go by the provider’s own rate."),
        "info",
    ),
    "one_sided": (
        lazy("Not used: one-sided"),
        lazy("Nearly all came out the same way: nothing can be told apart, so rounds go by the provider’s own rate."),
        "info",
    ),
}
WORD_VERDICTS: dict[str, tuple[Any, Any, str]] = {
    "better": (VERDICTS["better"][0], lazy("The threshold below was chosen on later needs and is in use."), "success"),
    "no_better": (
        lazy("Usual threshold"),
        lazy("No threshold reached the precision asked for on later needs; the usual one stays."),
        "warning",
    ),
    "too_few": (
        lazy("Usual threshold"),
        lazy("Too few needs of real people have been recorded in words; the usual threshold stays."),
        "info",
    ),
}
FEATURES: dict[str, Any] = {
    "rate": lazy("Share of the provider’s past year that came out well"),
    "known": lazy("How many referrals of the provider that share rests on"),
    "load": lazy("Referrals that the provider works on"),
    "asked": lazy("Requests to the provider in the month before"),
    "term_rate": lazy("Share for this kind of help, all providers"),
    "weekday": lazy("Day of the week of the request"),
    "provider_kind": lazy("Kind of provider"),
    "law_class": lazy("Class of service"),
}
DAYS = (
    lazy("Monday"), lazy("Tuesday"), lazy("Wednesday"), lazy("Thursday"), lazy("Friday"), lazy("Saturday"),
    lazy("Sunday"),
)  # fmt: skip
CONTENDERS: tuple[tuple[str, Any], ...] = (
    ("model", lazy("Learned chance")),
    ("provider", lazy("Provider’s own rate")),
    ("base", lazy("Base rate: the same chance for all")),
    ("boosted", lazy("Boosted trees, for comparison")),
    ("pairs", lazy("With distance, urgency and waiting, for comparison")),
)
GROUPINGS: dict[str, Any] = {
    "sex": lazy("Sex"), "age_band": lazy("Age"), "township": lazy("Township"), "tier": lazy("Urgency"),
}  # fmt: skip
AGES: dict[str, Any] = {
    "under_18": lazy("under 18"), "from_18": lazy("18 to 59"), "from_60": lazy("60 to 79"),
    "from_80": lazy("80 and older"), NONE: lazy("not stated"),
}  # fmt: skip
REFUSALS: dict[str, Any] = {
    "no_change": lazy("No weights have been changed yet, so there is nothing to hold against the past."),
    "no_draws": lazy("Chance has not decided anything yet: rounds draw only where the parameters allow it."),
    "too_few": lazy("Fewer than 100 answers to places that chance decided: that is no evidence."),
    "too_thin": lazy("Too few of the places decided by chance are those that the changed weights would take."),
}


@dataclass(frozen=True)
class Effect:
    """What one feature does, all others as usual."""

    label: str
    low: str
    high: str
    chance_low: float
    chance_high: float


@dataclass(frozen=True)
class Group:
    """How right the chances were for one group."""

    label: str
    rows: int
    foretold: float
    came: float
    off: bool
    """Farther apart than chance explains."""


def effects_of(model: LearnedModel) -> list[Effect]:
    """Return what each feature does, strongest first; empty where nothing was learned."""
    if not model.shape:
        return []
    return [
        Effect(str(FEATURES[name]), _value(name, low), _value(name, high), at_low, at_high)
        for name, low, high, at_low, at_high in effects(model.shape)
    ]


def _value(name: str, value: str | float) -> str:
    if name in {"rate", "term_rate"}:
        return percent(float(value))
    if name in {"known", "load", "asked"}:
        return number(round(math.expm1(float(value))))
    if name == "weekday":
        return str(DAYS[int(value)])
    if value == NONE:
        return _("Money or goods")
    return word(ProviderKind(str(value)) if name == "provider_kind" else LawClass(str(value)))


def groups_of(model: LearnedModel, areas: Mapping[str, Area]) -> list[tuple[str, list[Group], int]]:
    """Return groupings with their groups that have enough rows, and how many have not."""
    return [
        (str(GROUPINGS[name]), [_group(name, one, areas) for one in found["shown"]], found["small"])
        for name, found in model.measures.get("groups", {}).items()
    ]


def _group(name: str, one: Mapping[str, Any], areas: Mapping[str, Area]) -> Group:
    off = abs(one["foretold"] - one["came"]) > SURE * one["error"]
    return Group(_group_name(name, one["code"], areas), one["rows"], one["foretold"], one["came"], off)


def _group_name(name: str, code: str, areas: Mapping[str, Area]) -> str:
    if name == "township":
        return in_language(areas[code]) if code in areas else code
    if name == "tier":
        return word(next(one for one, tier in URGENCY_TIERS.items() if tier == int(code)))
    if name == "age_band":
        return str(AGES[code])
    return str(AGES[NONE]) if code == NONE else word(Sex(code))


def calibration_of(model: LearnedModel) -> Chart | None:
    """Draw what was foretold and what came, for ten parts of equal size; None where nothing was judged."""
    parts = model.measures.get("calibration")
    if not parts:
        return None
    return lines(
        _("Foretold and come, from the smallest chances to the largest"),
        _("Tenth"),
        [str(place) for place in range(1, len(parts) + 1)],
        [
            Series(_("Foretold"), [one["foretold"] for one in parts]),
            Series(_("Came"), [one["came"] for one in parts]),
        ],
        show=percent,
    )


def townships(models: Mapping[LearnedKind, LearnedModel]) -> set[str]:
    """Return the codes of townships that stand in the measures."""
    return {
        one["code"]
        for model in models.values()
        for one in model.measures.get("groups", {}).get("township", {}).get("shown", ())
    } | {
        policy["area"].rstrip("0")
        for model in models.values()
        if "area" in (policy := model.measures.get("policy", {}))
    }
