#!/usr/bin/env python3
"""Set up, start and check Yuanqiao with nothing but Python 3.11 or newer.

python3 dev.py run [--port N]                    make what is missing, then serve the demonstration
python3 dev.py test [PYTEST ARGUMENTS]           every check; with arguments, only those tests
python3 dev.py lint                              style, types, imports, translations, secrets, advisories
python3 dev.py bench [--needs N …] [--json FILE] how long a round and the pages take; --check fails where a bar is
                                                 missed; --rounds-only; --kills N kills the server; --database
                                                 sqlite|postgresql|both: a whole round through the database
python3 dev.py wheel-test [PYTEST ARGUMENTS]     the tests against the built package
python3 dev.py lock [--upgrade]                  write both requirements files again
"""

from __future__ import annotations

import argparse
import hashlib
import json
import os
import platform
import re
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from collections.abc import Callable
from pathlib import Path
from subprocess import DEVNULL

HERE = Path(__file__).resolve().parent
VENV = HERE / ".venv"
BIN = "Scripts" if os.name == "nt" else "bin"
COMMAND = "from referral.cli import main; main()"
CATALOGUE = "from referral.catalogue import main; main()"
SAID = {0: "ok", 75: "COULD NOT BE LOOKED UP: see above"}
BROWSERS = ("chromium", "chromium-browser", "google-chrome", "google-chrome-stable")
BROWSER_PACKAGES = ("chromium", "fonts-noto-cjk", "libatomic1")
LEAKS = ("REFERRAL_", "FLASK_", "PYTHONPATH", "PYTHONHOME", "PYTHONWARNINGS", "PYTEST_", "VIRTUAL_ENV")


class Trouble(Exception):
    """What stops the command, in words for the person who typed it."""


def python(venv: Path = VENV, tool: str = "python") -> str:
    """The interpreter of an environment, or another program of its."""
    return str(venv / BIN / tool)


def environment(**extra: str) -> dict[str, str]:
    """Our environment without the settings that would change what a check sees, and with `extra`."""
    return {k: v for k, v in os.environ.items() if not k.startswith(LEAKS)} | extra


def call(*command: str, env: dict[str, str] | None = None, cwd: Path = HERE) -> int:
    """Run a command with its output on the screen and no keyboard; its exit code."""
    return subprocess.run(command, env=env or environment(), cwd=cwd, stdin=DEVNULL).returncode


def quietly(*command: str, env: dict[str, str] | None = None) -> str:
    """Run a command without its output; what it said when it failed, else nothing."""
    try:
        done = subprocess.run(command, env=env or environment(), stdin=DEVNULL, capture_output=True, text=True)
    except OSError as error:
        return str(error)
    return "" if done.returncode == 0 else (done.stderr or done.stdout or f"{command[0]} failed").strip()


def apt(*packages: str) -> bool:
    """Install Debian packages where we may; whether that worked."""
    if not (shutil.which("apt-get") and hasattr(os, "geteuid") and os.geteuid() == 0):
        return False
    print(f"Installing {' '.join(packages)} with apt-get …", flush=True)
    env = environment(DEBIAN_FRONTEND="noninteractive")
    options = ("-y", "--no-install-recommends", "-o", "DPkg::Lock::Timeout=300")
    install = ("apt-get", "install", *options, *packages)
    if not quietly(*install, env=env):
        return True
    quietly("apt-get", "update", env=env)
    failure = quietly(*install, env=env)
    print(failure[-2000:], file=sys.stderr)
    return not failure


def make_venv(folder: Path) -> None:
    """An environment with pip in it, made again when its interpreter is gone."""
    if not quietly(python(folder), "-m", "pip", "--version"):
        return
    print(f"Making {folder.name} …", flush=True)
    make = (sys.executable, "-m", "venv", "--clear", str(folder))
    if quietly(*make) and not (apt("python3-venv") and not quietly(*make)):
        raise Trouble("Python cannot make a virtual environment. On Debian: apt-get install python3-venv")


def bring_uv(folder: Path) -> str:
    """uv, brought by pip at the version and hash of the developers' lock."""
    lock = (HERE / "requirements-dev.txt").read_text()
    pin = re.search(r"^uv==(?:.*\\\n)*.*\n", lock, re.MULTILINE)
    if pin and quietly(python(folder, "uv"), "--version"):
        with tempfile.TemporaryDirectory() as temporary:
            wanted = Path(temporary) / "uv.txt"
            wanted.write_text(pin[0])
            quietly(python(folder), "-m", "pip", "install", "--require-hashes", "-r", str(wanted))
    return python(folder, "uv")


def uv_settings(folder: Path) -> dict[str, str]:
    """What pip knows and uv does not: the index it is set to, and the certificates this machine trusts."""
    command = (python(folder), "-m", "pip", "config", "get", "global.index-url")
    said = subprocess.run(command, stdin=DEVNULL, capture_output=True, text=True).stdout.strip()
    index = os.environ.get("UV_DEFAULT_INDEX") or os.environ.get("PIP_INDEX_URL") or said
    return {"UV_SYSTEM_CERTS": "1"} | ({"UV_DEFAULT_INDEX": index} if index else {})


