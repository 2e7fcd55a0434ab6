"""Every weight and limit of a round in plain words, with its unit and range, in the groups in which it is edited."""

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any

from matching import Params
from matching.params import COST_CAP
from referral.filters import number
from referral.i18n import _, lazy, ngettext

FAIR_BY: dict[str, Any] = {
    "": lazy("Nobody in particular: the most people in all"),
    "district": lazy("Townships"),
    "sex": lazy("Women and men"),
    "age": lazy("Age groups"),
    "status": lazy("Recognised statuses"),
}
"""What fairness can look at."""


@dataclass(frozen=True)
class Setting:
    """One parameter as people read and change it."""

    name: str
    label: Any
    hint: Any
    unit: str = ""
    """points, km, days, seconds, thousand, count, yes, or group."""
    low: float = 0
    high: float = COST_CAP
    whole: bool = True


@dataclass(frozen=True)
class Group:
    """Parameters that belong together."""

    title: Any
    lede: Any
    settings: tuple[Setting, ...]


GROUPS: tuple[Group, ...] = (
    Group(
        lazy("How far counts"),
        lazy("Points against a place, the farther away it is."),
        (
            Setting(
                "weight_distance",
                lazy("Weight of the distance"),
                lazy("Most points against a place far away."),
                "points",
            ),
            Setting(
                "far_km", lazy("Far is"), lazy("From this distance on it counts in full."), "km", 0.5, 500, whole=False
            ),
            Setting(
                "unknown_distance",
                lazy("Where one of the two places is not known"),
                lazy("Points instead of the distance; at most the weight of the distance."),
                "points",
            ),
        ),
    ),
    Group(
        lazy("Who first, and what fits"),
        lazy(
            "Urgency always comes first. Among equally urgent needs these points decide: a heavier weight counts more."
        ),
        (
            Setting(
                "weight_waiting", lazy("Weight of waiting"), lazy("Most points against a need of today."), "points"
            ),
            Setting(
                "waiting_full_days",
                lazy("A long wait is"),
                lazy("After so many days nothing is counted against a need any more."),
                "days",
                1,
                3650,
            ),
            Setting(
                "weight_continuity",
                lazy("Weight of being known from before"),
                lazy("Against a provider where others have helped the person."),
                "points",
            ),
            Setting(
                "weight_together",
                lazy("Weight of one provider for one person"),
                lazy("Against a provider who takes none of the person’s other needs. 0: does not count."),
                "points",
            ),
            Setting(
                "weight_language",
                lazy("Weight of the language"),
                lazy("Against a provider who does not speak the language wished for."),
                "points",
            ),
            Setting(
                "weight_worker_sex",
                lazy("Weight of the woman or man asked for"),
                lazy("Against a provider who has not said whom it can send."),
                "points",
            ),
            Setting(
                "weight_quality",
                lazy("Weight of the satisfaction of others"),
                lazy("Most points against a provider with whom people are not satisfied."),
                "points",
            ),
            Setting(
                "weight_uptake",
                lazy("Weight of being taken on and finished"),
                lazy("Times the chance that nothing comes of it."),
                "points",
            ),
        ),
    ),
    Group(
        lazy("Fairness"),
        lazy("So that no group is left far behind the others. The round says what it costs in people and in points."),
        (
            Setting("fair_by", lazy("Look at"), lazy("Which groups are compared."), "group"),
            Setting(
                "fair_floor",
                lazy("Least share served"),
                lazy("Of a thousand needs of each group, so many are served where that can be done. 0: no floor."),
                "thousand",
            ),
            Setting(
                "fair_share",
                lazy("Raise the share of the group served worst as far as it goes"),
                lazy("Instead of a fixed floor."),
                "yes",
            ),
        ),
    ),
    Group(
        lazy("Computation"),
        lazy("How widely is looked, how much is explained and how long is searched. The usual values are good ones."),
        (
            Setting("tiers", lazy("Steps of urgency"), lazy("Critical, high, normal and low are four."), "count", 1, 9),
            Setting(
                "nearest_per_class",
                lazy("Places looked at for each need"),
                lazy("Of each class of provider, the best first; the others are held against the plan afterwards."),
                "count",
                1,
                10_000,
            ),
            Setting(
                "near_km",
                lazy("Nearby is"),
                lazy("Up to here a place that does not fit is worth explaining."),
                "km",
                0,
                500,
                whole=False,
            ),
            Setting("near_kept", lazy("Places explained that do not fit"), lazy("For each need."), "count", 0, 100),
            Setting("alternatives", lazy("Next best places named"), lazy("For each need served."), "count", 0, 100),
            Setting(
                "draw_within",
                lazy("Draw among places nearly as good"),
                lazy(
                    "Places at most so many points apart are drawn by chance, "
                    "so that other weights can be judged later. 0: always the best."
                ),
                "points",
            ),
            Setting(
                "hours_seconds",
                lazy("Time for plans of hours"),
                lazy("Longest search for visits that cannot be split."),
                "seconds",
                0.1,
                600,
                whole=False,
            ),
        ),
    ),
)
SETTINGS: dict[str, Setting] = {setting.name: setting for group in GROUPS for setting in group.settings}
WEIGHTS = tuple(name for name in SETTINGS if name.startswith("weight_"))


@dataclass(frozen=True)
class Difference:
    """One parameter that differs, in words."""

    label: str
    before: str
    after: str


UNITS: dict[str, Any] = {
    "points": lazy("points"),
    "km": lazy("km"),
    "days": lazy("days"),
    "seconds": lazy("seconds"),
    "thousand": lazy("of 1,000"),
}


def unit_words(setting: Setting) -> str:
    """Return the unit that stands behind an input."""
    return str(UNITS.get(setting.unit, ""))


def label_of(name: str) -> str:
    """Return what a parameter is called."""
    return str(SETTINGS[name].label)


def shown(name: str, value: Any) -> str:
    """Return a value with its unit, such as 350 points or 20 km."""
    words = {
        "points": lambda: ngettext("%(num)s point", "%(num)s points", int(value)),
        "km": lambda: _("%(km)s km", km=number(value)),
        "days": lambda: ngettext("%(num)s day", "%(num)s days", int(value)),
        "seconds": lambda: _("%(seconds)s seconds", seconds=number(value)),
        "thousand": lambda: _("%(count)s of 1,000", count=number(value)),
        "yes": lambda: _("yes") if value else _("no"),
        "group": lambda: str(FAIR_BY.get(value, value)),
    }
    return str(words.get(SETTINGS[name].unit, lambda: number(value))())


def differences(before: Mapping[str, Any], after: Mapping[str, Any]) -> list[Difference]:
    """Return what differs between two sets of parameters, in the order of the form; missing values are the usual."""
    usual = Params().as_dict()
    old, new = usual | dict(before), usual | dict(after)
    return [
        Difference(str(SETTINGS[name].label), shown(name, old[name]), shown(name, new[name]))
        for name in SETTINGS
        if old[name] != new[name]
    ]
