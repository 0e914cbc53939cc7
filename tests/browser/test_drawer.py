"""One request in a drawer: opened by click, key and address, leafed through, and explained to the nano-dollar."""

import json
import re
import sqlite3
from contextlib import closing
from datetime import datetime

import pytest
from playwright.sync_api import expect

from shared import event_id
from shared.normalization import Tokens
from shared.price_versions import charge_of
from shared.prices import arithmetic
from tests.cpa.accounts import CLIENT_KEYS, CREDENTIALS


def newest(world, question="events?range=yesterday&sort=-occurred_at&limit=3"):
    return world.ask(question)["events"]


def test_a_click_opens_the_drawer_and_its_address_opens_it_elsewhere(tab, world):
    here = tab(world.url)
    here.open("requests?range=yesterday")
    event = newest(world)[1]
    here.log_rows.nth(1).get_by_role("cell").nth(2).click()
    expect(here.drawer).to_be_visible()
    assert here.view["open"] == [event["id"]]
    expect(here.drawer).to_contain_text(event["model"]["label"])
    elsewhere = tab(world.url)
    elsewhere.page.goto(here.page.url)
    expect(elsewhere.drawer).to_contain_text(event["request_id"])
    here.page.go_back()
    expect(here.drawer).to_have_count(0)
    assert "open" not in here.view


def test_enter_opens_j_and_k_leaf_and_escape_gives_the_focus_back(dashboard, world):
    dashboard.open("requests?range=yesterday")
    first, second, third = newest(world)
    dashboard.page.keyboard.press("j")
    dashboard.page.keyboard.press("j")
    expect(dashboard.page.locator(f'[data-row="{second["id"]}"]')).to_be_focused()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.drawer).to_contain_text(second["id"])
    dashboard.page.keyboard.press("j")
    expect(dashboard.drawer).to_contain_text(third["id"])
    dashboard.page.keyboard.press("k")
    dashboard.page.keyboard.press("k")
    expect(dashboard.drawer).to_contain_text(first["id"])
    assert dashboard.view["open"] == [first["id"]]
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.drawer).to_have_count(0)
    expect(dashboard.page.locator(f'[data-row="{first["id"]}"]')).to_be_focused()


def test_the_price_is_reckoned_line_by_line_to_the_stored_cost(dashboard, world):
    event = newest(world, "events?range=7d&model=claude-opus-4-6&result=succeeded&sort=-cost_nanos&limit=1")[0]
    dashboard.open(f"requests?open={event['id']}")
    detail = world.ask(f"events/{event['id']}")
    cost = dashboard.drawer.get_by_role("region", name=re.compile("^Cost"))
    expect(cost).to_contain_text("at API prices")
    total = cost.get_by_role("row").last
    expect(total).to_contain_text(f"${detail['cost_nanos'] / 1e9:.9f}".rstrip("0"))
    expect(cost).to_contain_text(f"Price of {detail['price']['model']} by anthropic")
    expect(cost).to_contain_text(f"{detail['cache_read_tokens']:,}")


STORED = (
    "select input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens, cost_nanos, charge_id"
    " from event where (occurred_at, digest) = (?, ?)"
)


def dollars_exactly(nanos):
    return "$" + re.sub("0{1,7}$", "", f"{nanos / 1e9:,.9f}")


def test_what_a_request_cost_and_why_is_two_clicks_away(dashboard, world):
    dashboard.open()
    dashboard.bar.get_by_role("link", name="Requests").click()  # 1
    dashboard.settle()
    drawn = dashboard.drawn()
    chosen = next(one for one in dashboard.answer("events")["events"] if one["id"] in drawn and one["cost_nanos"])
    dashboard.log.locator(f'tr:has([data-row="{chosen["id"]}"])').get_by_role("cell").nth(1).click()  # 2
    place = event_id.decode(chosen["id"])
    assert place is not None
    with closing(sqlite3.connect(f"file:{world.installation.database}?mode=ro", uri=True)) as connection:
        *tokens, stored, charge_id = connection.execute(STORED, place).fetchone()
        found = charge_of(connection, charge_id)
    assert found is not None
    lines = [line for line in arithmetic(Tokens(*tokens), found[0]).lines if line.tokens]
    assert sum(line.cost_nanos for line in lines) == stored
    cost = dashboard.drawer.get_by_role("region", name=re.compile("^Cost"))
    expect(cost.get_by_role("row").last).to_contain_text(dollars_exactly(stored))
    for line in lines:
        row = cost.get_by_role("row").filter(has_text=dollars_exactly(line.cost_nanos))
        expect(row.filter(has_text=f"{line.tokens:,}").first).to_be_visible()


def test_time_and_tokens_are_split_and_their_counting_is_explained(dashboard, world):
    event = newest(world, "events?range=7d&model=gpt-5.4&result=succeeded&sort=-total_tokens&limit=1")[0]
    dashboard.open(f"requests?open={event['id']}")
    expect(dashboard.drawer.get_by_role("region", name=re.compile("^Time"))).to_contain_text("first byte")
    tokens = dashboard.drawer.get_by_role("region", name=re.compile("^Tokens"))
    for part in ("uncached", "cache read", "text", "reasoning", "CPA classified every token"):
        expect(tokens).to_contain_text(part)
    expect(tokens).to_contain_text(f"{event['total_tokens']:,}")


