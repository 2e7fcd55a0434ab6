"""What a flag says, with the figures it was raised by."""

from collections.abc import Callable, Mapping
from typing import Any

from models import FlagRule, VisitFlag
from referral.filters import number
from referral.i18n import _

Facts = Mapping[str, Any]


def flag_words(flag: VisitFlag) -> str:
    """Return in one sentence what the rule found."""
    return WORDS[flag.rule](flag.facts)


def _duplicate(facts: Facts) -> str:
    return _("The same help for the same person stands in another entry, begun %(minutes)s minutes apart.",
             minutes=facts["minutes_apart"])  # fmt: skip


def _worker_twice(facts: Facts) -> str:
    return _("For %(minutes)s minutes the worker was with somebody else too.", minutes=facts["minutes"])


def _person_twice(facts: Facts) -> str:
    return _("For %(minutes)s minutes the person was given other help too.", minutes=facts["minutes"])


def _impossible_travel(facts: Facts) -> str:
    return _(
        "%(km)s km from the visit next to it, with %(minutes)s minutes between; the way takes at least %(needed)s.",
        km=number(facts["km"], 1),
        minutes=facts["minutes"],
        needed=facts["needed"],
    )


def _too_long(facts: Facts) -> str:
    return _("%(minutes)s minutes; such a visit takes at most %(limit)s.",
             minutes=facts["minutes"], limit=number(facts["limit"]))  # fmt: skip


def _long_day(facts: Facts) -> str:
    return _("With it the worker's visits of the day come to %(minutes)s minutes; at most %(limit)s are usual.",
             minutes=facts["minutes"], limit=number(facts["limit"]))  # fmt: skip


def _after_death(facts: Facts) -> str:
    return _("%(days)s days after the person was known to have died.", days=facts["days"])


def _after_exit(facts: Facts) -> str:
    return _("%(days)s days after the case had ended.", days=facts["days"])


def _outside_referral(facts: Facts) -> str:
    if facts["side"] == "other_person":
        return _("Entered under the referral of somebody else.")
    if facts["side"] == "before":
        return _("%(days)s days before the help was agreed.", days=facts["days"])
    return _("%(days)s days after the help had ended.", days=facts["days"])


def _outside_contract(_facts: Facts) -> str:
    return _("No contract or program covers this day.")


def _copied_note(facts: Facts) -> str:
    return _("%(visits)s visits of the worker in this month carry nearly the same note.", visits=facts["visits"])


def _too_round(facts: Facts) -> str:
    return _(
        "%(share)s%% of the worker's %(visits)s visits of the month begin on the hour and take the same time.",
        share=round(100 * facts["share"]),
        visits=facts["visits"],
    )


WORDS: Mapping[FlagRule, Callable[[Facts], str]] = {
    FlagRule.DUPLICATE: _duplicate,
    FlagRule.WORKER_TWICE: _worker_twice,
    FlagRule.PERSON_TWICE: _person_twice,
    FlagRule.IMPOSSIBLE_TRAVEL: _impossible_travel,
    FlagRule.TOO_LONG: _too_long,
    FlagRule.LONG_DAY: _long_day,
    FlagRule.AFTER_DEATH: _after_death,
    FlagRule.AFTER_EXIT: _after_exit,
    FlagRule.OUTSIDE_REFERRAL: _outside_referral,
    FlagRule.OUTSIDE_CONTRACT: _outside_contract,
    FlagRule.COPIED_NOTE: _copied_note,
    FlagRule.TOO_ROUND: _too_round,
}