def install(folder: Path, *arguments: str) -> None:
    """Install into an environment with uv, and with pip where that fails."""
    uv = [bring_uv(folder), "pip", "install", "--python", python(folder)]
    failure = quietly(*uv, *arguments, env=environment(**uv_settings(folder)))
    if failure and (failure := quietly(python(folder), "-m", "pip", "install", *arguments)):
        raise Trouble(f"{failure[-2000:]}\n\nThe requirements could not be installed: is the network there?")


def ready(kind: str) -> None:
    """Bring the environment to the lock `run` or `dev`; nothing happens when it is there already."""
    locks = {k: HERE / f"requirements-{k}.txt" for k in ("run", "dev")}
    digests = {k: hashlib.sha256(lock.read_bytes()).hexdigest() for k, lock in locks.items()}
    stamp = VENV / "installed.json"
    stood = json.loads(stamp.read_text()) if stamp.exists() else {}
    if stood.get(kind) == digests[kind] and Path(python()).exists():
        return
    make_venv(VENV)
    print(f"Installing {locks[kind].name} …", flush=True)
    install(VENV, "--require-hashes", "-r", str(locks[kind]))
    put_command(VENV)
    # The developers' lock holds the other at the same versions.
    stamp.write_text(json.dumps(digests if kind == "dev" else stood | {kind: digests[kind]}))


def put_command(folder: Path) -> None:
    """Let the environment find this checkout, and put the command `referral` into it."""
    places = (folder / "Lib" / "site-packages", *folder.glob("lib/python3.*/site-packages"))
    packages = next(filter(Path.is_dir, places))
    (packages / "yuanqiao.pth").write_text(f"{HERE}\n")
    script = folder / BIN / "referral"
    script.write_text(f"#!/bin/sh\nexec '{python(folder)}' -c '{COMMAND}' \"$@\"\n")
    script.chmod(0o755)


def compile_translations() -> None:
    """Compile the catalogues when a source of theirs is newer."""
    folder = HERE / "referral" / "translations"
    newest = max((p.stat().st_mtime for p in folder.rglob("*.json")), default=0.0)
    oldest = min((p.stat().st_mtime for p in folder.rglob("*.mo")), default=0.0)
    if newest > oldest and (failure := quietly(python(), "-c", CATALOGUE)):
        raise Trouble(f"{failure}\n\nThe translations could not be compiled.")


def find_browser() -> None:
    """See that Chromium and what it needs are there; install them where we may."""
    found = os.environ.get("CHROMIUM") or next(filter(None, map(shutil.which, BROWSERS)), None)
    wanted = BROWSER_PACKAGES[1:] if found else BROWSER_PACKAGES
    if shutil.which("dpkg") and (missing := [p for p in wanted if quietly("dpkg", "-s", p)]):
        apt(*missing)
    if not (found or any(map(shutil.which, BROWSERS))):
        raise Trouble(
            f"The journeys need Chromium. On Debian, as root: apt-get install {' '.join(BROWSER_PACKAGES)}\n"
            "Elsewhere install Chromium or Chrome, or set CHROMIUM to its path."
        )


def run(port: int) -> None:
    """Serve the demonstration on this machine, in the place of this process."""
    ready("run")
    compile_translations()
    try:
        socket.create_server(("127.0.0.1", port)).close()
    except (OSError, OverflowError) as error:
        advice = f"python3 dev.py run --port {port + 1 if port < 65535 else 8000}"
        reason = os.strerror(error.errno or 0) if isinstance(error, OSError) else str(error)
        raise Trouble(f"Port {port} cannot be had: {reason}. Try: {advice}") from None
    command = [python(), "-c", COMMAND, "run", "--demo", "--host", "127.0.0.1", "--port", str(port)]
    if os.name == "nt":
        sys.exit(subprocess.run(command).returncode)
    os.execv(command[0], command)  # so that no child is left behind when this process is ended


def lint(**more: list[str]) -> None:
    """The checks that read the code without running it, and any `more` steps after them."""
    ready("dev")
    compile_translations()
    steps = {
        "style": [python(), "-m", "ruff", "check", "."],
        "types": [python(), "-m", "mypy"],
        "imports": [python(VENV, "lint-imports")],
        "translations": [python(), "-c", CATALOGUE, "--check"],
        **{name: [python(), "-m", f"tests.checks.{name}"] for name in ("secrets", "advisories")},
    }
    results = []
    for name, command in (steps | more).items():
        print(f"\n── {name}", flush=True)
        began = time.monotonic()
        results.append((name, call(*command), time.monotonic() - began))
    print()
    for name, code, seconds in results:
        print(f"{name:<14}{seconds:7.1f} s  {SAID.get(code, f'FAILED ({code})')}")
    if any(code not in SAID for _, code, _ in results):
        raise Trouble("Not all is well: see above.")


