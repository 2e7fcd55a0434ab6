"""A reader for each way of reading, and one served demonstration for those who only read."""

from collections.abc import Callable, Iterator
from contextlib import ExitStack
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser

from tests import browser as serving
from tests import databases
from tests.journeys.reader import Reader, Way

Meet = Callable[..., Reader]


@pytest.fixture
def meet(browser: Browser, browser_context_args: dict[str, Any], request: pytest.FixtureRequest) -> Iterator[Meet]:
    """A function from an address and a way of reading to a reader with a browser context of its own."""
    journey = request.node.originalname.removeprefix("test_")
    with ExitStack() as stack:

        def make(url: str, way: Way) -> Reader:
            context = browser.new_context(**browser_context_args | way.settings)
            stack.callback(context.close)
            return Reader(context, url, way, journey)

        yield make


@pytest.fixture(scope="module")
def reading_url(tmp_path_factory: pytest.TempPathFactory) -> Iterator[str]:
    """The address of a demonstration that no test changes, served once for a module."""
    folder: Path = tmp_path_factory.mktemp("reading")
    with databases.application(databases.on_sqlite("demo", folder)) as app, serving.served(app) as url:
        yield url
