"""The real server under write load, ended with kill -9 again and again: what it acknowledged must be there once.

Clients log visits as phones do: each entry has a key, and is sent again with the same key until it is acknowledged.
The server is ended in the middle of that, as soon as a number of answers was seen, never by a timer.
"""

import http.client
import os
import random
import re
import secrets
import signal
import socket
import subprocess
import sys
import time
import urllib.parse
from collections.abc import Iterator
from contextlib import closing, contextmanager, suppress
from dataclasses import dataclass, field
from pathlib import Path
from threading import Event, Lock, Thread
from typing import Any

HERE = Path(__file__).resolve().parents[1]
PASSWORD = "yuanqiao-demo"
CLIENTS = ("station", "station2", "station3", "station4", "station5")
PATIENCE = 60.0
SERVE = "import sys; sys.argv = ['referral', *sys.argv[1:]]; from referral.cli import main; main()"
BUSY = 503
MUTANT = "from tests.killing import answer_first; answer_first(); "


@dataclass
class Counters:
    """What happened, for the line that a run prints."""

    kills: int = 0
    landed: int = 0
    """Kills that cut off at least one request that was under way."""
    acknowledged: set[str] = field(default_factory=set)
    sent_again: int = 0
    busy: int = 0
    """Times that somebody was asked to send again, because the one writer of SQLite was waited for too long."""
    refused: list[int] = field(default_factory=list)
    """Answers of 400 and more."""

    def __str__(self) -> str:
        return (
            f"{self.kills} kills, {self.landed} with requests under way, {len(self.acknowledged)} writes acknowledged, "
            f"{self.sent_again} sent again, {self.busy} asked to wait, {len(self.refused)} refused"
        )


class Server:
    """`referral run` in a group of processes of its own, so that one signal ends them all."""

    def __init__(self, url: str, instance: Path, *, mutant: bool = False) -> None:
        with socket.create_server(("127.0.0.1", 0)) as free:
            self.port = free.getsockname()[1]
        self._log = instance / "server.log"
        self._command = [sys.executable, "-c", (MUTANT if mutant else "") + SERVE, "run", "--port", str(self.port)]
        self._env = os.environ | {
            "REFERRAL_DATABASE_URL": url,
            "REFERRAL_INSTANCE": str(instance),
            "REFERRAL_DEMONSTRATION": "1",
            "REFERRAL_SECRET_KEY": "for tests only",
        }
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Start it and wait until it answers."""
        with self._log.open("ab") as log:
            self._process = subprocess.Popen(
                self._command, cwd=HERE, env=self._env, stdout=log, stderr=log, start_new_session=True
            )
        deadline = time.monotonic() + PATIENCE
        while time.monotonic() < deadline and self._process.poll() is None:
            with (
                suppress(OSError, http.client.HTTPException),
                closing(http.client.HTTPConnection("127.0.0.1", self.port, timeout=5)) as connection,
            ):
                connection.request("GET", "/sign-in")
                if connection.getresponse().status == 200:
                    return
            time.sleep(0.05)
        raise RuntimeError(f"the server did not start:\n{self._log.read_text()[-3000:]}")

    def kill(self) -> None:
        """End every process of it at once."""
        if self._process and self._process.poll() is None:
            os.killpg(self._process.pid, signal.SIGKILL)
            self._process.wait()


class Phone:
    """A worker who logs visits one after the other, and never loses the key of an entry that was not acknowledged."""

    def __init__(self, load: "Load", login: str) -> None:
        self.load, self.login = load, login
        self.cookies: dict[str, str] = {}
        self.form: dict[str, str] = {}
        self.where = ""
        self.under_way = False

    def ask(self, method: str, path: str, data: dict[str, str] | None = None) -> tuple[int, str]:
        """The status and the text of an answer; OSError or HTTPException where the server is gone."""
        headers = {"Cookie": "; ".join(f"{name}={value}" for name, value in self.cookies.items())}
        if data is not None:
            headers |= {"Content-Type": "application/x-www-form-urlencoded", "Sec-Fetch-Site": "same-origin"}
        with closing(http.client.HTTPConnection("127.0.0.1", self.load.server.port, timeout=PATIENCE)) as connection:
            connection.request(method, path, urllib.parse.urlencode(data or {}) or None, headers)
            answer = connection.getresponse()
            for cookie in answer.headers.get_all("Set-Cookie") or ():
                name, value = cookie.split(";")[0].split("=", 1)
                self.cookies[name] = value
            return answer.status, answer.read().decode()

    def prepare(self) -> None:
        """Sign in, and take a form of an entry to fill again and again."""
        token = self._token(self.ask("GET", "/sign-in")[1])
        typed = {"login": self.login, "password": PASSWORD, "csrf_token": token}
        status, page = self.ask("POST", "/sign-in", typed)
        assert status == 302, f"{self.login} could not sign in: {status} {page[-2000:]}"
        found = re.search(r"/people/[0-9a-f-]{36}/visits/new", self.ask("GET", "/visits/new")[1])
        assert found, "nobody to visit"
        self.where = found[0]
        page = self.ask("GET", self.where)[1]
        term = re.search(r'<select id="term".*?<option[^>]*value="([0-9a-f-]{36})"', page, re.DOTALL)
        moment = re.search(r'name="started_at"[^>]*value="([^"]+)"', page)
        assert term, "no help to choose"
        assert moment, "no time to start with"
        self.form = {"csrf_token": self._token(page), "term": term[1], "started_at": moment[1], "minutes": "30"}
        self.form |= {"contact_result": "met_person", "kind": "home_visit", "referral": "", "units": "1", "amount": ""}

    def _token(self, page: str) -> str:
        found = re.search(r'name="csrf_token"[^>]*value="([^"]+)"', page)
        assert found, page[-2000:]
        return found[1]

    def work(self) -> None:
        """Log visits until the load ends."""
        while not self.load.ended.is_set():
            key, sent = secrets.token_urlsafe(18), False
            while not self.load.ended.is_set():
                self.load.count(again=sent)
                sent = self.under_way = True
                try:
                    status, _ = self.ask("POST", self.where, self.form | {"entry_key": key, "note": f"entry {key}"})
                except (OSError, http.client.HTTPException):
                    time.sleep(0.02)  # the server is gone: try until it is back
                    continue
                finally:
                    self.under_way = False
                if status == BUSY:
                    self.load.told_to_wait()
                    continue
                self.load.answered(key, status)
                break


class Load:
    """The phones, what they were told, and the killer's view of how far they are."""

    def __init__(self, server: Server) -> None:
        self.server, self.counters, self.ended = server, Counters(), Event()
        self.phones = [Phone(self, login) for login in CLIENTS]
        self._lock = Lock()

    def count(self, *, again: bool) -> None:
        """Note that an entry is sent, perhaps not for the first time."""
        with self._lock:
            self.counters.sent_again += again

    def answered(self, key: str, status: int) -> None:
        """Note an answer: below 400 the entry is acknowledged."""
        with self._lock:
            if status < 400:
                self.counters.acknowledged.add(key)
            else:
                self.counters.refused.append(status)

    def told_to_wait(self) -> None:
        """Note an answer that promises that nothing was saved: the same entry is sent again, and must not be twice."""
        with self._lock:
            self.counters.busy += 1

    def wait_for(self, more: int) -> None:
        """Wait until so many more entries are acknowledged."""
        wanted, deadline = len(self.counters.acknowledged) + more, time.monotonic() + PATIENCE
        while len(self.counters.acknowledged) < wanted:
            assert time.monotonic() < deadline, f"no progress: {self.counters}"
            time.sleep(0.001)


