"""How amounts a month, wanted times and age bands are said to a provider."""

from referral.need_words import age, amount, left_of, times

__all__ = ["age", "amount", "left_of", "times"]
