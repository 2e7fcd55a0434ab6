"""Which passwords are refused, and that comparing one takes as long for nobody as for somebody."""

import time

import pytest
from argon2 import PasswordHasher, extract_parameters

from referral import passwords
from referral.passwords import UNUSABLE, easily_guessed, hash_password, matches

WEAK = [
    "woaini1314", "a123456789", "qwertyuiop", "1qaz2wsx3edc", "password123", "Passw0rd2026", "1234567890",
    "abcdefghijkl", "aaaaaaaaaaaa", "abcabcabcabc", "passwordpassword", "13912345678", "110101199003078515",
    "zhang19800101", "5201314woaini", "liumin2026!", "yuanqiao123", "zhongguo888", "!QAZ2wsx#EDC", "iloveyou520",
    "Admin@123456", "woaiwojia1314", "ｗｏａｉｎｉ１３１４",
]  # fmt: skip
STRONG = [
    "a longer sentence",
    "another sentence", "correct horse battery staple", "春风又绿江南岸明月", "k7mq-2xfp-9rtv-wq3n",
    "Die Brücke trägt", "xiaoyu chi le liangge baozi", "a password for tests", "vR8#kq0Zp!",
]  # fmt: skip


@pytest.mark.parametrize("password", WEAK)
def test_what_guessers_try_first_is_refused(password: str) -> None:
    assert easily_guessed(password, ["liumin", "刘敏", "liu@example.org"])


@pytest.mark.parametrize("password", STRONG)
def test_sentences_and_random_signs_are_taken(password: str) -> None:
    assert not easily_guessed(password, ["liumin", "刘敏", "liu@example.org"])


def test_a_long_text_is_judged_at_once() -> None:
    start = time.process_time()
    easily_guessed("woaini1314 password " * 6)
    assert time.process_time() - start < 0.5


def test_full_width_signs_are_the_same_password() -> None:
    assert matches(hash_password("ａ sentence of ten"), "a sentence of ten")


class Counting:
    """The hasher, with what it was asked to compare with."""

    def __init__(self, hasher: PasswordHasher) -> None:
        self.hasher, self.asked = hasher, []

    def verify(self, stored: str, password: str) -> bool:
        self.asked.append(extract_parameters(stored))
        return self.hasher.verify(stored, password)


@pytest.mark.parametrize("missing", [None, UNUSABLE])
def test_the_same_work_is_done_for_nobody_and_for_who_has_not_chosen_yet(
    missing: str | None, monkeypatch: pytest.MonkeyPatch
) -> None:
    counting = Counting(passwords._hasher)
    stored = hash_password("the one that is right")
    matches(None, "warm")
    monkeypatch.setattr(passwords, "_hasher", counting)
    assert matches(stored, "the one that is right")
    assert not matches(missing, "the one that is right")
    assert not matches(missing, "a password that nobody has")
    assert counting.asked == [extract_parameters(stored)] * 3
    assert counting.asked[0].memory_cost == 19 * 1024
