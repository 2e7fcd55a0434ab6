"""What people call each code of the models: enum class → value → words."""

from typing import Any

from referral.vocabulary import people, providers, rights, work

WORDS: dict[str, dict[str, Any]] = {**people.WORDS, **providers.WORDS, **work.WORDS, **rights.WORDS}
