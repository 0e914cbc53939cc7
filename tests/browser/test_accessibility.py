"""axe finds nothing serious or critical: both pages, both themes, three languages, with what can lie over them."""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import stumbling_blocks

LOCALES = ["en-GB", "zh-CN", "zh-TW"]


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("locale", LOCALES)
@pytest.mark.parametrize("page", ["?model=!grok-4.3", "requests?model=!grok-4.3"])
def test_axe_finds_nothing_grave_on_the_page(tab, world, page, locale, theme):
    one = tab(world.url, locale=locale, color_scheme=theme)
    one.open(page)
    assert stumbling_blocks(one.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_grave_on_what_opens_above_the_page(tab, world, theme):
    one = tab(world.url, color_scheme=theme)
    one.open("?model=!grok-4.3")
    one.page.keyboard.press("Control+k")
    expect(one.page.get_by_role("option").first).to_be_visible()
    assert stumbling_blocks(one.page) == []
    one.page.keyboard.press("Escape")
    one.page.keyboard.press("?")
    expect(one.page.get_by_role("heading", name="Keyboard shortcuts")).to_be_visible()
    assert stumbling_blocks(one.page) == []
    one.page.keyboard.press("Escape")
    one.bar.get_by_role("button", name="Time range:").click()
    expect(one.page.get_by_role("grid").first).to_be_visible()
    assert stumbling_blocks(one.page) == []
    one.page.keyboard.press("Escape")
    one.bar.get_by_role("button", name="Filter").click()
    expect(one.page.get_by_role("option").first).to_be_visible()
    assert stumbling_blocks(one.page) == []
    one.page.keyboard.press("Escape")
    one.bar.get_by_role("button", name="Menu").click()
    expect(one.page.get_by_role("menuitem").first).to_be_visible()
    assert stumbling_blocks(one.page) == []


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["", "requests"])
def test_axe_finds_nothing_grave_on_a_phone(tab, world, page, theme):
    one = tab(world.url, color_scheme=theme, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    one.open(page)
    assert stumbling_blocks(one.page) == []
