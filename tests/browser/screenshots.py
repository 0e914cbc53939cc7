"""`make screenshots`: every page, on a desk and a phone, light and dark, in every state, into `screenshots/`.

`--readme` also makes the picture of the README, `--only overview` what begins so. They are opened and judged by people,
not compared by a machine; `screenshots/index.html` shows all of them small.
"""

import argparse
import tempfile
from collections.abc import Callable, Iterator, Sequence
from contextlib import ExitStack
from datetime import UTC
from itertools import product
from pathlib import Path
from typing import Any, NamedTuple

from playwright.sync_api import Browser, BrowserContext, Page, expect, sync_playwright

from tests.browser.chromium import launch
from tests.browser.dashboard import DESK, PHONE, Dashboard
from tests.browser.failing import failing
from tests.browser.hostile import hostile
from tests.browser.test_login import locked
from tests.browser.world import World, full_world, world
from tests.cpa.accounts import CLIENT_KEYS
from tests.cpa.traffic.attempt import payload
from tests.daemons import ROOT

FOLDER = ROOT / "screenshots"
README_PICTURE = ROOT / "webui" / "overview.png"
SCREENS: dict[str, dict[str, Any]] = {
    "desk": {"viewport": DESK},
    "phone": {"viewport": PHONE, "has_touch": True, "is_mobile": True, "device_scale_factor": 2},
    "narrow": {"viewport": {"width": 1280, "height": 800}},
    "wide": {"viewport": {"width": 1920, "height": 1080}},
}
TALLEST = 3_000
"""Pixels of a page that a picture shows."""

PAGES = {
    "overview": "",
    "requests": "requests?range=7d",
    "errors": "errors?range=7d",
    "credentials": "credentials?range=7d",
    "keys": "keys?range=7d",
    "analysis-tokens": "analysis?view=tokens",
    "analysis-cost": "analysis?view=cost&by=model",
    "analysis-when": "analysis?view=when&range=14d",
    "analysis-speed": "analysis?view=speed",
    "analysis-models": "analysis?view=models",
    "prices": "prices?range=7d",
    "status": "status",
}
VARIANTS = {
    "overview-today": "?range=today",
    "overview-latency": "?metric=latency",
    "requests-drawer": "requests?range=7d&open={newest}",
    "requests-failed": "requests?range=7d&result=failed&open={failed}",
    "credentials-providers": "credentials?range=7d&kind=provider_key",
    "credentials-drawer": "credentials?range=7d&thing=credential:{credential}",
    "keys-drawer": "keys?range=7d&thing=api_key:{api_key}",
    "prices-drawer": "prices?range=7d&price=claude-opus-4-6",
}
NOBODY = "model=a-model-nobody-used"
FILTERED_EMPTY = {
    name: f"{address}{'&' if '?' in address else '?'}{NOBODY}"
    for name, address in PAGES.items()
    if name not in ("status", "analysis-when")
}
HOSTILE = {
    "overview": "?range=30d",
    "overview-credentials": "?range=30d&tab=credential&group=credential",
    "requests": "requests?range=30d",
    "requests-drawer": "requests?range=30d&open={newest}",
    "credentials": "credentials?range=30d",
    "analysis-models": "analysis?view=models&range=30d",
    "prices": "prices?range=30d",
}
BOTH = ("light", "dark")


class Set(NamedTuple):
    """Pictures of some addresses of a world in a state."""

    world: str
    state: str
    addresses: dict[str, str]
    screens: Sequence[str] = ("desk", "phone")
    themes: Sequence[str] = BOTH
    locale: str = "en-GB"


SETS = (
    Set("full", "full", PAGES | VARIANTS),
    Set("full", "full", PAGES, ("narrow", "wide"), ("light",)),
    Set("full", "chinese", PAGES | VARIANTS, ("desk",), ("light",), "zh-CN"),
    Set("full", "chinese", PAGES, ("phone", "narrow"), ("dark",), "zh-CN"),
    Set("full", "chinese-traditional", PAGES, ("desk",), ("dark",), "zh-TW"),
    Set("full", "filtered-empty", FILTERED_EMPTY, ("desk", "phone"), ("light",)),
    Set("empty", "empty", PAGES, ("desk", "phone"), BOTH),
    Set("refused", "failing", PAGES, ("desk", "phone"), BOTH),
    Set("locked", "login", {"login": "", "login-key": "key"}, ("desk", "phone"), BOTH),
    Set("holder", "full", {"key": "key", "key-requests": "requests"}, ("desk", "phone"), BOTH),
    Set("holder", "chinese", {"key": "key"}, ("desk",), ("light",), "zh-CN"),
    Set("hostile", "hostile", HOSTILE, ("desk", "phone"), BOTH),
)


