"""Overview in a real browser on the reference data set: how soon figures stand, and how soon a click is answered.

`first_visit`: nothing is cached in the browser. `again`: scripts and styles are. `step_…`: from the click on
"earlier" until every card shows the other range, which nobody asked for before. Times are the page's own, up to the
frame that shows it; the browser is headless and draws without a graphics card.
"""

import statistics
from pathlib import Path
from typing import Any

from playwright.sync_api import Browser, BrowserContext, Page, ViewportSize, sync_playwright

from tests.bench.installation import running
from tests.bench.reference import copy
from tests.browser.chromium import launch

VISITS = 15
STEPS = 10
PATIENCE_MS = 20_000
GLANCE_MS = 600
WEEK = "?from=2026-11-18&to=2026-11-25"
MONTH = "?from=2026-10-26&to=2026-11-25"
DESK: ViewportSize = {"width": 1440, "height": 900}

OBSERVER = """
window.bench = {tiles: null, all: null, clicked: null, repainted: null};
addEventListener('click', (event) => Object.assign(window.bench, {clicked: event.timeStamp, repainted: null}), true);
// A task that a frame callback leaves behind runs after that frame was handed over to be shown.
const shown = (then) => requestAnimationFrame(() => setTimeout(() => then(performance.now())));
const watch = () => {
  const {bench} = window;
  const main = document.querySelector('main');
  if (main) {
    // Everything: also a row of the table, and the two that are drawn once their width is known, chart and health grid.
    const tiles = main.querySelector('nav.tiles') !== null;
    const all = tiles && document.querySelector('main [aria-busy=true]') === null
      && main.querySelector('tbody tr') !== null && main.querySelectorAll('[role=slider] svg').length === 2;
    if (tiles && bench.tiles === null) shown((at) => bench.tiles ??= at);
    if (all && bench.all === null) shown((at) => bench.all ??= at);
    if (all && bench.clicked !== null && bench.repainted === null && performance.now() > bench.clicked + 1) {
      const {clicked} = bench;
      shown((at) => { if (bench.clicked === clicked) bench.repainted ??= at - clicked; });
    }
  }
};
const busy = {attributes: true, attributeFilter: ['aria-busy']};
new MutationObserver(watch).observe(document, {subtree: true, childList: true, ...busy});
"""


def measure(folder: Path) -> dict[str, Any]:
    """Milliseconds, medians and extremes."""
    copy(folder / "app.db")
    with running(folder) as (installation, _), sync_playwright() as playwright:
        browser = launch(playwright)
        try:
            return _visits(browser, installation.url) | {
                "step_of_7_days": _steps(browser, f"{installation.url}/{WEEK}", STEPS),
                "step_of_30_days": _steps(browser, f"{installation.url}/{MONTH}", 2),
            }
        finally:
            browser.close()


def _visits(browser: Browser, url: str) -> dict[str, Any]:
    first, again = [], []
    for _ in range(VISITS):
        context = _context(browser)
        page = context.new_page()
        first.append(_opened(page, url))
        again.append(_opened(page, url))
        context.close()
    return {"first_visit": _times(first), "again": _times(again)}


def _opened(page: Page, url: str) -> dict[str, float]:
    page.goto("about:blank")
    page.goto(f"{url}/{WEEK}", wait_until="commit")
    _wait(page, "all")
    found = page.evaluate("window.bench")
    return {"tiles_ms": found["tiles"], "everything_ms": found["all"]}


def _steps(browser: Browser, address: str, count: int) -> dict[str, Any]:
    context = _context(browser)
    page = context.new_page()
    page.goto(address, wait_until="commit")
    _wait(page, "all")
    page.wait_for_timeout(1_000)
    took = []
    for _ in range(count):
        page.get_by_role("banner").get_by_role("button", name="Earlier").click()
        _wait(page, "repainted")
        took.append({"repainted_ms": page.evaluate("window.bench.repainted")})
    context.close()
    return _times(took)


def _context(browser: Browser) -> BrowserContext:
    context = browser.new_context(viewport=DESK, locale="en-GB", color_scheme="light")
    context.add_init_script(OBSERVER)
    return context


def _wait(page: Page, what: str) -> None:
    # Asked seldom: asking takes time from what is measured. (wait_for_function would compile text in the page, which
    # the content security policy forbids.)
    for _ in range(PATIENCE_MS // GLANCE_MS):
        page.wait_for_timeout(GLANCE_MS)
        if page.evaluate(f"window.bench.{what}") is not None:
            return
    raise TimeoutError(f"{page.url} does not show its figures after {PATIENCE_MS / 1_000:.0f} s")


def _times(runs: list[dict[str, float]]) -> dict[str, dict[str, float]]:
    return {
        name: {
            "p50": round(statistics.median(run[name] for run in runs), 1),
            "min": round(min(run[name] for run in runs), 1),
            "max": round(max(run[name] for run in runs), 1),
        }
        for name in runs[0]
    }
