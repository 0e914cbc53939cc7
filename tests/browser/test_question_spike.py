"""Who made the spike: one click on the bar that stands out, and the sentence under the tiles names model and key.

On an installation of its own, whose past has one hour in which one key asks far more than ever.
"""

import sqlite3
from collections import Counter
from collections.abc import Iterator, Sequence
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import afternoon
from tests.browser.traffic import plain
from tests.browser.world import World, world
from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, payload
from tests.cpa.traffic.usage import independent

REQUESTS = 300
STEP = timedelta(hours=6)
"""How long a bar of a week is."""


def spike(attempts: Sequence[Attempt], begin: datetime) -> Iterator[Attempt]:
    """Within an hour from `begin` the key that uses Claude least sends three hundred long prompts."""
    claude = [one for one in attempts if plain(one) and one.failure is None and one.credential.provider == "claude"]
    rarest = Counter(one.client.key for one in claude).most_common()[-1][0]
    template = next(one for one in claude if one.client.key == rarest)
    for number in range(REQUESTS):
        started = int((begin + timedelta(seconds=11 * number)).timestamp()) * NANOSECONDS
        usage = independent(180_000, 4_000)
        yield replace(template, started=started, usage=usage, request_id=f"5b1ce{number:03x}")


@pytest.fixture(scope="module")
def spiked(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    now = datetime.now(UTC)
    now = now.astimezone(afternoon.zone_of_afternoon(now))
    made = list(afternoon.attempts(3, now))
    noon = (now - timedelta(days=1)).replace(hour=12, minute=1, second=0, microsecond=0)
    past = [payload(one, now.tzinfo or UTC) for one in (*made, *spike(made, noon))]
    with world(tmp_path_factory.mktemp("spiked"), past, made) as one:
        yield one


def costs(world: World, begin: datetime) -> Counter:
    """What each model and key cost in one bar, in nano-dollars."""
    ends = [round(each.timestamp() * 1_000_000) for each in (begin, begin + STEP)]
    sql = (
        "select m.name, e.api_key_id, sum(coalesce(e.cost_nanos, 0)) from event e join model m on m.id = e.model_id"
        " where e.occurred_at >= ? and e.occurred_at < ? group by 1, 2"
    )
    with closing(sqlite3.connect(f"file:{world.installation.database}?mode=ro", uri=True)) as connection:
        return Counter({(model, str(key)): nanos for model, key, nanos in connection.execute(sql, ends)})


def bars(selection: dict) -> list[datetime]:
    """Where the bars of a range begin."""
    begin, end = (datetime.fromisoformat(selection[name]) for name in ("from", "to"))
    first = begin.replace(hour=begin.hour // 6 * 6, minute=0, second=0, microsecond=0)
    return [first + STEP * number for number in range((end - first - timedelta(microseconds=1)) // STEP + 1)]


def test_who_made_the_spike_takes_one_click(tab, spiked):
    one = tab(spiked.url)
    one.open()
    starts = bars(one.answer("timeseries")["selection"])
    expect(one.chart).to_have_attribute("aria-valuemax", str(len(starts)))
    tallest = max(range(len(starts)), key=lambda number: costs(spiked, starts[number]).total())
    assert one.point_at((tallest + 0.5) / len(starts)) == tallest

    one.page.mouse.down()  # the one click
    one.page.mouse.up()

    one.settle()
    begin = datetime.fromisoformat(one.view["from"][0])
    assert begin == starts[tallest]
    now, before = costs(spiked, begin), costs(spiked, begin - STEP)
    more = {pair: now[pair] - before[pair] for pair in {*now, *before}}
    (model, key), nanos = max(more.items(), key=lambda each: each[1])
    assert nanos > 0.7 * sum(more.values()) > 0
    names = {
        each["group"]["id"]: each["group"]["label"] for each in spiked.ask("breakdown?range=7d&by=api_key")["rows"]
    }
    expect(one.insight).to_contain_text("Cost is up")
    expect(one.insight).to_contain_text(f"${nanos / 1e9:,.2f}")
    expect(one.insight).to_contain_text(f"{model} on key {names[key]}")
    expect(one.table.get_by_role("row").nth(1)).to_contain_text(model)
