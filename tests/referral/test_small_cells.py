"""Figures of few people are withheld, and cannot be computed from those that are told."""

import itertools
import random
from collections.abc import Iterator

import pytest

from referral.evaluation.pseudonyms import LETTERS, pseudonym
from referral.withheld import FEWEST, withheld


def possible(counts: list[int], hidden: frozenset[int]) -> dict[int, set[int]]:
    """What each small cell could be, for somebody who knows the total, and which withheld cells are the small ones."""
    known = sum(counts[place] for place in hidden)
    small = [place for place in sorted(hidden) if 0 < counts[place] < FEWEST]
    large = [place for place in hidden if counts[place] >= FEWEST]
    zeros = len(hidden) - len(small) - len(large)
    found: dict[int, set[int]] = {place: set() for place in small}
    for guess in itertools.product(range(1, FEWEST), repeat=len(small)):
        rest = known - sum(guess)
        fits = rest >= FEWEST * len(large) if large or zeros else rest == 0
        if fits:
            for place, value in zip(small, guess, strict=True):
                found[place].add(value)
    return found


def tables(many: int) -> Iterator[list[int]]:
    chance = random.Random(5)  # noqa: S311  the same tables in every run
    for _table in range(many):
        yield [chance.choice([0, 1, 2, 3, 4, 6, 9, 20, 75]) for _cell in range(chance.randint(2, 7))]


def test_no_small_figure_can_be_computed() -> None:
    tried = 0
    for counts in tables(3000):
        hidden = withheld(counts)
        assert all(place in hidden for place, count in enumerate(counts) if 0 < count < FEWEST)
        if len(hidden) < len(counts):
            for place, values in possible(counts, hidden).items():
                tried += 1
                assert len(values) > 1, (counts, sorted(hidden), place)
    print(f"{tried} small figures attacked, none recovered")  # noqa: T201
    assert tried > 3000


def test_withholding_the_small_ones_alone_gives_many_away() -> None:
    """The naive way, tried by the same attack: it must be found wanting."""
    tried = recovered = 0
    for counts in tables(3000):
        small = frozenset(place for place, count in enumerate(counts) if 0 < count < FEWEST)
        for values in possible(counts, small).values():
            tried += 1
            recovered += len(values) == 1
    print(f"{recovered} of {tried} recovered without complementary suppression")  # noqa: T201
    assert recovered / tried > 0.1


def test_nothing_small_nothing_withheld() -> None:
    assert withheld([0, 5, 12, 0]) == frozenset()
    assert withheld([]) == frozenset()


def test_one_small_figure_takes_the_smallest_other_with_it() -> None:
    assert withheld([40, 3, 8, 0]) == {1, 2}


@pytest.mark.usefixtures("app")
def test_a_pseudonym_is_the_readers_own() -> None:
    from uuid import uuid4

    from models import Account

    one, other = Account(id=uuid4()), Account(id=uuid4())
    people = [uuid4() for _person in range(2000)]
    mine = [pseudonym(person, one) for person in people]
    assert mine == [pseudonym(person, one) for person in people]
    assert len(set(mine)) == len(people)
    assert not set(mine) & {pseudonym(person, other) for person in people}
    assert set("".join(mine)) <= {*LETTERS, "-"}
