"""Questions that Analysis answers, each with its count of clicks from Overview, each answer compared with the file."""

import csv
import json
import math
import re
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest
from playwright.sync_api import expect

from shared.normalization import Tokens
from shared.price_versions import charge_of, price_of
from shared.prices import Charge, Mark, arithmetic, cost
from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import PHONE

VIEWS = ("tokens", "cost", "when", "speed", "models")
TOKENS = "input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens"


class Clicks:
    """Clicks from an opened Overview on, counted."""

    def __init__(self, dashboard):
        self.count = 0
        dashboard.open()

    def __call__(self, locator):
        self.count += 1
        locator.click()


@pytest.fixture
def clicks(dashboard):
    return Clicks(dashboard)


def go(dashboard, clicks, view):
    """To a view of Analysis: one click, two for another view than the first."""
    clicks(dashboard.bar.get_by_role("link", name="Analysis"))
    if view != "Tokens":
        clicks(dashboard.main.get_by_role("group", name="Analysis").get_by_text(view, exact=True))
    dashboard.settle()


def rows(world, sql, span):
    """What plain SQL finds between the ends of an answer's selection, given as its two parameters."""
    ends = [int(datetime.fromisoformat(span[end]).timestamp() * 1_000_000) for end in ("from", "to")]
    with closing(sqlite3.connect(f"file:{world.installation.database}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, ends).fetchall()


def priced(world, span):
    """Tokens and charge of each request."""
    found = rows(world, f"select {TOKENS}, charge_id from event where occurred_at >= ? and occurred_at < ?", span)
    with closing(sqlite3.connect(f"file:{world.installation.database}?mode=ro", uri=True)) as connection:
        charges = {id_: charge_of(connection, id_) for id_ in {row[-1] for row in found} if id_ is not None}
    return [(Tokens(*row[:5]), (charges.get(row[-1]) or (None,))[0]) for row in found]


def dollars(nanos):
    return f"${nanos / 1e9:,.2f}"


def percentile(values, percent):
    listed = sorted(values)
    return listed[math.ceil(percent / 100 * len(listed)) - 1]


ANSWERED = (
    "select m.name, r.provider, e.latency_ms, e.occurred_at from event e join model m on m.id = e.model_id"
    " join route r on r.id = e.route_id where e.failed = 0 and e.generate and e.latency_ms > 0"
    " and e.occurred_at >= ? and e.occurred_at < ?"
)


@pytest.mark.parametrize("way", ["tile", "page"])
def test_what_the_cache_saved_is_at_most_two_clicks_away(dashboard, world, clicks, way):
    if way == "tile":
        clicks(dashboard.tile("Cache hit"))
        dashboard.settle()
    else:
        go(dashboard, clicks, "Cost")
    assert clicks.count <= 2
    lead = dashboard.main.locator("p.lead b")
    expect(lead).to_contain_text("The cache saved $")
    saved = 0
    for tokens, charge in priced(world, dashboard.answer("breakdown")["selection"]):
        if charge is not None and charge.price is not None and not charge.marks & Mark.TOKENS_UNKNOWN:
            shown = arithmetic(tokens, charge)
            saved += shown.cached_as_input_nanos - shown.cached_nanos
    assert lead.inner_text() == f"The cache saved {dollars(saved)}."


def test_the_latency_of_a_model_against_the_week_before_is_two_clicks_away(dashboard, world, clicks):
    go(dashboard, clicks, "Speed")
    assert clicks.count == 2
    row = dashboard.main.get_by_role("row").filter(has_text="claude-opus-4-6")
    answer = dashboard.answer("breakdown")
    now, before = (
        percentile([ms for name, _, ms, _ in rows(world, ANSWERED, span) if name == "claude-opus-4-6"], 95)
        for span in (answer["selection"], answer["compare"])
    )
    cells = row.get_by_role("cell").all_inner_texts()
    assert f"{now / 1_000:,.1f}" in cells
    change = (now - before) / before
    text = f"{abs(change) * 100:.1f}%" if abs(change) < 0.0995 else f"{abs(change) * 100:.0f}%"
    assert cells[-1].endswith(text)
    assert cells[-1].startswith("▲" if change > 0 else "▼")


def test_tokens_a_day_by_key_are_a_file_three_clicks_away(dashboard, world, clicks):
    go(dashboard, clicks, "Tokens")
    clicks(dashboard.main.get_by_role("tab", name="Keys"))
    dashboard.settle()
    with dashboard.page.expect_download() as saved:
        clicks(dashboard.main.get_by_role("button", name="Tokens a day by key as CSV"))
    assert clicks.count == 3
    with saved.value.path().open(encoding="utf-8-sig", newline="") as file:
        first, names, *lines = csv.reader(file)
    span = json.loads(first[0].removeprefix("# "))["selection"]
    last = span["to"] if not span["to"][11:].startswith("00:00:00") else None
    assert saved.value.suggested_filename.startswith(f"timeseries_by_api_key_{span['from'][:10]}_")
    assert last is None
    zone = world.now.tzinfo
    expected: dict = {}
    sql = (
        "select occurred_at, api_key_id, input_tokens + output_tokens + unclassified_tokens from event"
        " where occurred_at >= ? and occurred_at < ?"
    )
    for at, key, tokens in rows(world, sql, span):
        day = datetime.fromtimestamp(at / 1_000_000, zone).date().isoformat()
        expected[day, str(key)] = expected.get((day, str(key)), 0) + tokens
    found = [dict(zip(names, line, strict=True)) for line in lines]
    sums = {(row["time"][:10], row["api_key_id"]): int(row["total_tokens"]) for row in found}
    assert {key: tokens for key, tokens in sums.items() if tokens} == {key: t for key, t in expected.items() if t}
    assert len({key for _, key in sums}) == len({key for _, key in expected}) > 6
    assert all(row["api_key_id"] for row in found)


def test_the_same_traffic_at_another_model_is_three_clicks_away(dashboard, world, clicks):
    go(dashboard, clicks, "Models")
    other = dashboard.main.locator("li[data-model='gpt-5.4']")
    clicks(other.get_by_role("link"))
    assert clicks.count == 3
    lead = dashboard.main.locator("p.lead b")
    expect(lead).to_contain_text("All of it at gpt-5.4 would have cost $")
    dashboard.settle()
    answer = world.ask("what-if?range=7d&as_model=gpt-5.4")
    with closing(sqlite3.connect(f"file:{world.installation.database}?mode=ro", uri=True)) as connection:
        price = price_of(connection, int(answer["price"]["id"]))
    assert price is not None
    assert price.model == "gpt-5.4"
    expected = sum(
        cost(tokens, Charge(price, (), (charge.marks if charge else Mark(0)) & Mark.CACHE_WRITES_1H))
        for tokens, charge in priced(world, answer["selection"])
    )
    assert lead.inner_text() == f"All of it at gpt-5.4 would have cost {dollars(expected)}"
    expect(other).to_contain_text(dollars(expected))


def test_p95_by_provider_and_hour_is_three_clicks_away(dashboard, world, clicks):
    go(dashboard, clicks, "Speed")
    clicks(dashboard.main.get_by_role("tab", name="Providers"))
    assert clicks.count == 3
    dashboard.settle()
    expect(dashboard.main.get_by_role("heading", name="Total p95 by provider and hour")).to_be_visible()
    answer = dashboard.answer("heatmap")
    zone = world.now.tzinfo
    cells: dict = {}
    for _, provider, ms, at in rows(world, ANSWERED, answer["selection"]):
        cells.setdefault((provider, datetime.fromtimestamp(at / 1_000_000, zone).hour), []).append(ms)
    assert (answer["metric"], answer["y_axis"], answer["x_axis"]) == ("latency_p95_ms", "provider", "hour")
    for line, provider in zip(answer["cells"], answer["y"], strict=True):
        for hour, value in zip(answer["x"], line, strict=True):
            listed = provider and cells.get((provider["id"], hour))
            if listed:
                assert value == percentile(listed, 95)
    map_ = dashboard.main.get_by_role("slider", name="Total p95 by provider and hour")
    map_.focus()
    dashboard.page.keyboard.press("ArrowLeft")
    expect(map_).to_have_attribute("aria-valuetext", re.compile(r"23–24 h, (Nothing known|.* s|.* min.*)"))


def test_what_the_dearest_requests_make_of_the_cost_and_which_they_are(dashboard, world):
    dashboard.open("analysis?range=7d&view=cost")
    card = dashboard.main.get_by_role("region", name="Who makes the cost")
    expect(card).to_contain_text("The dearest")
    answer = dashboard.answer("concentration")
    found = rows(
        world,
        "select cost_nanos from event where occurred_at >= ? and occurred_at < ? and cost_nanos > 0 order by 1",
        answer["selection"],
    )
    costs = [nanos for (nanos,) in found]
    bound = costs[len(costs) - math.ceil(len(costs) * 0.05)]
    dearest = [each for each in costs if each >= bound]
    expect(card).to_contain_text(f"make {sum(dearest) / sum(costs) * 100:.0f}% of the cost")
    card.get_by_role("link", name=f"Show the {len(dearest):,}").click()
    dashboard.settle()
    assert dashboard.path == "requests"
    assert world.ask(f"events?range=7d&limit=1&min_cost_nanos={bound}")["events"][0]["cost_nanos"] >= bound
    assert dashboard.answer("events")["events"][0]["cost_nanos"] == costs[-1]


def test_weekday_against_weekend_is_two_clicks_away(dashboard, world, clicks):
    go(dashboard, clicks, "When")
    assert clicks.count == 2
    weekday, weekend = (
        dashboard.main.locator(f"tr[data-part={part}]").get_by_role("cell") for part in ("weekday", "weekend")
    )
    expect(weekday.first).to_be_visible()
    answer = dashboard.answer("heatmap")
    zone = world.now.tzinfo
    sums = [0, 0]
    sql = "select occurred_at, coalesce(cost_nanos, 0) from event where occurred_at >= ? and occurred_at < ?"
    hours = next(one for one in dashboard.asked if one.startswith("heatmap") and "weekday" in one)
    week = world.ask(hours)["week"]
    for at, nanos in rows(world, sql, answer["selection"]):
        sums[datetime.fromtimestamp(at / 1_000_000, zone).isoweekday() >= 6] += nanos
    assert [week[part]["value"] for part in ("weekday", "weekend")] == sums
    assert week["weekend"]["days"] == 2
    assert weekend.nth(1).inner_text() == dollars(round(sums[1] / 2))
    expect(dashboard.main.get_by_role("link", name="Show 30 days")).to_be_visible()


def test_each_peak_says_who_makes_it(dashboard, world):
    dashboard.open("analysis?range=30d&view=when")
    dashboard.settle()
    hours = next(one for one in dashboard.asked if one.startswith("heatmap") and "peaks=" in one)
    answer = world.ask(hours)
    zone = world.now.tzinfo
    costs: dict = {}
    sql = (
        "select e.occurred_at, e.api_key_id, m.name, e.cost_nanos from event e join model m on m.id = e.model_id"
        " where e.occurred_at >= ? and e.occurred_at < ? and e.cost_nanos > 0"
    )
    for at, key, model, nanos in rows(world, sql, answer["selection"]):
        moment = datetime.fromtimestamp(at / 1_000_000, zone)
        cell = costs.setdefault((moment.hour, moment.isoweekday() - 1), {})
        cell[str(key), model] = cell.get((str(key), model), 0) + nanos
    names = {
        each["group"]["id"]: each["group"]["label"] for each in world.ask("breakdown?range=30d&by=api_key")["rows"]
    }
    listed = dashboard.main.get_by_role("region", name="Peaks").get_by_role("row")
    expect(listed).to_have_count(5)
    assert len(answer["peaks"]) == 4
    for number, peak in enumerate(answer["peaks"], 1):
        cell = costs[peak["x"], peak["y"]]
        key, model = max(cell, key=lambda pair: cell[pair])
        assert peak["value"] == cell[key, model]
        expect(listed.nth(number)).to_contain_text(f"{names[key]} · {model}")


def test_every_view_can_be_read_and_walked_through(tab, world):
    """axe in both themes, on a desk and a phone, on which nothing is wider than the screen."""
    for options in ({"color_scheme": "dark"}, {"viewport": PHONE, "has_touch": True, "is_mobile": True}):
        one = tab(world.url, **options)
        for view in VIEWS:
            one.open(f"analysis?range=14d&view={view}&by=model")
            expect(one.main.locator("p.lead b")).to_be_visible()
            one.settle()
            assert stumbling_blocks(one.page) == [], view
            assert one.page.evaluate("document.scrollingElement.scrollWidth <= innerWidth"), view


def test_a_bar_a_cell_and_a_figure_lead_to_their_requests(dashboard):
    dashboard.open("analysis?range=7d")
    bars = dashboard.main.get_by_role("slider").first
    bars.focus()
    dashboard.page.keyboard.press("End")
    dashboard.page.keyboard.press("Enter")
    dashboard.settle()
    assert dashboard.path == "requests"
    assert {"from", "to"} <= dashboard.view.keys()
    dashboard.page.go_back()
    dashboard.settle()
    row = dashboard.main.get_by_role("row").filter(has_text="gpt-5.4").first
    name = row.get_by_role("rowheader").inner_text()
    row.get_by_title("Open these requests").click()
    dashboard.settle()
    assert (dashboard.path, dashboard.view["model"]) == ("requests", [name])