class Camera:
    """Takes each address of a set on each of its screens in each of its themes."""

    def __init__(self, browser: Browser, only: str) -> None:
        self._browser = browser
        self._only = only

    def take(self, name: str, url: str, ids: dict[str, Any], enter: Callable[[Page], None] | None = None) -> None:
        """Everything that is to be seen of a world; `enter` signs in, where that is needed."""
        for one in SETS:
            addresses = {page: a for page, a in one.addresses.items() if page.startswith(self._only)}
            if one.world != name or not addresses:
                continue
            for screen, theme in product(one.screens, one.themes):
                context = _context(self._browser, theme, SCREENS[screen], one.locale)
                if name == "refused":
                    context.route("**/api/v1/**", lambda route: route.abort("connectionrefused"))
                tab = Dashboard(context, url)
                if enter is not None:
                    tab.page.goto(f"{url}/key")
                    enter(tab.page)
                    tab.settle()
                for page, address in addresses.items():
                    tab.page.goto(f"{url}/{address.format(**ids)}")
                    _wait(tab, name)
                    _picture(tab.page, f"{page}-{one.state}-{screen}-{theme}", screen)
                context.close()


def _wait(tab: Dashboard, name: str) -> None:
    if name == "locked":
        expect(tab.page.get_by_role("button", name="Sign in")).to_be_visible()
    elif name == "refused":
        tab.page.wait_for_timeout(1_200)  # it tries again before it gives up
    else:
        tab.settle()
    tab.page.wait_for_timeout(250)


def _picture(page: Page, name: str, screen: str) -> None:
    """All of the page."""
    # Not a full-page screenshot: during one, fingers are no pointers, and what is made for them is smaller.
    view = SCREENS[screen]["viewport"]
    height = int(page.evaluate("document.scrollingElement.scrollHeight"))
    if height > view["height"]:
        page.set_viewport_size({"width": view["width"], "height": min(height, TALLEST)})
        page.wait_for_timeout(200)
    page.screenshot(path=FOLDER / f"{name}.png")
    page.set_viewport_size(view)


def _context(browser: Browser, theme: str, options: dict[str, Any], locale: str = "en-GB") -> BrowserContext:
    chosen: dict[str, Any] = options | {"locale": locale, "color_scheme": theme, "reduced_motion": "reduce"}
    return browser.new_context(**chosen)


def take(readme: bool, only: str) -> None:
    FOLDER.mkdir(exist_ok=True)
    with ExitStack() as stack, tempfile.TemporaryDirectory() as folder:
        place = Path(folder)
        playwright = stack.enter_context(sync_playwright())
        browser = launch(playwright)
        stack.callback(browser.close)
        camera = Camera(browser, only)
        with full_world(place / "full") as full:
            full.publish(payload(one, full.now.tzinfo or UTC) for one in failing(full.attempts, full.now))
            camera.take("full", full.url, _ids(full))
            if readme:
                _readme(browser, full)
            with locked(place, full) as (url, _):
                camera.take("locked", url, {})
                camera.take("holder", url, {}, _sign_in)
            attempts, now = list(full.attempts), full.now
        with world(place / "empty") as empty:
            camera.take("empty", empty.url, {})
            camera.take("refused", empty.url, {})
        with world(place / "hostile", hostile(attempts, now)) as odd:
            camera.take("hostile", odd.url, {"newest": _first(odd, "events?range=30d&limit=1")})
    (FOLDER / "index.html").write_text("".join(_sheet()), "utf-8")


def _ids(full: World) -> dict[str, Any]:
    """Who the addresses speak of."""
    return {
        "newest": _first(full, "events?range=7d&limit=1"),
        "failed": _first(full, "events?range=7d&result=failed&limit=1"),
        **{
            by: full.ask(f"breakdown?range=7d&by={by}&sort=-cost_nanos&limit=1")["rows"][0]["group"]["id"]
            for by in ("credential", "api_key")
        },
    }


def _first(one: World, question: str) -> str:
    return str(one.ask(question)["events"][0]["id"])


def _sign_in(page: Page) -> None:
    """As whoever holds the first of CPA's keys."""
    page.locator("input[type=password]").fill(CLIENT_KEYS[0].key)
    page.locator("input[type=password]").press("Enter")


def _sheet() -> Iterator[str]:
    """Every picture, small, with its name."""
    yield "<!doctype html><meta charset=utf-8><title>Screenshots</title>"
    yield "<style>figure{display:inline-block;margin:8px;vertical-align:top}img{width:460px}</style>"
    for path in sorted(FOLDER.glob("*.png")):
        yield f"<figure><figcaption>{path.stem}</figcaption><a href={path.name}><img src={path.name}></a></figure>\n"


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
    parser.add_argument("--only", default="", help="pages whose name begins so")
    options = parser.parse_args()
    take(options.readme, options.only)
    print(f"{len(list(FOLDER.glob('*.png')))} pictures in {FOLDER.name}/")


if __name__ == "__main__":
    main()
