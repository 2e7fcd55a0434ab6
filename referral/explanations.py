"""Why this place, why not that one, why nobody, and what would help: sentences from the codes a round stored."""

import uuid
from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from typing import Any

from flask import Flask
from markupsafe import Markup, escape

from models import Urgency
from models.case import URGENCY_TIERS
from referral.filters import number, zh
from referral.i18n import _, lazy, ngettext
from referral.queries.gathering.weights import most
from referral.rules_in_words import REMEDIES, RULES
from referral.words import word

URGENCIES = {tier: urgency for urgency, tier in URGENCY_TIERS.items()}

PARTS: dict[str, Any] = {
    "distance": lazy("Distance"),
    "continuity": lazy("Known from before"),
    "language": lazy("Language"),
    "worker_sex": lazy("Woman or man wanted"),
    "quality": lazy("Satisfaction of others"),
    "uptake": lazy("Will it be taken on and finished"),
    "waiting": lazy("Waiting time"),
}
"""Each part of the score."""

GOOD: dict[str, Any] = {
    "continuity": lazy("helped this person before, or nobody has yet"),
    "language": lazy("nothing special is needed, or they speak it"),
    "worker_sex": lazy("no wish, or they can send whom the person wants"),
    "quality": lazy("people are satisfied"),
    "uptake": lazy("takes on and finishes what it is asked"),
    "waiting": lazy("waiting for long: nothing is counted against"),
}
LESS_GOOD: dict[str, Any] = {
    "continuity": lazy("others have helped this person until now"),
    "language": lazy("the language wished for is not spoken"),
    "worker_sex": lazy("has not said whom it can send"),
    "quality": lazy("points for what is missing to full satisfaction; 75 where nobody was asked"),
    "uptake": lazy("points for the chance that nothing comes of it"),
    "waiting": lazy("the same for every provider: a shorter wait counts a little less"),
}

FAILURES: dict[str, Any] = {
    "no_place_left": lazy("The last place had gone to somebody else."),
    "changed_meanwhile": lazy("The need or the place had changed meanwhile."),
    "wrong_step": lazy("The need had been moved on meanwhile."),
    "already_referred": lazy("The need had been referred meanwhile."),
    "not_eligible": lazy("The service had stopped taking people on."),
}
"""Why a proposal could not be turned into a referral."""

SYSTEM_REASONS: dict[str, Any] = {"round_ended": lazy("The round was ended without a decision on this one.")}
"""Reasons that the platform writes itself."""

STAGES: dict[str, Any] = {
    "waiting": lazy("Waiting to begin"),
    "gathering": lazy("Reading needs and places"),
    "solving": lazy("Looking for the best plan and proving it"),
    "solving_copy": lazy("Looking for the best plan of the copy"),
    "comparing": lazy("Holding the two side by side"),
    "writing": lazy("Writing the proposals down"),
    "curves": lazy("Measuring what each further place gives"),
    "network": lazy("Looking at who hangs on whom"),
    "done": lazy("Ready"),
    "applying": lazy("Turning proposals into referrals"),
}


@dataclass(frozen=True)
class Part:
    """One part of a score for the `parts` macro."""

    label: str
    share: float
    """Points against, as a share of the most this part can count."""
    shown: str
    detail: str
    tone: str


def rule_words(code: str, excess_km: float | None = None) -> str:
    """Return what it means that a hard rule fails."""
    if code == "radius" and excess_km is not None:
        return _("The home lies %(km)s km beyond the distance it goes.", km=number(excess_km))
    return str(RULES[code])


def remedy_words(code: str, excess_km: float | None = None) -> str:
    """Return what would have to change, as the end of "It would fit …"."""
    if code == "radius" and excess_km is not None:
        return _("if it went %(km)s km farther", km=number(excess_km))
    return str(REMEDIES[code])


