"""Looks for secrets in the files of the repository: keys, tokens, passwords, and ID numbers that could be somebody's.

A hit that is none stands in KNOWN with its reason. Own and short, because the known scanners took half a minute here
and cannot tell an invented ID number from a real one.
"""

import math
import re
import subprocess
import sys
from collections import Counter
from collections.abc import Iterator
from pathlib import Path

HERE = Path(__file__).resolve().parents[2]
RULES = {
    "private key": re.compile(r"-----BEGIN [A-Z ]*PRIVATE KEY-----"),
    "key of a cloud": re.compile(r"\b(AKIA[0-9A-Z]{16}|AIza[\w-]{35}|LTAI[0-9A-Za-z]{12,20}|AKID[0-9A-Za-z]{32})\b"),
    "token of a service": re.compile(
        r"\b(gh[pousr]_\w{36}|github_pat_\w{40,}|glpat-[\w-]{20}|xox[abprs]-[\w-]{10,}|pypi-\w{50,})"
    ),
    "signed token": re.compile(r"\beyJ[\w-]{10,}\.eyJ[\w-]{10,}\.[\w-]{10,}"),
    "address with a password": re.compile(r"\b\w+://[^\s/:@\"'{}<>]+:[^\s/@\"'{}<>]{3,}@[\w.-]+"),
    "password in clear": re.compile(
        r"""(?i)\b\w*(?:password|passwd|secret|api_?key|token|passphrase)["']?\s*[:=]\s*"""
        r"""["'](?![a-z_]+["'])([!#&(-;=?-z|~]{8,})["']"""
    ),
}
RANDOM = re.compile(r"""["'=\s]([A-Za-z0-9+/_-]{40,}={0,2})["'\s]""")
LEAST_BITS = 4.6
"""Bits a character: words and hexadecimal digits have fewer, random base64 has more."""
LEFT_OUT = re.compile(r"requirements-\w+\.txt|tests/static/|\.(svg|png|csv|mo|json|html)$")
"""For the rule of random text only: hashes of packages, drawings, lists."""
KNOWN = {
    ("referral/actions/seeding/accounts.py", "password in clear"): "printed at the start of the demonstration",
    ("referral/bench.py", "password in clear"): "of the demonstration",
    ("templates/account/sign_in.html", "password in clear"): "of the demonstration, shown on its own sign-in page",
    ("tests/referral/test_sign_in.py", "password in clear"): "a password that everybody guesses, to be refused",
    ("tests/referral/test_webhooks.py", "password in clear"): "the published example of Standard Webhooks",
    ("tests/referral/test_webhooks.py", "address with a password"): "an address that must be refused",
    ("tests/killing.py", "password in clear"): "of the demonstration",
    ("tests/referral/test_rounds_demonstration.py", "password in clear"): "of the demonstration",
}
"""(file, rule) → why it is none. For tests a whole rule is never left out: each file is named."""


def entropy(text: str) -> float:
    """Bits a character."""
    counts = Counter(text)
    return -sum(n / len(text) * math.log2(n / len(text)) for n in counts.values())


def hits(name: str, text: str) -> Iterator[tuple[int, str, str]]:
    """Line, rule and the beginning of everything in a text that looks like a secret."""
    for number, line in enumerate(text.splitlines(), 1):
        for rule, pattern in RULES.items():
            if found := pattern.search(line):
                yield number, rule, found[0][:24]
        if not LEFT_OUT.search(name):
            for found in RANDOM.finditer(f" {line} "):
                if entropy(found[1]) >= LEAST_BITS:
                    yield number, "random text", found[1][:12]


def tracked() -> Iterator[tuple[str, str]]:
    """Name and text of the files that are or would be committed."""
    command = ["git", "ls-files", "-z", "--cached", "--others", "--exclude-standard"]
    names = subprocess.run(command, cwd=HERE, check=True, capture_output=True, text=True).stdout.split("\0")
    for name in filter(None, names):
        file = HERE / name
        if file.is_file() and name != "tests/checks/secrets.py":
            try:
                yield name, file.read_text("utf-8")
            except UnicodeDecodeError:
                continue


def main() -> int:
    """Print what was found; 1 if there is anything that KNOWN does not explain, or if KNOWN explains nothing."""
    files, unknown, explained = 0, [], set()
    for name, text in tracked():
        files += 1
        for number, rule, begin in hits(name, text):
            if (name, rule) in KNOWN:
                explained.add((name, rule))
            else:
                unknown.append(f"{name}:{number}: {rule}: {begin}…")
    stale = [f"{name}: {rule}: stands in KNOWN and is not there" for name, rule in KNOWN.keys() - explained]
    print("\n".join([*unknown, *stale, f"{files} files, {len(unknown)} secrets, {len(explained)} explained"]))
    return 1 if unknown or stale or not files else 0


if __name__ == "__main__":
    sys.exit(main())
