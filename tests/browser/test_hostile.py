"""Names of 80 characters, in every script and none, as markup; 1e15 tokens; a day of latency; 500 of everything."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import PHONE
from tests.browser.hostile import hostile
from tests.browser.world import world as world_of


@pytest.fixture(scope="module")
def odd(world, tmp_path_factory):
    with world_of(tmp_path_factory.mktemp("hostile"), hostile(world.attempts, world.now)) as made:
        yield made


ADDRESSES = ["?range=30d", "?range=30d&tab=credential&group=credential&metric=tokens", "requests?range=30d"]


@pytest.mark.parametrize("address", ADDRESSES)
def test_every_card_is_drawn_and_nothing_scrolls_sideways(tab, odd, address):
    for options in ({}, {"viewport": PHONE, "has_touch": True, "is_mobile": True}):
        one = tab(odd.url, **options)
        one.open(address)
        if not address.startswith("requests"):  # where there are no colours, none are ranked
            # The ranking of all time comes after the figures, and repaints them.
            one.page.wait_for_function("() => localStorage.getItem('keeper/colors') !== null")
        one.settle()
        expect(one.main.get_by_role("alert")).to_have_count(0)
        assert one.overflow() == 0


def test_a_name_that_is_markup_is_shown_as_it_is(tab, odd):
    one = tab(odd.url)
    one.page.on("dialog", lambda dialog: one.troubles.append(dialog.message))
    one.open("?range=30d&sort=-requests")
    expect(one.table.get_by_text('<script>alert("model")</script>')).to_be_visible()


def test_five_hundred_models_unfold_and_fold_again(tab, odd):
    one = tab(odd.url)
    one.open("?range=30d")
    rows = one.table.locator("tbody tr")
    expect(rows).to_have_count(9)
    one.table.get_by_role("button", name="Show all").click()
    expect(rows).to_have_count(101)
    one.table.get_by_role("button", name="Show fewer").click()
    expect(rows).to_have_count(9)


def test_a_thousand_trillion_tokens_are_written_and_fit(tab, odd):
    one = tab(odd.url)
    one.open("?range=30d")
    expect(one.tile("Tokens")).to_contain_text("1,050T")
    wide = one.tiles.evaluate_all("tiles => tiles.filter((tile) => tile.scrollWidth > tile.clientWidth).length")
    assert wide == 0


def test_what_has_no_price_is_a_dash_and_not_free(tab, odd):
    one = tab(odd.url)
    one.open("?range=30d&sort=-requests")
    row = one.table.get_by_role("row").filter(has_text='<script>alert("model")</script>')
    expect(row.locator(".cost_nanos")).to_contain_text("–")
    expect(row.locator(".cost_nanos")).to_contain_text("have no known price")


def test_a_mark_in_a_name_does_not_turn_it_round(tab, odd):
    one = tab(odd.url)
    one.open("?range=30d&sort=-requests")
    expect(one.table.get_by_text("model\ufffdgnp.exe", exact=True)).to_be_visible()
    # The filter is on the name as it is.
    one.table.get_by_text("model\ufffdgnp.exe", exact=True).click()
    one.settle()
    assert one.view["model"] == ["model\u202egnp.exe"]
    expect(one.tile("Requests")).to_contain_text(re.compile("[1-9]"))