@contextmanager
def at_work(load: Load) -> Iterator[None]:
    """The phones at work while the block runs."""
    for phone in load.phones:
        phone.prepare()
    threads = [Thread(target=phone.work, daemon=True) for phone in load.phones]
    for thread in threads:
        thread.start()
    try:
        yield
    finally:
        load.ended.set()
        for thread in threads:
            thread.join(PATIENCE)


def kill_again_and_again(url: str, instance: Path, *, kills: int, mutant: bool = False, seed: int = 1) -> Counters:
    """Kill the server so many times under load; what was seen. After the last kill it is started once more."""
    chance = random.Random(seed)  # noqa: S311  the moments of the kills
    server = Server(url, instance, mutant=mutant)
    server.start()
    load = Load(server)
    try:
        with at_work(load):
            for _ in range(kills):
                load.wait_for(chance.randint(5, 25))
                busy = any(phone.under_way for phone in load.phones)
                server.kill()
                load.counters.kills += 1
                load.counters.landed += busy
                server.start()
            load.wait_for(len(CLIENTS))
    finally:
        server.kill()
    return load.counters


def answer_first() -> None:
    """Spoil the server of this process: entries are answered before they are written. Must lose some of them."""
    import io

    import referral

    make = referral.create_app

    def spoiled(*args: Any, **kwargs: Any) -> Any:
        app = make(*args, **kwargs)
        inner = app.wsgi_app

        def answer(environ: dict[str, Any], start_response: Any) -> Any:
            if environ["REQUEST_METHOD"] != "POST" or "/visits/new" not in environ["PATH_INFO"]:
                return inner(environ, start_response)
            body = environ["wsgi.input"].read(int(environ["CONTENT_LENGTH"]))
            later = environ | {"wsgi.input": io.BytesIO(body)}
            Thread(target=lambda: list(inner(later, lambda *_args, **_kw: lambda _data: None))).start()
            start_response("302 Found", [("Location", "/"), ("Content-Length", "0")])
            return [b""]

        app.wsgi_app = answer
        return app

    referral.create_app = spoiled
