"""Asks OSV (osv.dev) whether a version that the locks pin has a known weakness: one question for all packages.

Beside them an old version with a known weakness is asked for: where that does not come back, the answer is worth
nothing, and that is said instead of "no known weaknesses". Ends with 0 (clean), 1 (weak), 75 (could not be looked up; 1
with YUANQIAO_ADVISORIES=required, for machines that do have the network).
"""

import json
import os
import re
import sys
import urllib.request
from pathlib import Path
from typing import Any

HERE = Path(__file__).resolve().parents[2]
SOURCE = "https://api.osv.dev/v1/querybatch"
PROBE = ("jinja2", "2.4.1")
"""Has had known weaknesses for years."""
SECONDS = 10
NOT_LOOKED_UP = 75
ACCEPTED: dict[str, str] = {}
"""Advisory → why it does not concern us, and until when that holds."""


class NoAnswer(Exception):
    """The source could not be asked, or its answer cannot be trusted."""


def pinned(lock: str) -> list[tuple[str, str]]:
    """Name and version of every package in the text of a lock."""
    return re.findall(r"^([A-Za-z0-9._-]+)(?:\[[^\]]*\])?==([^\s;\\]+)", lock, re.MULTILINE)


def asked(source: str, packages: list[tuple[str, str]]) -> list[list[str]]:
    """The advisories of each package, in order; raises NoAnswer."""
    queries = [{"package": {"name": name, "ecosystem": "PyPI"}, "version": version} for name, version in packages]
    body = json.dumps({"queries": queries}).encode()
    request = urllib.request.Request(source, body, {"Content-Type": "application/json"})  # noqa: S310  our own address
    try:
        with urllib.request.urlopen(request, timeout=SECONDS) as answer:  # noqa: S310
            return read(json.load(answer), len(packages))
    except (OSError, ValueError) as error:
        raise NoAnswer(f"{source}: {error}") from None


def read(answer: Any, number: int) -> list[list[str]]:
    """The advisories of each package in an answer of OSV; raises NoAnswer for one of another shape."""
    try:
        results = [[str(one["id"]) for one in (result or {}).get("vulns", [])] for result in answer["results"]]
    except (KeyError, TypeError, AttributeError) as error:
        raise NoAnswer(f"an answer of another shape: {error!r}") from None
    if len(results) != number:
        raise NoAnswer(f"{len(results)} answers to {number} questions")
    return results


def weak(source: str, packages: list[tuple[str, str]]) -> dict[tuple[str, str], list[str]]:
    """The packages with advisories that nobody has accepted; raises NoAnswer, also where the probe comes back clean."""
    *found, probe = asked(source, [*packages, PROBE])
    if not probe:
        raise NoAnswer(f"{source} knows no weakness of {PROBE[0]} {PROBE[1]}, so it knows nothing")
    open_ones = {
        package: [one for one in ids if one not in ACCEPTED] for package, ids in zip(packages, found, strict=True)
    }
    return {package: ids for package, ids in open_ones.items() if ids}


def main() -> int:
    """Print what is known about the packages of both locks."""
    locks = [(HERE / f"requirements-{kind}.txt").read_text("utf-8") for kind in ("run", "dev")]
    packages = sorted({package for lock in locks for package in pinned(lock)})
    try:
        found = weak(os.environ.get("YUANQIAO_OSV", SOURCE), packages)
    except NoAnswer as reason:
        print(f"COULD NOT BE LOOKED UP: nothing is known about {len(packages)} packages. {reason}")
        return 1 if os.environ.get("YUANQIAO_ADVISORIES") == "required" else NOT_LOOKED_UP
    for (name, version), ids in found.items():
        print(f"{name} {version}: {', '.join(ids)}")
    print(f"{len(packages)} packages, {len(found)} with known weaknesses")
    return 1 if found else 0


if __name__ == "__main__":
    sys.exit(main())
