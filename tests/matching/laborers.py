"""Work for the crews of the tests: a spawned worker finds these by name."""

import os
import signal
import time
from pathlib import Path


def square(key: int) -> tuple[int, int]:
    """The square, and who found it; an error for numbers below 0."""
    if key < 0:
        raise ValueError("negative")
    return key * key, os.getpid()


def die_once(key: tuple[str, int]) -> int:
    """Kill the worker the first time that key 2 is met, after telling so in a file."""
    folder, number = key
    time.sleep(0.05)
    if number == 2:
        mark = Path(folder) / "died"
        if not mark.exists():
            mark.touch()
            os.kill(os.getpid(), signal.SIGKILL)
    return number * 10


def die_always(key: tuple[str, int]) -> int:
    """Kill the worker each time that key 2 is met."""
    folder, number = key
    time.sleep(0.02)
    if number == 2:
        with (Path(folder) / "deaths").open("a") as deaths:
            deaths.write("x")
        os.kill(os.getpid(), signal.SIGKILL)
    return number * 10


def note_and_wait(key: tuple[str, int]) -> int:
    """Write down who works, then work for ever."""
    folder, number = key
    (Path(folder) / f"{number}.pid").write_text(str(os.getpid()))
    while True:
        time.sleep(0.05)
