"""`make screenshots`: every page, on a desk and a phone, light and dark, in every state, into `screenshots/`.

`--readme` also makes the picture of the README. They are made to be opened and judged, not compared by a machine.
"""

import argparse
import shutil
import tempfile
from contextlib import ExitStack
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, sync_playwright

from tests.browser.dashboard import DESK, PHONE, Dashboard
from tests.browser.hostile import hostile
from tests.browser.world import World, full_world, world
from tests.daemons import ROOT

FOLDER = ROOT / "screenshots"
README_PICTURE = ROOT / "webui" / "overview.png"
SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2},
}
THEMES = ("light", "dark")
LONGEST = 3_000
"""Pixels of a phone's page that a picture shows."""
FILTERED_EMPTY = "range=7d&model=a-model-nobody-used"


class Camera:
    """Takes each address on each screen in each theme."""

    def __init__(self, browser: Browser) -> None:
        self._browser = browser

    def shoot(self, url: str, state: str, addresses: dict[str, str], *, locale: str = "en-GB") -> None:
        for screen, options in SCREENS.items():
            for theme in THEMES:
                context = _context(self._browser, theme, options, locale)
                tab = Dashboard(context, url)
                for page, address in addresses.items():
                    tab.open(address)
                    tab.page.wait_for_timeout(300)
                    _take(tab.page, f"{page}-{state}", screen, theme)
                context.close()


def _take(page: Page, name: str, screen: str, theme: str) -> None:
    """A picture of the screen; on a phone of the whole page."""
    if screen == "phone":
        # Not a full-page screenshot: during one, fingers are no pointers, and what is made for them is smaller.
        height = int(page.evaluate("document.scrollingElement.scrollHeight"))
        page.set_viewport_size({"width": PHONE["width"], "height": min(height, LONGEST)})
        page.wait_for_timeout(300)
    page.screenshot(path=FOLDER / f"{name}-{screen}-{theme}.png")
    if screen == "phone":
        page.set_viewport_size({"width": PHONE["width"], "height": PHONE["height"]})


def _context(browser: Browser, theme: str, options: dict[str, Any], locale: str = "en-GB") -> BrowserContext:
    chosen: dict[str, Any] = options | {"locale": locale, "color_scheme": theme, "reduced_motion": "reduce"}
    return browser.new_context(**chosen)


def take(readme: bool) -> None:
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        playwright = stack.enter_context(sync_playwright())
        browser = playwright.chromium.launch(executable_path=shutil.which("chromium"), args=["--no-sandbox"])
        stack.callback(browser.close)
        camera = Camera(browser)
        with full_world(Path(folder) / "full") as full:
            _full(camera, full)
            if readme:
                _readme(browser, full)
            attempts, now = list(full.attempts), full.now
        with world(Path(folder) / "empty") as empty:
            camera.shoot(empty.url, "empty", {"overview": "", "requests": "requests"})
            _failing(browser, empty)
        with world(Path(folder) / "hostile", hostile(attempts, now)) as odd:
            newest = odd.ask("events?range=30d&limit=1")["events"][0]["id"]
            camera.shoot(
                odd.url,
                "hostile",
                {
                    "overview": "?range=30d",
                    "overview-credentials": "?range=30d&tab=credential&group=credential",
                    "requests": "requests?range=30d",
                    "requests-drawer": f"requests?range=30d&open={newest}",
                },
            )


def _full(camera: Camera, full: World) -> None:
    newest = full.ask("events?range=7d&limit=1")["events"][0]["id"]
    failed = full.ask("events?range=7d&result=failed&limit=1")["events"][0]["id"]
    camera.shoot(
        full.url,
        "full",
        {
            "overview": "",
            "overview-today": "?range=today",
            "requests": "requests?range=7d",
            "requests-drawer": f"requests?range=7d&open={newest}",
            "requests-failed": f"requests?range=7d&result=failed&open={failed}",
        },
    )
    camera.shoot(
        full.url, "filtered-empty", {"overview": f"?{FILTERED_EMPTY}", "requests": f"requests?{FILTERED_EMPTY}"}
    )
    camera.shoot(full.url, "chinese", {"overview": "", "requests": "requests?range=7d"}, locale="zh-CN")
    camera.shoot(full.url, "chinese-traditional", {"overview": ""}, locale="zh-TW")


def _failing(browser: Browser, one: World) -> None:
    """The API refuses; the page itself is there."""
    for screen, options in SCREENS.items():
        for theme in THEMES:
            context = _context(browser, theme, options)
            context.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
            tab = context.new_page()
            for page, address in {"overview": "", "requests": "requests"}.items():
                tab.goto(f"{one.url}/{address}")
                tab.wait_for_timeout(1_500)
                _take(tab, f"{page}-failing", screen, theme)
            context.close()


def _readme(browser: Browser, full: World) -> None:
    context = _context(browser, "light", SCREENS["desk"])
    tab = Dashboard(context, full.url)
    tab.open("?range=today")
    tab.page.wait_for_timeout(500)
    tab.page.screenshot(path=README_PICTURE)
    context.close()


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.browser.screenshots", description=__doc__)
    parser.add_argument("--readme", action="store_true", help="also make webui/overview.png")
    take(parser.parse_args().readme)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.name}/")


if __name__ == "__main__":
    main()
