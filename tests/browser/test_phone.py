"""Both pages at 390 px: made for it, not shrunk to it."""

import pytest
from playwright.sync_api import expect

from tests.browser.dashboard import PHONE

TARGET = 44
SMALL = """() => [...document.querySelectorAll('a, button, input, select, summary, [role=slider], label:has(input)')]
  .filter((node) => node.checkVisibility({ checkOpacity: true, checkVisibilityCSS: true }))
  .map((node) => [node, node.getBoundingClientRect()])
  .filter(([node, box]) => box.width > 0 && box.height > 1 && !node.closest('.unseen, .skip')
    && !(node.matches('input') && node.closest('label')) && getComputedStyle(node).display !== 'inline')
  .filter(([node, box]) => {
    // What lies over it by a pseudo-element (a whole row, the frame around a switch) is touched too.
    const over = getComputedStyle(node, '::after');
    const size = over.position === 'absolute' ? Math.max(box.height, parseFloat(over.height) || 0) : box.height;
    return size < 43.5;
  })
  .map(([node, box]) => `${Math.round(box.width)}×${Math.round(box.height)} ${node.outerHTML.slice(0, 140)}`)"""

PAGES = ["", "?compare=none", "?model=!grok-4.3&result=succeeded", "requests", "requests?result=failed&model=!grok-4.3"]


@pytest.mark.parametrize("address", PAGES)
def test_nothing_scrolls_sideways(phone, address):
    phone.open(address)
    assert phone.overflow() == 0


@pytest.mark.parametrize("address", ["", "requests"])
def test_nothing_scrolls_sideways_at_360_px_and_in_chinese(tab, world, address):
    one = tab(world.url, viewport={"width": 360, "height": 740}, has_touch=True, is_mobile=True, locale="zh-CN")
    one.open(address)
    assert one.overflow() == 0


@pytest.mark.parametrize("address", PAGES)
def test_what_can_be_touched_is_44_px_high(phone, address):
    phone.open(address)
    small = phone.page.evaluate(SMALL)
    assert small == [], "\n".join(small)


@pytest.mark.parametrize("address", ["", "?compare=none"])
def test_a_series_of_the_legend_is_hidden_and_filtered_to_by_a_finger(phone, address):
    phone.open(address)
    series = phone.main.get_by_role("list", name="Legend").get_by_role("listitem").first
    for button in (series.get_by_role("button", name="Show"), series.get_by_role("button", name="Filter to")):
        box = button.bounding_box()
        assert min(box["width"], box["height"]) >= TARGET


def test_tiles_stand_two_by_two_and_the_chart_is_200_px_high(phone):
    phone.open()
    expect(phone.tiles).to_have_count(7)
    boxes = [tile.bounding_box() for tile in phone.tiles.all()]
    assert boxes[0]["y"] == boxes[1]["y"]
    assert boxes[2]["y"] > boxes[0]["y"]
    assert phone.chart.bounding_box()["height"] == 200


def test_a_tap_on_the_chart_shows_the_bucket_and_offers_what_can_be_done(phone):
    phone.open()
    phone.chart.evaluate("chart => chart.scrollIntoView({ block: 'center' })")
    box = phone.chart.bounding_box()
    phone.page.touchscreen.tap(box["x"] + box["width"] * 0.4, box["y"] + box["height"] / 2)
    phone.main.get_by_role("button", name="Open requests").click()
    phone.settle()
    assert phone.path == "requests"


def test_filters_open_a_sheet_from_the_bottom(phone):
    phone.open()
    phone.bar.get_by_role("button", name="Filter").locator("visible=true").click()
    sheet = phone.page.get_by_role("dialog", name="Filter").locator("visible=true")
    expect(sheet.get_by_role("option").first).to_be_visible()
    box = sheet.bounding_box()
    assert box["width"] == PHONE["width"]
    assert box["y"] + box["height"] == PHONE["height"]
    sheet.get_by_role("option", name="Model").click()
    sheet.get_by_role("option", name="gpt-5.4", exact=False).first.click()
    sheet.get_by_role("button", name="Done").click()
    expect(sheet).to_have_count(0)
    assert "model" in phone.view


def test_a_request_covers_the_whole_screen_and_closes_again(phone):
    phone.open("requests")
    cards = phone.main.get_by_role("list", name="Requests, one a row").locator("[data-row]")
    expect(cards.first).to_be_visible()
    cards.first.click()
    expect(phone.drawer).to_be_visible()
    box = phone.drawer.bounding_box()
    assert (box["width"], box["height"]) == (PHONE["width"], PHONE["height"])
    assert phone.overflow() == 0
    phone.drawer.get_by_role("button", name="Close").click()
    expect(phone.drawer).to_have_count(0)


def test_pages_are_tabs_at_the_bottom_and_preferences_behind_the_last(phone):
    phone.open()
    dock = phone.page.get_by_role("navigation", name="Pages").locator("visible=true")
    for target in (*dock.get_by_role("link").all(), dock.get_by_role("button", name="More")):
        box = target.bounding_box()
        assert box["height"] >= 44
        assert box["y"] + box["height"] <= PHONE["height"]
    dock.get_by_role("link", name="Requests").click()
    phone.settle()
    assert phone.path == "requests"
    expect(dock.get_by_role("link", name="Requests")).to_have_attribute("aria-current", "page")
    dock.get_by_role("button", name="More").click()
    phone.page.get_by_role("menuitemradio", name="Dark").locator("visible=true").click()
    expect(phone.page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize("address", ["", "requests"])
def test_at_200_percent_a_desk_page_still_fits(tab, world, address):
    """Zoom halves the pixels that a page has."""
    one = tab(world.url, viewport={"width": 720, "height": 450}, device_scale_factor=2)
    one.open(address)
    assert one.overflow() == 0
    expect(one.bar.get_by_role("button", name="Time range:")).to_be_visible()


def test_a_failed_row_names_account_and_key(phone, world):
    phone.open("requests?range=7d&result=failed")
    event = world.ask("events?range=7d&result=failed&limit=1")["events"][0]
    row = phone.main.locator(f"[data-row='{event['id']}']")
    expect(row).to_contain_text(event["credential"]["label"])
    expect(row).to_contain_text(event["api_key"]["label"][:4])
    expect(phone.main.locator("li.day").first).to_be_visible()
