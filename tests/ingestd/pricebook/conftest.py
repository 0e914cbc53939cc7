"""A file with the catalogue in it, and what a payload costs by it."""

import json
from collections.abc import Callable, Iterator
from typing import NamedTuple

import pytest

from ingestd.decode import decode
from ingestd.normalize import normalize
from ingestd.pricebook import catalogue, catalogue_format
from ingestd.pricebook.book import PriceBook
from ingestd.usage_event import UsageEvent
from shared.database import open_writer
from shared.migrations import migrate
from shared.price_versions import charge_of
from shared.prices import Mark, Price

NOW = 1_795_000_000_000_000


class Answer(NamedTuple):
    """A cost in nano-dollars, the price it is by, and what is said beside it."""

    nanos: int | None
    price: Price | None
    marks: Mark


@pytest.fixture(scope="session")
def seeded(tmp_path_factory) -> Iterator:
    opened = open_writer(tmp_path_factory.mktemp("prices") / "app.db", "ingestd")
    migrate(opened, NOW)
    catalogue.seed(opened, catalogue_format.read(), NOW)
    yield opened
    opened.close()


@pytest.fixture(scope="session")
def charged(seeded) -> Callable[[dict], Answer]:
    book = PriceBook(seeded)

    def answer(payload: dict) -> Answer:
        event = decode(json.dumps(payload).encode())
        assert isinstance(event, UsageEvent), event
        priced = book.price(event, normalize(event)[0])
        found = None if priced.charge_id is None else charge_of(seeded, priced.charge_id)
        return Answer(priced.cost_nanos, *((found[0].price, found[0].marks) if found else (None, Mark(0))))

    return answer
