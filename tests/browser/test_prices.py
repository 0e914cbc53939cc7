"""Prices: what is missing is set in three clicks, shown before it is done, priced anew and taken back."""

import json
import re
import threading
from collections.abc import Iterator
from contextlib import contextmanager
from datetime import UTC, datetime
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer

import pytest
from playwright.sync_api import expect

from tests.browser import afternoon
from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import PHONE
from tests.browser.world import world

UNPRICED = "atlas-llama-4-ft"
DATED = "claude-haiku-4-5-20251001"
LISTED = {
    "openai": ("gpt-5.4", "gpt-5.4-mini", "gpt-5.4-nano"),
    "anthropic": ("claude-opus-4-6",),
    "google": ("gemini-2.5-pro",),
}
"""Models of another list, each at a price that no other has."""


@contextmanager
def models_dev() -> Iterator[str]:
    """A list in the form of Models.dev; its address."""
    cost = {"input": 7.5, "output": 77, "cache_read": 0.75, "cache_write": 7.5}
    body = json.dumps(
        {
            seller: {
                "id": seller,
                "name": seller.title(),
                "models": {name: {"name": name, "cost": cost} for name in names},
            }
            for seller, names in LISTED.items()
        }
    ).encode()

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            self.send_response(200)
            self.end_headers()
            self.wfile.write(body)

        def log_message(self, *_: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    threading.Thread(target=server.serve_forever, daemon=True).start()
    yield f"http://127.0.0.1:{server.server_port}/api.json"
    server.shutdown()
    server.server_close()


@pytest.fixture(scope="module")
def priced_world(tmp_path_factory):
    """A world of its own: these tests change what costs are."""
    now = datetime.now(UTC)
    now = now.astimezone(afternoon.zone_of_afternoon(now))
    past = afternoon.payloads(3, now)
    with models_dev() as address, world(tmp_path_factory.mktemp("prices"), past, MODELS_DEV_URL=address) as made:
        yield made


@pytest.fixture
def prices(tab, priced_world):
    return tab(priced_world.url)


def totals(world):
    metrics = world.ask("summary?range=all")["metrics"]
    return metrics["cost_nanos"], metrics["unpriced_requests"]


def drawer(dashboard, name=UNPRICED):
    return dashboard.page.get_by_role("dialog", name=name)


def edited(world):
    return world.ask("prices?range=all")["edited"]


def reprice(box):
    box.get_by_role("button", name=re.compile(r"^Re-price [\d,]+ requests?$")).click()
    expect(box.get_by_role("heading", name=re.compile("^Re-priced"))).to_be_visible()


def test_a_price_is_set_from_the_warning_in_three_clicks_and_undone(prices, priced_world):
    cost, unpriced = totals(priced_world)
    assert unpriced > 0
    prices.open("?range=all")
    shown = prices.tile("Cost").inner_text()
    prices.main.get_by_role("link", name="Set a price").click()  # 1
    assert (prices.path, prices.view["price"]) == ("prices", [UNPRICED])
    box = drawer(prices)
    expect(box.get_by_label("Input", exact=True)).to_be_focused()
    prices.page.keyboard.type("6000")
    box.get_by_label("Output", exact=True).fill("24000")
    box.get_by_role("button", name="Preview").click()  # 2
    would = box.get_by_role("heading", name=re.compile("^Re-price "))
    expect(would).to_contain_text("no price → $")
    assert stumbling_blocks(prices.page) == []
    assert totals(priced_world) == (cost, unpriced)
    said = would.inner_text()
    # Of some only the total of the tokens is known: no price can change that.
    count = int(said.split()[1].replace(",", ""))
    assert 0 < count <= unpriced
    assert edited(priced_world) == []
    box.get_by_role("button", name="Save and re-price").click()  # 3
    expect(box.get_by_role("heading", name=re.compile("^Re-priced"))).to_be_visible()
    (entered,) = edited(priced_world)
    assert (entered["model"], entered["rates"]["input"]) == (UNPRICED, 6_000)
    dearer, left = totals(priced_world)
    assert left == unpriced - count
    assert f"${(dearer - cost) / 1e9:,.2f}" in said or f"${(dearer - cost) / 1e9:,.0f}" in said
    prices.open("?range=all")
    expect(prices.tile("Cost")).not_to_have_text(shown)

    prices.open(f"prices?range=all&price={UNPRICED}")
    box = drawer(prices)
    box.get_by_role("row", name="manual").get_by_role("button", name="Undo").click()
    expect(box.get_by_role("heading", name=re.compile("^Re-price "))).to_contain_text("→ no price")
    reprice(box)
    assert totals(priced_world) == (cost, unpriced)


def test_two_of_five_prices_of_models_dev_are_applied_and_taken_back(prices, priced_world):
    prices.open("prices?range=all")
    prices.main.get_by_role("button", name="Sync").click()
    box = prices.page.get_by_role("dialog", name="Sync with Models.dev")
    expect(box.get_by_text("5 models differ.")).to_be_visible()
    expect(box.get_by_text(f"Not listed there: {UNPRICED}")).to_be_visible()
    expect(box.get_by_role("checkbox", checked=True)).to_have_count(0)
    expect(box.get_by_role("button", name="Apply 0")).to_be_disabled()
    assert stumbling_blocks(prices.page) == []
    for name in ("gpt-5.4-mini", "gemini-2.5-pro"):
        box.get_by_role("row", name=name).get_by_role("checkbox").check()
    box.get_by_role("button", name="Apply 2").click()
    expect(box.get_by_text("2 prices applied.")).to_be_visible()
    edited = [one for one in priced_world.ask("prices?range=all")["edited"] if one["source"] == "synced"]
    assert {one["model"] for one in edited} == {"gpt-5.4-mini", "gemini-2.5-pro"}
    assert {one["rates"]["output"] for one in edited} == {77}
    box.get_by_role("button", name="Undo").click()
    expect(box.get_by_text("2 prices taken back.")).to_be_visible()
    edited = [one for one in priced_world.ask("prices?range=all")["edited"] if one["undoes"]]
    assert {one["model"] for one in edited} >= {"gpt-5.4-mini", "gemini-2.5-pro"}


def test_what_is_wrong_is_said_at_its_field_and_nothing_is_saved(prices, priced_world):
    prices.open(f"prices?range=all&price={UNPRICED}")
    box = drawer(prices)
    before = len(priced_world.ask("prices?range=all")["edited"])
    box.get_by_label("Input", exact=True).fill("cheap")
    box.get_by_role("button", name="Preview").click()
    expect(box.get_by_label("Input", exact=True)).to_have_attribute("aria-invalid", "true")
    expect(box.get_by_role("alert")).to_have_text(["Not a number", "Needed"])
    expect(box.get_by_label("Input", exact=True)).to_be_focused()
    assert len(priced_world.ask("prices?range=all")["edited"]) == before


def test_what_is_previewed_is_saved_only_when_asked_for(prices, priced_world):
    cost, before = totals(priced_world), len(edited(priced_world))
    prices.open("prices?range=all&price=gpt-5.4")
    box = drawer(prices, "gpt-5.4")
    box.get_by_label("Images", exact=True).first.fill("40")
    box.get_by_label("Input", exact=True).first.fill("5000")
    box.get_by_role("button", name="Preview").click()
    would = box.get_by_role("heading", name=re.compile("^Re-price "))
    expect(would).to_be_visible()
    assert stumbling_blocks(prices.page) == []
    box.get_by_role("button", name="Back").click()
    expect(box.get_by_label("Input", exact=True).first).to_have_value("5000")
    assert (totals(priced_world), len(edited(priced_world))) == (cost, before)
    box.get_by_role("button", name="Preview").click()
    box.get_by_role("button", name="Save only").click()
    expect(would).to_be_hidden()
    newest = edited(priced_world)[0]
    assert (newest["rates"]["image"], newest["rates"]["input"]) == (40, 5_000)
    assert totals(priced_world) == cost
    box.get_by_role("row", name="manual").get_by_role("button", name="Undo").first.click()
    expect(box.get_by_text("No stored request would cost anything else")).to_be_visible()


def test_another_models_price_is_taken_over(prices):
    prices.open(f"prices?range=all&price={UNPRICED}")
    box = drawer(prices)
    box.get_by_role("button", name="Take over").click()
    prices.page.get_by_role("menuitem", name=re.compile(r"^gpt-5\.4\s")).click()
    expect(box.get_by_label("Input", exact=True).first).to_have_value("2.5")
    expect(box.get_by_role("group", name="Context step 1")).to_be_visible()


def test_a_rule_is_entered_previewed_and_retired(prices, priced_world):
    cost = totals(priced_world)[0]
    prices.open("prices?range=all&price=gpt-5.4")
    box = drawer(prices, "gpt-5.4")
    box.get_by_role("tab", name="Rules").click()
    prices.choose(box.get_by_role("button", name="Where:"), "Model")
    box.get_by_label("Is", exact=True).fill("gpt-5.4")
    box.get_by_label("Factor", exact=True).fill("0.5")
    box.get_by_role("button", name="Save rule").click()
    expect(box.get_by_role("heading", name=re.compile("^Re-price "))).to_be_visible()
    box.get_by_role("button", name="Not now").click()
    expect(box.get_by_role("listitem").first).to_contain_text("Model gpt-5.4 0.5 ×")
    expect(prices.main.get_by_role("button", name="See what would change")).to_be_visible()
    box.get_by_role("button", name="Retire").first.click()
    expect(box.get_by_text("No stored request would cost anything else")).to_be_visible()
    assert totals(priced_world)[0] == cost


def test_a_rule_of_a_dated_name_is_its_prices_and_what_it_changes_is_in_sight(prices, priced_world):
    cost = totals(priced_world)[0]
    prices.open(f"prices?range=all&price={DATED}")
    box = drawer(prices, DATED)
    box.get_by_role("tab", name="Rules").click()
    prices.choose(box.get_by_role("button", name="Where:"), "Model")
    box.get_by_label("Is", exact=True).fill(DATED)
    box.get_by_label("Factor", exact=True).fill("0.5")
    expect(box.get_by_label("Only when priced as claude-haiku-4-5", exact=True)).to_be_checked()
    box.get_by_role("button", name="Save rule").click()
    would = box.get_by_role("heading", name=re.compile("^Re-price "))
    expect(would).to_be_in_viewport()
    expect(would).to_contain_text("50%")
    expect(box.get_by_role("listitem").first).to_contain_text(f"Model {DATED} 0.5 ×")
    assert stumbling_blocks(prices.page) == []
    reprice(box)
    assert totals(priced_world)[0] < cost
    box.get_by_role("button", name="Done").click()
    box.get_by_role("button", name="Retire").click()
    expect(would).to_contain_text("100%")
    reprice(box)
    assert totals(priced_world)[0] == cost


def test_what_is_assumed_of_cache_writes_is_switched(prices, priced_world):
    prices.open("prices?range=all")
    prices.main.get_by_role("button", name="Change", exact=True).click()
    choice = prices.page.get_by_role("group", name="API keys")
    choice.get_by_text("1 hour").click()
    expect(choice.get_by_label("1 hour")).to_be_checked()
    assert priced_world.ask("prices?range=all")["settings"]["key_writes_1h"]
    choice.get_by_text("5 minutes").click()
    expect(choice.get_by_label("5 minutes")).to_be_checked()


def test_keys_walk_over_the_models_and_open_them(prices):
    prices.open("prices?range=all")
    prices.page.keyboard.press("j")
    prices.page.keyboard.press("j")
    focused = prices.page.evaluate("document.activeElement.dataset.row")
    prices.page.keyboard.press("Enter")
    expect(drawer(prices, focused)).to_be_visible()
    prices.page.keyboard.press("k")
    expect(drawer(prices)).to_be_visible()
    prices.page.keyboard.press("Escape")
    expect(drawer(prices)).to_be_hidden()
    assert "price" not in prices.view


def test_filters_of_the_table_and_its_search(prices):
    prices.open("prices?range=all")
    rows = prices.main.locator("tbody tr")
    every = rows.count()
    prices.main.locator("label", has_text="No price").click()
    expect(rows).to_have_count(1)
    assert prices.view["show"] == ["unpriced"]
    prices.main.locator("label", has_text="Used").click()
    expect(rows).to_have_count(every)
    prices.main.get_by_label("Model or maker").fill("claude")
    expect(rows).not_to_have_count(every)
    assert all("claude" in text for text in rows.all_inner_texts())
    prices.main.get_by_label("Model or maker").fill("nobody's")
    expect(prices.main).to_contain_text("No model matches.")
    prices.main.get_by_role("button", name=re.compile("^Show all")).click()
    assert rows.count() >= every


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", ["en-GB", "zh-CN", "zh-TW"])
def test_axe_finds_nothing_grave(tab, priced_world, theme, locale):
    one = tab(priced_world.url, locale=locale, color_scheme=theme)
    one.open("prices?range=all")
    assert stumbling_blocks(one.page) == []
    one.open("prices?range=all&price=claude-opus-4-6")
    expect(one.page.get_by_role("dialog").get_by_role("tab")).to_have_count(2)
    assert stumbling_blocks(one.page) == []
    one.page.get_by_role("dialog").get_by_role("tab").last.click()
    assert stumbling_blocks(one.page) == []


def test_a_phone_has_room_for_it(tab, priced_world):
    one = tab(priced_world.url, viewport=PHONE, has_touch=True, is_mobile=True, device_scale_factor=3)
    one.open("prices?range=all")
    assert one.overflow() == 0
    assert stumbling_blocks(one.page) == []
    one.main.get_by_role("link", name="Set a price").click()
    expect(drawer(one).get_by_role("button", name="Preview")).to_be_visible()
    assert one.overflow() == 0
    assert stumbling_blocks(one.page) == []
