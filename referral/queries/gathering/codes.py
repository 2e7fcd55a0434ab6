"""Which number or bit stands for which code, in one problem: by the codes' own order, so that rows may come as they
like."""

import hashlib
from collections.abc import Iterable, Mapping
from dataclasses import dataclass

import numpy as np
from numpy.typing import NDArray

from referral.queries.gathering.raw import Keys, keys
from referral.queries.gathering.rows import History, NeedFacts, OpeningFacts

SEX = {None: 0, "any": 0, "male": 1, "female": 2}
WORKER_BITS = {"male": 1, "female": 2}
PLAIN_LANGUAGE = "zh"
"""What everybody speaks; a need in it asks for nothing special."""
DIALECT = "zh-dialect"
NEEDS_DIALECT = "needs_dialect"
"""Feature of a person who is not helped without the dialect: then the language is a hard rule."""
TOWNSHIP_DIGITS = 9


@dataclass(frozen=True, eq=False)
class Codes:
    """Which number or bit stands for which code."""

    terms: Keys
    """Sorted; a term's number is its place here."""
    providers: Keys
    """Sorted; as the terms."""
    statuses: Mapping[str, int]
    features: Mapping[str, int]
    languages: Mapping[str, int]

    @classmethod
    def of(cls, needs: NeedFacts, openings: OpeningFacts, history: History) -> "Codes":
        """Return the codes of a problem; OverflowError where there are more codes of a kind than bits."""
        rows = openings.openings
        offered = [keys([row.term_id for row in rows]), keys([row.organization_id for row in rows])]
        spoken = {language for row in rows for language in row.languages.split()}
        asked = {
            own if own != PLAIN_LANGUAGE else other
            for own, other in set(zip(needs.language, needs.spoken, strict=True))
        }
        wanted = asked - {PLAIN_LANGUAGE} | ({DIALECT} if NEEDS_DIALECT in needs.features.codes else set())
        return cls(
            terms=np.unique(np.concatenate([needs.terms, offered[0]])),
            providers=np.unique(np.concatenate([offered[1], history.helped[1], needs.preferred[1]])),
            statuses=_bits({code for some in openings.statuses.values() for code in some}, 64),
            features=_bits({code for some in openings.features.values() for code in some}, 64),
            languages=_bits(spoken | wanted, 32),
        )


def district_of(area_code: str) -> str:
    """Return the township of a division's code."""
    return area_code[:TOWNSHIP_DIGITS]


def mask(codes: Iterable[str], bits: Mapping[str, int]) -> int:
    """Return the bits of codes; those nobody asks for have none."""
    found = 0
    for code in codes:
        found |= bits.get(code, 0)
    return found


def status_mask(code: str, bits: Mapping[str, int]) -> int:
    """Return the bits of a status held: 2.1 also counts where a service asks for all of category 2."""
    return mask((code, code.split(".", maxsplit=1)[0]), bits)


def tie_keys(given: Keys) -> NDArray[np.uint64]:
    """Return a stable 64-bit hash of each record's key, so that no order of rows decides between equals."""
    whole, blake = given.tobytes(), hashlib.blake2b
    hashed = [blake(whole[start : start + 16], digest_size=8).digest() for start in range(0, len(whole), 16)]
    return np.frombuffer(b"".join(hashed), ">u8").astype(np.uint64)


def _bits(codes: set[str], width: int) -> dict[str, int]:
    if len(codes) > width:
        raise OverflowError(f"{len(codes)} codes do not fit into {width} bits")
    return {code: 1 << number for number, code in enumerate(sorted(codes))}
