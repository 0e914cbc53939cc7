"""The dashboard as a person meets it: an address, a screen, and whatever goes wrong on the way."""

import re
from collections.abc import Iterator
from contextlib import contextmanager, suppress
from datetime import datetime, timedelta
from typing import Any
from urllib.parse import parse_qsl, urlsplit
from weakref import WeakSet

from playwright.sync_api import BrowserContext, ConsoleMessage, Error, Locator, Page, Request, Response, expect

DESK = {"width": 1440, "height": 900}
PHONE = {"width": 390, "height": 844}
PATIENCE_MS = 20_000
"""How long a condition may take to come true on a machine that does much else. No test waits for it to pass."""

expect.set_options(timeout=PATIENCE_MS)

_AFTERWARDS = {"filters", "errors", "quota/attention", "status"}
_ABORTED = "net::ERR_ABORTED"
_WAITING = "main[aria-busy=true], main [aria-busy=true]"

_TABS: "WeakSet[Dashboard]" = WeakSet()


def leave(url: str) -> None:
    """Leave the pages of a server that is about to end: none should ask it in vain."""
    for one in list(_TABS):
        if one.url.startswith(url) and not one.page.is_closed():
            with suppress(Error):  # its browser may be gone, and what is to be told is another failure
                one.page.goto("about:blank")


