"""What people call each code of the models: enum class → value → words."""

from typing import Any

from referral.vocabulary import (
    answers,
    consent,
    exports,
    hours,
    learning,
    log,
    outcomes,
    people,
    phone,
    plans,
    providers,
    reports,
    rights,
    scenarios,
    work,
)

WORDS: dict[str, dict[str, Any]] = {
    **answers.WORDS,
    **consent.WORDS,
    **exports.WORDS,
    **hours.WORDS,
    **learning.WORDS,
    **log.WORDS,
    **outcomes.WORDS,
    **people.WORDS,
    **phone.WORDS,
    **plans.WORDS,
    **providers.WORDS,
    **work.WORDS,
    **reports.WORDS,
    **rights.WORDS,
    **scenarios.WORDS,
}
