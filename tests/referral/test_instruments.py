"""Instruments as data: the packs are sound, scores have their vectors, goals theirs, codes find every slip."""

from decimal import Decimal
from typing import Any

import pytest

from referral import query_codes
from referral.actions.instruments import packs
from referral.instruments.definition import digest, problems
from referral.instruments.goals import t_score
from referral.instruments.scoring import NotAChoice, score

PACKS: dict[str, dict[str, Any]] = {pack["code"]: pack["definition"] for pack in packs()}


def of(code: str, *values: int | None, **facts: bool) -> Any:
    """Score the answers of a pack's instrument, item by item."""
    items = [item["code"] for item in PACKS[code]["items"]]
    return score(PACKS[code], dict(zip(items, values, strict=True)) | facts)


@pytest.mark.parametrize("code", sorted(PACKS))
def test_every_pack_is_sound_and_says_whose_words_it_is_made_of(code: str) -> None:
    assert list(problems(PACKS[code])) == []
    assert PACKS[code]["licence"]["zh"]


def test_what_may_not_be_shipped_has_no_items_and_optional_packs_are_off() -> None:
    assert PACKS["zarit"]["items"] == PACKS["lawton"]["items"] == []
    on = {pack["code"] for pack in packs() if pack["active"]}
    assert on == {"self_care", "who5", "satisfaction"}


def test_who5_is_the_sum_times_four_and_asks_for_a_check_at_50() -> None:
    assert of("who5", 5, 5, 5, 5, 5).score == 100
    assert of("who5", 0, 0, 0, 0, 0).score == 0
    half = of("who5", 3, 3, 2, 2, 2)
    assert (half.score, half.band) == (48, "check")
    assert of("who5", 3, 3, 3, 2, 2).band == "well"
    missing = of("who5", 5, 5, 5, 5, None)
    assert (missing.score, missing.missing, missing.band) == (None, 1, None)


@pytest.mark.parametrize(("unmet", "band"), [(0, "able"), (1, "partly_unable"), (3, "partly_unable"), (4, "unable")])
def test_six_self_care_acts(unmet: int, band: str) -> None:
    assert of("self_care", *[0] * unmet, *[1] * (6 - unmet)).band == band


def test_three_questions_are_a_mean_of_two_places() -> None:
    assert of("satisfaction", 5, 4, 4).score == Decimal("4.33")
    assert of("satisfaction", 5, None, 4).score is None


def test_phq9_bands_proration_and_the_ninth_item() -> None:
    assert of("phq9", *[0] * 9).flags == ()
    bad = of("phq9", *[1] * 8, 1)
    assert (bad.score, bad.band, bad.flags) == (9, "mild", ("self_harm",))
    assert of("phq9", *[3] * 8, 3).band == "severe"
    two_missing = of("phq9", 2, 2, 2, 2, 2, 2, 2, None, None)
    assert (two_missing.score, two_missing.missing) == (18, 2)
    # Too little for a score is enough for the flag.
    alone = of("phq9", None, None, None, None, None, None, None, None, 1)
    assert (alone.score, alone.flags) == (None, ("self_harm",))


def test_screens_of_two_items() -> None:
    assert of("phq2", 1, 1).band == of("gad2", 2, 0).band == "negative"
    assert of("phq2", 2, 1).band == of("gad2", 0, 3).band == "positive"


def test_barthel_adds_up_to_a_hundred() -> None:
    best = [max(c["value"] for c in PACKS["barthel"]["choices"][item["choices"]]) for item in PACKS["barthel"]["items"]]
    assert of("barthel", *best).score == 100
    assert of("barthel", *best).band == "independent"


def test_the_ability_of_older_people_has_26_items_90_points_and_three_rules() -> None:
    best = [max(c["value"] for c in PACKS["ability"]["choices"][item["choices"]]) for item in PACKS["ability"]["items"]]
    assert len(best) == 26
    assert of("ability", *best).score == 90
    assert of("ability", *best).band == "intact"
    assert of("ability", *best, dementia=True).band == "mild"
    assert of("ability", *best, dementia=True, risk=True).band == "moderate"
    assert of("ability", *best, coma=True).band == "complete"
    assert of("ability", *[None] * 26, coma=True).band == "complete"
    less = best[:]
    less[0] -= 1
    assert of("ability", *less).band == "mild"


@pytest.mark.parametrize(
    ("points", "band"), [(90, "intact"), (89, "mild"), (66, "mild"), (65, "moderate"), (46, "moderate"),
                         (45, "severe"), (30, "severe"), (29, "complete"), (0, "complete")],
)  # fmt: skip
def test_bands_of_ability(points: int, band: str) -> None:
    from referral.instruments.scoring import band as band_of

    assert band_of(PACKS["ability"], Decimal(points), {}) == band


def test_a_reversed_item_and_a_total_taken_elsewhere() -> None:
    definition = {
        "choices": {"all": [{"value": value} for value in (1, 2, 3)]},
        "items": [{"code": "1", "choices": "all"}, {"code": "2", "choices": "all", "reversed": True}],
        "scoring": {"rule": "sum", "min": 2, "max": 6, "better": "more"},
    }
    assert score(definition, {"1": 1, "2": 1}).score == 4
    assert score(PACKS["zarit"], {"total": Decimal(45)}).band == "moderate"
    with pytest.raises(NotAChoice):
        score(PACKS["zarit"], {"total": Decimal(89)})
    with pytest.raises(NotAChoice):
        score(definition, {"1": 4})


def test_goals_have_their_t_score() -> None:
    assert t_score([(1, 0)] * 3) == 50
    assert t_score([(1, 1)] * 3) == Decimal("63.7")
    assert t_score([(1, -1)] * 3) == Decimal("36.3")
    assert t_score([(2, 2), (1, 0)]) == Decimal("66.1")
    assert t_score([]) is None


def test_a_definition_that_says_nonsense_is_named() -> None:
    broken = PACKS["phq9"] | {"flags": [{"code": "x", "item": "99", "above": 0, "advice": {}}], "bands": [
        {"code": "a", "from": 0, "to": 5, "zh": "a", "en": "a"}, {"code": "b", "from": 5, "to": 9, "zh": "b", "en": "b"}
    ]}  # fmt: skip
    assert set(problems(broken)) == {"band b: overlaps", "flag x: item_or_advice"}
    assert digest(broken) != digest(PACKS["phq9"])


def test_a_code_finds_every_wrong_and_every_swapped_character() -> None:
    code = query_codes.make()
    assert len(code) == 13
    assert query_codes.is_sound(query_codes.plain(query_codes.grouped(code).lower()))
    for place in range(13):
        for sign in query_codes.ALPHABET:
            if sign != code[place]:
                assert not query_codes.is_sound(code[:place] + sign + code[place + 1 :])
    for place in range(12):
        swapped = code[:place] + code[place + 1] + code[place] + code[place + 2 :]
        assert swapped == code or not query_codes.is_sound(swapped)
    assert query_codes.plain("Ａbc－1Il oO") == "ABC11100"
