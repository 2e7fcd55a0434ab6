"""Goes through every cell of the table and says what is not as it stands there."""

from collections import Counter
from collections.abc import Iterable
from dataclasses import dataclass, field

from tests.matrix.asking import VISITOR, Answer, Asker
from tests.matrix.canaries import SUBJECTS
from tests.matrix.lines import Line, lines

SECRET = set("IKTHFNC")
"""Groups whose reading must stand in the log: not references, nor words that the staff wrote about themselves."""
PLAIN_KINDS = ("-",)
JOINED = tuple(subject for subject in SUBJECTS if subject != "taken_back")
"""Whose consent was taken back is to nobody but the receiver anything else than somebody unknown."""
SUCCESS = range(200, 400)


@dataclass
class Result:
    """What a run has tried and found."""

    cells: int = 0
    requests: int = 0
    canaries: int = 0
    """Sightings of a group of a subject in an answer."""
    looks: int = 0
    """Pages that showed somebody and stand in the log."""
    faults: list[str] = field(default_factory=list)
    reached: Counter[str] = field(default_factory=Counter)
    """Endpoint → cells that were answered with success."""


def go(asker: Asker, wanted: Iterable[Line] | None = None) -> Result:
    """Try every line, role and subject."""
    result = Result()
    for line in wanted if wanted is not None else lines():
        for role in (*asker.cookies, VISITOR):
            _role(asker, line, role, result)
    return result


def _role(asker: Asker, line: Line, role: str, result: Result) -> None:
    keyed = line.kind not in PLAIN_KINDS and "=" not in line.kind
    if role == VISITOR:
        _visitor(asker, line, result)
        return
    unknown: Answer | None = None
    if keyed:
        unknown = asker.ask(role, line.method, _address(asker, line, None, role), line.sent)
        result.requests += 1
        result.cells += 1
        if unknown.status != 404:
            result.faults.append(f"{line.endpoint} {line.method} {role}: a key nobody has answers {unknown.status}")
    answer: Answer | None = None
    for subject in SUBJECTS if role == "officer" else JOINED:
        if keyed or answer is None:
            answer = asker.ask(role, line.method, _address(asker, line, subject, role), line.sent)
            result.requests += 1
        result.cells += 1
        _check(asker, line, (role, subject), answer=answer, unknown=unknown, result=result)


def _address(asker: Asker, line: Line, subject: str | None, role: str) -> str:
    return asker.address(line.endpoint, line.method, line.kind, subject, role)


OPEN = {"phone.show_manifest", "phone.show_words", "phone.show_worker", "plans.download_calendar"}
"""What a browser fetches by itself before anybody has signed in, and what opens with a secret in its address."""


def _visitor(asker: Asker, line: Line, result: Result) -> None:
    answer = asker.ask(VISITOR, line.method, _address(asker, line, "own", "worker"), line.sent)
    result.requests += 1
    result.cells += 1
    if answer.found:
        result.faults.append(f"{line.endpoint} {line.method} visitor: sees {answer.found}")
    open_to_all = line.endpoint.startswith(("account.", "public.")) or line.endpoint in OPEN
    if answer.status not in (302, 303) and not open_to_all:
        result.faults.append(f"{line.endpoint} {line.method} visitor: {answer.status} instead of the sign-in")


def _check(
    asker: Asker, line: Line, at: tuple[str, str], *, answer: Answer, unknown: Answer | None, result: Result
) -> None:
    role, subject = at
    cell = f"{line.endpoint} {line.method} {role} {subject}"
    expected = line.expected(role, subject)
    elsewhere = any(role == name for name, _subject in line.cells)
    status = expected.status if expected else 404
    if not (unknown is None and expected is None and elsewhere) and answer.status != status:
        result.faults.append(
            f"{cell}: {answer.status} instead of {status} {answer.body if answer.status == 500 else ''}"
        )
        return
    if expected is None and unknown is not None and answer.body != unknown.body:
        result.faults.append(f"{cell}: 404 differs from that of a key nobody has")
    if answer.status in SUCCESS and expected is not None:
        result.reached[line.endpoint] += 1
    found = {whose: set(groups) for whose, groups in answer.found.items()}
    if subject != "opened" and (role, "opened") in asker.district.glass_roles:
        found.get("opened", set()).discard("O")  # the bar of every page says which files are open
    seen = found.get(subject, set())
    allowed, required = (expected.allowed, expected.required) if expected else (set(), set())
    if subject == "opened" and (role, "opened") in asker.district.glass_roles:
        allowed = allowed | {"O"}
    if seen - allowed:
        result.faults.append(f"{cell}: shows {''.join(sorted(seen - allowed))}")
    if required - seen:
        result.faults.append(f"{cell}: lacks {''.join(sorted(required - seen))}")
    if unknown is not None:
        others = {whose: groups for whose, groups in found.items() if whose != subject and groups}
        if others:
            result.faults.append(f"{cell}: shows others too: {others}")
    result.canaries += len(seen)
    if seen & SECRET:
        result.looks += 1
        if asker.district.keys[subject]["person"] not in answer.read:
            result.faults.append(f"{cell}: shows {''.join(sorted(seen & SECRET))} and the log does not say so")
