"""What is known of single pairs: who was asked before, whose place gives too little, who helped the person."""

from collections.abc import Sequence

import numpy as np

from matching import PairFacts, Rule
from referral.queries.gathering.codes import Codes
from referral.queries.gathering.raw import Ints, joined, keys, numbered
from referral.queries.gathering.rows import History, NeedFacts, OpeningRow


def pair_arrays(needs: NeedFacts, openings: Sequence[OpeningRow], history: History, codes: Codes) -> PairFacts:
    """Return the engine's table of pairs."""
    refused, asked = refusals(needs, openings, history)
    too_much, too_little = more_than_a_place_gives(needs, openings, codes)
    known, helper = continuity(needs, history, codes)
    rules = (int(Rule.REJECTED_BEFORE), len(refused)), (int(Rule.QUANTITY), len(too_much))
    return PairFacts(
        forbidden_need=np.concatenate([refused, too_much]).astype(np.int32),
        forbidden_opening=np.concatenate([asked, too_little]).astype(np.int32),
        forbidden_rule=np.concatenate([np.full(count, rule, np.uint32) for rule, count in rules]),
        continuity_need=known.astype(np.int32),
        continuity_provider=helper.astype(np.int32),
    )


def refusals(needs: NeedFacts, openings: Sequence[OpeningRow], history: History) -> tuple[Ints, Ints]:
    """Needs and the openings at the places that said no to them before."""
    need, _ = numbered(history.rejected[0], needs.ids)
    places = keys([row.service_at_location_id for row in openings])
    order = np.argsort(places, kind="stable")
    return joined(need, history.rejected[1], places[order], order)


def more_than_a_place_gives(needs: NeedFacts, openings: Sequence[OpeningRow], codes: Codes) -> tuple[Ints, Ints]:
    """Pairs whose need is wanted once, and whose place gives less than that in its whole period."""
    once = np.flatnonzero(np.array([frequency == "once" for frequency in needs.frequency], dtype=np.bool_))
    limited = np.array([row for row, one in enumerate(openings) if one.units_per_place is not None], dtype=np.int64)
    most = np.array([openings[row].units_per_place for row in limited.tolist()], dtype=np.float64)
    terms = keys([openings[row].term_id for row in limited.tolist()])
    order = np.argsort(terms, kind="stable")
    row, place = joined(once, needs.terms[once], terms[order], order)
    beyond = needs.quantity[row] > most[place]
    return row[beyond], limited[place[beyond]]


def continuity(needs: NeedFacts, history: History, codes: Codes) -> tuple[Ints, Ints]:
    """Needs and the providers that keep continuity: the one asked for, else all that helped the person before."""
    named, organizations = needs.preferred
    free = np.ones(len(needs), dtype=np.bool_)
    free[named] = False
    asks_nobody = np.flatnonzero(free)
    helped, providers = history.helped
    order = np.argsort(helped, kind="stable")
    need, place = joined(asks_nobody, needs.people[asks_nobody], helped[order], order)
    rows = np.concatenate([named, need])
    found = numbered(np.concatenate([organizations, providers[place]]), codes.providers)[0]
    first = np.lexsort((found, rows))
    return rows[first], found[first]