class Dashboard:
    """One tab. Console errors, failed requests and refused answers are collected in `troubles`."""

    def __init__(self, context: BrowserContext, url: str) -> None:
        self.context = context
        self.url = url
        self.page: Page = context.new_page()
        self.page.set_default_timeout(PATIENCE_MS)
        self.troubles: list[str] = []
        self.asked: list[str] = []
        """Questions to the API, in order: `summary?range=7d`."""
        self._forgiving = False
        self._flying = 0
        self._answers: dict[str, Response] = {}
        self.page.on("console", self._on_console)
        self.page.on("pageerror", lambda error: self._note(f"uncaught: {error}"))
        self.page.on("requestfailed", self._on_failure)
        self.page.on("requestfinished", self._on_end)
        self.page.on("response", self._on_response)
        self.page.on("request", self._on_request)
        _TABS.add(self)

    def open(self, address: str = "") -> None:
        """Go to an address below the base: `requests?range=24h`. Waits until the page shows its answers."""
        self.page.goto(f"{self.url}/{address}")
        self.settle()

    def settle(self) -> None:
        """Wait until nothing on the screen is waiting for an answer."""
        expect(self.main.locator(":scope > :not(h1)").first).to_be_visible()
        expect(self.page.locator(_WAITING)).to_have_count(0)

    def stand(self) -> None:
        """Wait until what is asked once the figures stand is under way, too: names, colours, what calls to act."""
        for _ in range(PATIENCE_MS // 20):
            if {question.partition("?")[0] for question in self.asked} >= _AFTERWARDS:
                return
            self.page.wait_for_timeout(20)
        raise AssertionError(f"of {_AFTERWARDS} only {self.asked} were asked")

    def refresh(self, times: int = 1) -> None:
        """Rounds of live questions, as they happen when a computer is online again; each waits for its answers."""
        for _ in range(times):
            with self.page.expect_response(lambda response: "/api/v1/" in response.url):
                self.page.evaluate("dispatchEvent(new Event('online'))")
            self.settle()

    def stop_the_clock(self) -> None:
        """From here on the page's time passes as it does, and in addition with `pass_time`. Before `open`."""
        self.page.clock.install()

    def pass_time(self, seconds: int) -> None:
        """Let time pass in the page, in steps that leave every question the time to be answered."""
        for _ in range(seconds // 5):
            self.page.clock.run_for(5_000)
            while self._flying:
                self.page.wait_for_timeout(10)

    def answer(self, path: str) -> Any:
        """What the API last told this page: `answer("summary")`. Where figures move with the clock, these are they."""
        return self._answers[path].json()

    def moment(self, path: str) -> datetime:
        """The moment at which the API gave this page its last answer, in the zone of the daemons."""
        selection = self.answer(path)["selection"]
        return datetime.fromisoformat(selection["from"]) + timedelta(seconds=selection["elapsed_seconds"])

    @contextmanager
    def trouble_expected(self) -> Iterator[None]:
        """In here the server may fail: it is what the test is about."""
        self._forgiving = True
        try:
            yield
        finally:
            self._forgiving = False

    @property
    def main(self) -> Locator:
        return self.page.get_by_role("main")

    @property
    def bar(self) -> Locator:
        return self.page.get_by_role("banner")

    @property
    def tiles(self) -> Locator:
        return self.main.get_by_role("navigation", name="Key figures").get_by_role("link")

    def tile(self, name: str) -> Locator:
        return self.tiles.filter(has=self.page.get_by_role("heading", name=name))

    @property
    def chips(self) -> Locator:
        """The filters in force."""
        return self.main.get_by_role("group", name="Filters").locator(".chip")

    def chip_texts(self) -> list[str]:
        """`Model is claude-opus-4-6`, one for each filter in force."""
        return [re.sub(r"\s+", " ", text).strip() for text in self.chips.all_inner_texts()]

    @property
    def path(self) -> str:
        """The page in the address, without the base: "" or `requests`."""
        return urlsplit(self.page.url).path.removeprefix(urlsplit(self.url).path).strip("/")

    @property
    def view(self) -> dict[str, list[str]]:
        """The view in the address, by parameter."""
        found: dict[str, list[str]] = {}
        for name, value in parse_qsl(urlsplit(self.page.url).query):
            found.setdefault(name, []).append(value)
        return found

    @property
    def chart(self) -> Locator:
        """The main chart, to a keyboard a slider over its buckets."""
        return self.main.locator(".main").get_by_role("slider")

    def point_at(self, share: float) -> int:
        """Move the mouse over the chart, 0 is its left edge and 1 its right; answers which bucket is there."""
        box = self.chart.bounding_box()
        assert box is not None
        self.page.mouse.move(box["x"] + 70 + share * (box["width"] - 90), box["y"] + box["height"] / 2)
        expect(self.chart).not_to_have_attribute("aria-valuetext", "No period chosen")
        return int(self.chart.get_attribute("aria-valuenow") or 0) - 1

    @property
    def table(self) -> Locator:
        """Who and what it was: the table with five tabs."""
        return self.main.get_by_role("region", name="Figures by")

    def row(self, name: str) -> Locator:
        """The row of somebody or something in the table."""
        return self.table.get_by_role("row").filter(has=self.page.get_by_role("link", name=name, exact=True))

    @property
    def health(self) -> Locator:
        """The grid of request health, to a keyboard a slider over its cells."""
        return self.main.get_by_role("slider", name="Request health")

    @property
    def insight(self) -> Locator:
        """The line that says what made the difference."""
        return self.main.locator("p", has_text="Cost is")

    @property
    def log(self) -> Locator:
        """The table of requests."""
        return self.main.get_by_role("table", name="Requests, one a row")

    @property
    def log_rows(self) -> Locator:
        """The requests that are in the document now; those far from sight are not."""
        return self.log.locator("tbody tr:has([data-row])")

    @property
    def thing(self) -> Locator:
        """What is known of a key, a model or an account."""
        return self.page.get_by_role("dialog").filter(has=self.page.locator("#thing-panel"))

    @property
    def drawer(self) -> Locator:
        """What is known of one request."""
        return self.page.get_by_role("dialog", name="Request")

    def drawn(self) -> list[str]:
        """The ids of the requests in the document, from top to bottom."""
        return [str(one) for one in self.main.locator("[data-row]").evaluate_all("all => all.map(a => a.dataset.row)")]

    def choose(self, trigger: Locator, entry: str) -> None:
        """Open a menu and choose one of its entries."""
        trigger.click()
        self.page.get_by_role("menuitemradio", name=entry, exact=True).or_(
            self.page.get_by_role("menuitem", name=entry, exact=True)
        ).locator("visible=true").click()

    def overflow(self) -> int:
        """By how many pixels the page scrolls sideways."""
        wide = "document.scrollingElement.scrollWidth - document.scrollingElement.clientWidth"
        return max(0, int(self.page.evaluate(wide)))

    def _note(self, trouble: str) -> None:
        if not self._forgiving:
            self.troubles.append(trouble)

    def _on_console(self, message: ConsoleMessage) -> None:
        if message.type in ("error", "warning"):
            self._note(f"console {message.type}: {message.text}")

    def _on_failure(self, request: Request) -> None:
        self._on_end(request)
        # A question that was superseded is hung up on: that is not a failure.
        if request.failure != _ABORTED:
            self._note(f"{request.method} {request.url}: {request.failure}")

    def _on_response(self, response: Response) -> None:
        _, found, question = response.url.partition("/api/v1/")
        if found and response.status == 200:
            self._answers[question.partition("?")[0]] = response
        if response.status >= 400:
            self._note(f"{response.status} for {response.url}")

    def _on_end(self, _request: Request) -> None:
        self._flying -= 1

    def _on_request(self, request: Request) -> None:
        self._flying += 1
        _, found, question = request.url.partition("/api/v1/")
        if found:
            self.asked.append(question)