def part_rows(parts: Mapping[str, int], distance_km: float | None, params: Mapping[str, Any]) -> list[Part]:
    """Return the parts of a score in words; what counts most against it first."""
    weights = most(params)
    rows = [
        (points, Part(str(PARTS[name]), points / weights[name] if weights[name] else 0.0,
                      _points(points), _detail(name, points, distance_km), _tone(points, weights[name])))
        for name, points in parts.items()
    ]  # fmt: skip
    return [row for _points_against, row in sorted(rows, key=lambda pair: -pair[0])]


def _points(points: int) -> str:
    return "0" if not points else f"−{points}"


def _tone(points: int, weight: int) -> str:
    return "success" if points * 4 < weight else "warning" if points * 4 > weight * 3 else ""


def _detail(name: str, points: int, distance_km: float | None) -> str:
    if name == "distance":
        return (
            _("%(km)s km away", km=number(distance_km, 1)) if distance_km is not None else _("one place is not known")
        )
    return str((LESS_GOOD if points else GOOD)[name])


def fit_words(cost: int | None) -> str:
    """Return how well a pair fits, such as 87 %: 100 less a tenth of the points against."""
    return "–" if cost is None else f"{round(100 - cost / 10)}%"


def why_this(told: Mapping[str, Any]) -> str:
    """Return why a need is proposed to its place."""
    fitting, rank = told.get("fitting", 0), told.get("rank", 0)
    if fitting == 1:
        return _("It is the only place that fits.")
    if rank == 1:
        return ngettext(
            "It fits best of the %(num)s place that fits.", "It fits best of the %(num)s places that fit.", fitting
        )
    return _(
        "It is number %(rank)s of %(fitting)s places that fit; the better ones do more good for others.",
        rank=rank,
        fitting=fitting,
    )


def why_now(told: Mapping[str, Any], before: str | None, refused: str | None) -> Markup | None:
    """Return why a follow-up of a refusal speaks of this need; None for a proposal of another round.

    `before` is the name of the provider proposed until now, `refused` of the one that refused.
    """
    if "refused" in told:
        late = told["refused"].get("how") == "expired"
        sentence = (
            _("%(place)s did not answer in time, and is not asked again for this need.", place=SLOT)
            if late
            else _("%(place)s refused, and is not asked again for this need.", place=SLOT)
        )
        return escape(sentence).replace(SLOT, zh(refused or _("a place that is gone")))
    if told.get("before"):
        sentence = _("Until now %(place)s was proposed; it moves because of a refusal near by.", place=SLOT)
        return escape(sentence).replace(SLOT, zh(before or _("a place that is gone")))
    if "before" in told:
        return escape(_("It was unserved until now; a refusal near by set a place free or moved others."))
    return None


def why_not(other: Mapping[str, Any]) -> str:
    """Return why an alternative was not taken."""
    extra = int(other.get("extra", 0))
    if other["why"] == "dearer":
        return ngettext(
            "Fits less well: %(num)s point more against it.", "Fits less well: %(num)s points more against it.", extra
        )
    if other["why"] == "full" and extra < 0:
        return ngettext(
            "Would fit %(num)s point better, but its places do more good elsewhere.",
            "Would fit %(num)s points better, but its places do more good elsewhere.",
            -extra,
        )
    if other["why"] == "full":
        return _("Fits as well, but its places do more good elsewhere.")
    if other["why"] == "drawn":
        return _("Fits nearly as well: chance chose between the two.")
    return " ".join(rule_words(code) for code in other.get("rules", ()))


def why_nobody(told: Mapping[str, Any]) -> str:
    """Return why nobody is proposed for a need."""
    if told["code"] == "whole_round":
        return _(
            "This kind of help is shared out in hours or from a fund, as only a round over all needs can: the next."
        )
    if told["code"] == "no_service":
        return _("Nobody offers this kind of help.")
    if told["code"] == "no_pair":
        offered = told.get("offered", 0)
        return ngettext(
            "%(num)s place is offered, but none with room passes every rule.",
            "%(num)s places are offered, but none with room passes every rule.",
            offered,
        )
    held = _held(told.get("held", ()))
    fitting = ngettext("%(num)s place fits", "%(num)s places fit", told.get("fitting", 0))
    return _("%(fitting)s, but it is taken: %(held)s.", fitting=fitting, held=held) if held else fitting