def test(arguments: list[str]) -> None:
    """Every check there is; with arguments only the tests they choose."""
    began = time.monotonic()
    ready("dev")
    compile_translations()
    find_browser()
    print(f"Set-up took {time.monotonic() - began:.1f} s.", flush=True)
    pytest = [python(), "-m", "pytest"]
    if arguments:
        sys.exit(call(*pytest, *arguments))
    lint(tests=[*pytest, "-n", "2", "--dist", "worksteal", "--durations", "15"])


def bench(needs: list[int], report: str | None, kills: int | None, database: str | None, flags: list[str]) -> None:
    """Measure rounds and pages, as a table and, where asked for, as JSON; with `database` a whole round through it.

    Or kill the server under load so often.
    """
    ready("dev" if kills or database else "run")
    if kills:
        killing = ("-m", "pytest", "tests/referral/test_kills.py", "-q", "-s")
        sys.exit(call(python(), *killing, env=environment(YUANQIAO_KILLS=str(kills))))
    options = ["--json", report] if report else []
    if database:
        words = ("-m", "referral.bench_database", "--database", database, "--needs", str(needs[-1]), *options)
        sys.exit(call(python(), *words))
    sys.exit(call(python(), "tests/bench.py", "--needs", *map(str, needs), *options, *flags))


def wheel_test(arguments: list[str]) -> None:
    """Build the wheel, install it away from the checkout, and run the tests there against it."""
    ready("dev")
    compile_translations()
    find_browser()
    with tempfile.TemporaryDirectory(prefix="yuanqiao-wheel-") as temporary:
        away = Path(temporary)
        if failure := quietly(python(), "-m", "build", "--wheel", "--no-isolation", "--outdir", temporary):
            raise Trouble(f"{failure}\n\nThe wheel could not be built.")
        wheel = next(away.glob("*.whl"))
        make_venv(away / "venv")
        install(away / "venv", "--require-hashes", "-r", str(HERE / "requirements-dev.txt"))
        install(away / "venv", "--no-deps", str(wheel))
        left_out = shutil.ignore_patterns("architecture", "__pycache__")  # the first reads the checkout
        shutil.copytree(HERE / "tests", away / "tests", ignore=left_out)
        shutil.copy(HERE / "pyproject.toml", away)
        env = environment(YUANQIAO_SHARED=str(HERE.parent / "shared"))
        print(f"Testing {wheel.name} away from the checkout", flush=True)
        code = call(python(away / "venv"), "-m", "pytest", "-n", "2", *arguments, env=env, cwd=away)
    sys.exit(code)


def lock(upgrade: bool) -> None:
    """Write both requirements files again; versions stay unless `upgrade`."""
    ready("dev")
    common = ["--universal", "--python-version=3.11", "--generate-hashes", "--no-emit-index-url", "--quiet"]
    common += ["--custom-compile-command=python3 dev.py lock", *(["--upgrade"] if upgrade else [])]
    for kind, extra in (("dev", ["--group", "dev", "--extra", "cluster"]), ("run", ["-c", "requirements-dev.txt"])):
        target = f"requirements-{kind}.txt"
        if call(bring_uv(VENV), "pip", "compile", "pyproject.toml", *common, *extra, "-o", target):
            raise Trouble(f"{target} could not be written.")


def main() -> None:
    """Read the command line and do what it says."""
    if sys.version_info < (3, 11):
        raise Trouble(f"Yuanqiao needs Python 3.11 or newer; this is {platform.python_version()}.")
    parser = argparse.ArgumentParser(usage=__doc__)
    commands = parser.add_subparsers(dest="command", required=True, metavar="COMMAND")
    parsers = {name: commands.add_parser(name) for name in ("run", "test", "lint", "bench", "wheel-test", "lock")}
    parsers["run"].add_argument("--port", type=int, default=8000)
    parsers["bench"].add_argument("--needs", type=int, nargs="+", default=[10_000])
    parsers["bench"].add_argument("--json", type=os.path.abspath)
    parsers["bench"].add_argument("--kills", type=int)
    parsers["bench"].add_argument("--database", choices=("sqlite", "postgresql", "both"))
    flags = {f"--{name}": name.replace("-", "_") for name in ("check", "rounds-only")}
    for flag in flags:
        parsers["bench"].add_argument(flag, action="store_true")
    parsers["lock"].add_argument("--upgrade", action="store_true")
    given, rest = parser.parse_known_args()
    if rest and given.command not in ("test", "wheel-test"):
        parser.error(f"unknown: {' '.join(rest)}")
    deeds: dict[str, Callable[[], None]] = {
        "run": lambda: run(given.port),
        "test": lambda: test(rest),
        "lint": lint,
        "bench": lambda: bench(
            given.needs, given.json, given.kills, given.database, [f for f, n in flags.items() if getattr(given, n)]
        ),
        "wheel-test": lambda: wheel_test(rest),
        "lock": lambda: lock(given.upgrade),
    }
    os.chdir(HERE)
    deeds[given.command]()


if __name__ == "__main__":
    try:
        main()
    except Trouble as trouble:
        sys.exit(str(trouble))
    except KeyboardInterrupt:
        sys.exit(130)