def test_a_failure_says_why_and_lists_the_attempts_of_its_request(dashboard, world):
    failed = world.ask("events?range=7d&result=failed&sort=-occurred_at&limit=200")["events"]
    event = next(one for one in failed if world.ask(f"events/{one['id']}")["attempts_total"] > 1)
    dashboard.open(f"requests?range=7d&open={event['id']}")
    detail = world.ask(f"events/{event['id']}")
    expect(dashboard.drawer).to_contain_text(event["error_message"])
    attempts = dashboard.drawer.get_by_role("region", name="Attempts of this request").get_by_role("link")
    expect(attempts).to_have_count(detail["attempts_total"])
    other = next(one for one in detail["attempts"] if one["id"] != event["id"])
    attempts.nth([one["id"] for one in detail["attempts"]].index(other["id"])).click()
    expect(dashboard.drawer.get_by_text(other["id"])).to_be_visible()
    assert dashboard.view["open"] == [other["id"]]


def test_the_turns_of_a_websocket_are_not_called_attempts(dashboard, world):
    event = newest(world, "events?range=7d&endpoint=GET%20/v1/responses&result=succeeded&sort=-occurred_at&limit=1")[0]
    dashboard.open(f"requests?range=7d&open={event['id']}")
    detail = world.ask(f"events/{event['id']}")
    turns = dashboard.drawer.get_by_role("region", name="Turns of this connection").get_by_role("link")
    expect(turns).to_have_count(len(detail["attempts"]))
    expect(dashboard.drawer).to_contain_text(f"turn {detail['attempts_total']} of {detail['attempts_total']}")
    expect(dashboard.drawer).not_to_contain_text("attempt ")


def test_what_one_can_filter_by_is_a_link_in_the_drawer(dashboard, world):
    event = newest(world)[0]
    dashboard.open(f"requests?range=yesterday&open={event['id']}")
    facts = dashboard.drawer.get_by_role("region", name="Who and where")
    facts.get_by_role("link", name=event["credential"]["label"]).click()
    expect(dashboard.chips).to_have_count(1)
    assert dashboard.view["credential"] == [event["credential"]["id"]]


@pytest.fixture
def copying(dashboard):
    dashboard.context.grant_permissions(["clipboard-read", "clipboard-write"])
    return dashboard


def test_a_request_is_copied_as_json_and_as_a_link(copying, world):
    event = newest(world)[0]
    copying.open(f"requests?range=yesterday&open={event['id']}")
    expect(copying.drawer.get_by_text(event["id"])).to_be_visible()
    copying.choose(copying.drawer.get_by_role("button", name="Copy", exact=True).first, "Copy as JSON")
    expect(copying.drawer.get_by_text("Copied")).to_be_visible()
    copied = json.loads(copying.page.evaluate("navigator.clipboard.readText()"))
    assert copied["id"] == event["id"]
    assert copied["cost_nanos"] == event["cost_nanos"]
    copying.choose(copying.drawer.get_by_role("button", name="Copy", exact=True).first, "Copy link")
    assert copying.page.evaluate("navigator.clipboard.readText()") == copying.page.url


def test_the_message_as_cpa_sent_it_has_its_secrets_masked(dashboard, world):
    event = newest(world, "events?range=24h&sort=-occurred_at&limit=1")[0]
    dashboard.open(f"requests?open={event['id']}")
    dashboard.drawer.get_by_text("As CPA sent it").click()
    raw = dashboard.drawer.get_by_label("As CPA sent it")
    expect(raw).to_contain_text(event["request_id"])
    expect(raw).to_contain_text("token_breakdown")
    secrets = [key.key for key in CLIENT_KEYS] + [one.key for one in CREDENTIALS if one.key]
    text = dashboard.drawer.inner_text()
    assert [secret for secret in secrets if secret in text] == []


def test_an_address_of_a_request_that_is_gone_says_so(dashboard):
    with dashboard.trouble_expected():
        dashboard.open("requests?open=1m9x2b3c4d5e6f7a8b9c")
        expect(dashboard.drawer).to_contain_text("This request is not here any more")
        dashboard.page.keyboard.press("Escape")
        expect(dashboard.drawer).to_have_count(0)


def test_a_request_is_priced_at_another_model(dashboard, world):
    event = next(
        one
        for one in newest(world, "events?range=yesterday&sort=-cost_nanos&limit=20")
        if one["model"]["id"].startswith("claude-opus")
    )
    dashboard.open(f"requests?range=yesterday&open={event['id']}")
    dashboard.drawer.get_by_role("button", name="At another model").click()
    dashboard.page.get_by_role("menuitemradio", name="gpt-5.4", exact=True).click()
    found = world.ask(f"events/{event['id']}/what-if?as_model=gpt-5.4")
    nanos = found["price"]["cost_nanos"]
    assert found["cost_nanos"] == event["cost_nanos"] > nanos > 0
    expect(dashboard.drawer.get_by_text(f"${nanos // 10**9}.{nanos % 10**9:09d}".rstrip("0"))).to_be_visible()


def test_a_link_to_a_request_tells_its_time_in_the_zone_of_the_server(tab, world):
    event = newest(world)[0]
    here = tab(world.url)
    here.open(f"requests?range=yesterday&result=failed&open={event['id']}")
    moment = datetime.fromisoformat(event["occurred_at"])
    expect(here.drawer).to_contain_text(moment.strftime("%H:%M:%S GMT"))