def _held(counts: Sequence[int]) -> str:
    return _(", ").join(
        _("%(count)s × %(urgency)s", count=count, urgency=word(URGENCIES[tier]) if tier in URGENCIES else tier)
        for tier, count in enumerate(counts, 1)
        if count
    )


SLOT = "\x00"
"""Stands for a name of the data while a sentence is made, so that the name can be marked as Chinese afterwards."""


def what_would_help(told: Mapping[str, Any], place: str | None) -> Markup:
    """Return the smallest change that would serve an unmet need; `place` is the name of the opening it speaks of."""
    sentence = escape(_remedy(told) if place else _without_place(told))
    return sentence.replace(SLOT, zh(place)) if place else sentence


def _without_place(told: Mapping[str, Any]) -> str:
    if told.get("change") == "offer":
        return _("Somebody would have to begin to offer it.")
    return _("No single change would help.")


def _remedy(told: Mapping[str, Any]) -> str:
    match told.get("change"):
        case "rule":
            conditions = _(" and ").join(remedy_words(code, told.get("excess_km")) for code in told.get("rules", ()))
            return _("%(place)s could help %(conditions)s.", place=SLOT, conditions=conditions)
        case "place":
            return _("One more place at %(place)s would serve it.", place=SLOT)
        case "places":
            return ngettext(
                "More than %(num)s more place at %(place)s would serve it: others come first.",
                "More than %(num)s more places at %(place)s would serve it: others come first.",
                told.get("ahead", 1),
                place=SLOT,
            )
    return _without_place(told)


def failure_words(code: str | None) -> str:
    """Return why a proposal could not be applied."""
    return str(FAILURES.get(code or "", _("It could not be done.")))


def reason_words(text: str | None) -> str:
    """Return a reason as written, or the words for one the platform wrote."""
    return str(SYSTEM_REASONS.get(text or "", text or ""))


def gain_words(tier: int | None, waits: int | None = None) -> str:
    """Return whom one more place would serve."""
    urgency = URGENCIES.get(tier or 0)
    if urgency is None:
        return _("Nobody more would be served.")
    if waits is None:
        return _("One more person of urgency “%(urgency)s” would be served.", urgency=word(urgency))
    return ngettext(
        "One more person of urgency “%(urgency)s”, waiting %(num)s day, would be served.",
        "One more person of urgency “%(urgency)s”, waiting %(num)s days, would be served.",
        waits,
        urgency=word(urgency),
    )


def urgency_of(tier: int) -> Urgency:
    """Return the urgency of a tier."""
    return URGENCIES[tier]


def weight_rows(params: Mapping[str, Any]) -> list[tuple[str, str]]:
    """Return the most points of each part of the score, for the proof of a round."""
    return [(str(PARTS[name]), number(points)) for name, points in most(params).items()]


def as_key(text: str | None) -> uuid.UUID | None:
    """Return a key that was stored as text."""
    return uuid.UUID(text) if text else None


def init_app(app: Flask) -> None:
    """Give templates the sentences."""
    app.jinja_env.filters["as_key"] = as_key
    app.jinja_env.globals.update(
        failure_words=failure_words,
        fit_words=fit_words,
        gain_words=gain_words,
        part_rows=part_rows,
        reason_words=reason_words,
        remedy_words=remedy_words,
        rule_words=rule_words,
        stage_words=lambda code: str(STAGES.get(code, code)),
        urgency_of=urgency_of,
        weight_rows=weight_rows,
        what_would_help=what_would_help,
        why_nobody=why_nobody,
        why_now=why_now,
        why_not=why_not,
        why_this=why_this,
    )
