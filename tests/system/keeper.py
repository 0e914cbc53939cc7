"""One installation under test: both daemons, a client of its API, plain SQL on its file, and patience."""

import sqlite3
import time
from collections.abc import Callable, Mapping, Sequence
from contextlib import closing
from pathlib import Path
from types import TracebackType
from typing import Any, Self, TypeVar

import httpx

from shared.clock import now
from shared.database import open_writer
from shared.price_versions import add_rule, add_version
from shared.prices import ONE, Price, Rates, Rule, RuleKey, Source
from tests.daemons import Installation

PATIENCE_SECONDS = 40.0
"""How long anything may take before a test gives up on it: far beyond what a slow machine needs."""

Seen = TypeVar("Seen")


def eventually(look: Callable[[], Seen], what: str, seconds: float = PATIENCE_SECONDS) -> Seen:
    """Look until there is something to see, and give it. Raises `AssertionError` with what was seen last."""
    deadline = time.monotonic() + seconds
    while not (seen := look()):
        if time.monotonic() > deadline:
            raise AssertionError(f"{what}: not within {seconds:.0f} s, last seen: {seen!r}")
        time.sleep(0.02)
    return seen


class Keeper:
    """A context manager: enter it, then start what is wanted; nothing runs after it."""

    def __init__(self, folder: Path, cpa_url: str, key: str, **settings: str) -> None:
        self.installation = Installation(folder, cpa_url, key, **settings)
        self.ingestd = self.installation.ingestd
        self.queryd = self.installation.queryd
        self.folder = folder
        self.url = self.installation.url
        self.database = self.installation.database
        self._client = httpx.Client(timeout=PATIENCE_SECONDS, trust_env=False)

    def __enter__(self) -> Self:
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._client.close()
        self.ingestd.kill()
        self.queryd.kill()

    def start(self) -> Self:
        """Both daemons; returns when queryd answers from a file."""
        self.installation.start()
        self.installation.wait_ready()
        return self

    # Its API

    def ask(self, path: str, **headers: str) -> httpx.Response:
        """`GET` a path below /api/v1, whatever comes back."""
        return self._client.get(f"{self.url}/api/v1{path}", headers=headers)

    def get(self, path: str) -> Any:
        """The JSON of a path that must answer."""
        response = self.ask(path)
        assert response.status_code == 200, f"{path}: {response.status_code} {response.text}"
        return response.json()

    def refusal(self, path: str = "/status") -> tuple[int, str] | None:
        """(status, code) of an error, or None while queryd cannot be reached or does answer."""
        try:
            response = self.ask(path)
        except httpx.TransportError:
            return None
        return None if response.is_success else (response.status_code, response.json()["error"]["code"])

    def answers(self) -> bool:
        try:
            return self.ask("/status").is_success
        except httpx.TransportError:
            return False

    def problems(self) -> dict[str, str]:
        """What /status complains of: message by code."""
        found = self.get("/status")["problems"]
        by_code = {problem["code"]: problem["message"] for problem in found}
        assert len(by_code) == len(found), found
        return by_code

    def events(self, query: str) -> list[dict[str, Any]]:
        """All requests of a query, page by page."""
        found: list[dict[str, Any]] = []
        cursor = ""
        while True:
            page = self.get(f"/events?{query}&limit=200{cursor}")
            found += page["events"]
            if page["next_cursor"] is None:
                return found
            cursor = f"&cursor={page['next_cursor']}"

    # Its file

    def sql(self, query: str, *parameters: object) -> list[tuple[Any, ...]]:
        """Rows of a query on a connection of its own; none while there is no such file or table."""
        try:
            with closing(sqlite3.connect(f"{self.database.as_uri()}?mode=ro", uri=True)) as reader:
                return reader.execute(query, parameters).fetchall()
        except sqlite3.OperationalError:
            return []

    def number(self, query: str, *parameters: object) -> int:
        """The single number of a query; 0 while there is none."""
        rows = self.sql(query, *parameters)
        return int(rows[0][0] or 0) if rows else 0

    @property
    def settled(self) -> int:
        """How many messages have become events or were set aside."""
        return self.number("select number from meta where key = 'settled_inbox_id'")

    @property
    def stored(self) -> int:
        """How many events there are."""
        return self.number("select count(*) from event")

    def wait_settled(self, messages: int) -> None:
        """Until so many messages in all have arrived and are dealt with."""
        try:
            eventually(lambda: self.settled >= messages, f"{messages} messages dealt with")
        finally:
            assert self.settled == messages

    # Its prices

    def price(self, models: Mapping[str, Sequence[int]], multiplier: int = ONE) -> None:
        """Manual prices, always in force: input, cache read, cache write, output in micro-dollars per million."""
        with closing(open_writer(self.database, "queryd")) as writer:
            for model, four in models.items():
                add_version(writer, Price(0, Source.MANUAL, "", model, "", 0, Rates(*four), (), multiplier), now())

    def rule(self, model: str, key: RuleKey, value: str, multiplier: int) -> None:
        """A factor, in millionths, on a model's requests whose `key` is `value`."""
        with closing(open_writer(self.database, "queryd")) as writer:
            add_rule(writer, Rule(0, model, key, value, multiplier, 0), now())
