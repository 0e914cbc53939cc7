"""A browser for all tests of the folder, a world with a past, and a tab for each test that must end without trouble."""

import asyncio
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

import pytest
from playwright.sync_api import Browser, sync_playwright

from tests.browser.chromium import launch
from tests.browser.dashboard import DESK, PHONE, Dashboard
from tests.browser.world import World, full_world

FOLDER = Path(__file__).parent


def pytest_collection_modifyitems(items: list[pytest.Item]) -> None:
    for item in items:
        if FOLDER in item.path.parents:
            item.add_marker(pytest.mark.browser)


@pytest.fixture(scope="package")
def chromium() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        # Python's development mode records a stack for every message to the browser, which takes longer than it does.
        asyncio.get_running_loop().set_debug(False)
        browser = launch(playwright)
        yield browser
        browser.close()


@pytest.fixture(scope="package")
def world(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    with full_world(tmp_path_factory.mktemp("world")) as made:
        yield made


@pytest.fixture
def tab(chromium: Browser) -> Iterator[Callable[..., Dashboard]]:
    """Makes tabs, each in a browser profile of its own: `tab(url, viewport=PHONE)`. No tab may have had trouble."""
    tabs: list[Dashboard] = []

    def make(url: str, **options: Any) -> Dashboard:
        options = {"viewport": DESK, "locale": "en-GB", "color_scheme": "light", "reduced_motion": "reduce"} | options
        tabs.append(Dashboard(chromium.new_context(**options), url))
        return tabs[-1]

    yield make
    for one in tabs:
        one.context.close()
    assert [trouble for one in tabs for trouble in one.troubles] == []


@pytest.fixture
def dashboard(tab: Callable[..., Dashboard], world: World) -> Dashboard:
    """A tab on a desk, in English."""
    return tab(world.url)


@pytest.fixture
def phone(tab: Callable[..., Dashboard], world: World) -> Dashboard:
    """A tab on a phone."""
    return tab(world.url, viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=3)
