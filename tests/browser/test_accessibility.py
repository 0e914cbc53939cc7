"""axe finds nothing serious or critical: every page, both themes, three languages, with what can lie over them.

What needs a world of its own (login, a key's page, prices being edited, what fails) is looked at in its own file.
"""

import pytest
from playwright.sync_api import expect

from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import PHONE

PAGES = {
    "figures": ["?model=!grok-4.3", "requests?model=!grok-4.3", "errors?range=7d", "keys?range=7d"],
    "accounts": ["credentials?range=7d", "credentials?range=7d&kind=provider_key", "prices?range=7d", "status"],
    "analysis": [
        "analysis?view=tokens",
        "analysis?view=cost&by=model",
        "analysis?view=when&range=30d",
        "analysis?view=speed",
        "analysis?view=models",
    ],
}
"""Several share a tab, which is quicker than one for each."""

several = pytest.mark.parametrize("pages", PAGES.values(), ids=PAGES)


@several
def test_axe_finds_nothing_grave_on_any_page_in_both_themes(tab, world, pages):
    one = tab(world.url)
    for page in pages:
        one.open(page)
        assert stumbling_blocks(one.page) == [], page
        # The other theme is other colours and nothing else.
        one.page.emulate_media(color_scheme="dark")
        expect(one.page.locator("html[data-theme=dark]")).to_be_attached()
        assert stumbling_blocks(one.page, "colours") == [], page
        one.page.emulate_media(color_scheme="light")


@several
@pytest.mark.parametrize("locale", ["zh-CN", "zh-TW"])
def test_axe_finds_nothing_grave_in_another_language(tab, world, locale, pages):
    one = tab(world.url, locale=locale)
    for page in pages:
        one.open(page)
        assert stumbling_blocks(one.page, "all but colours") == [], page


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


@several
def test_axe_finds_nothing_grave_on_a_phone_and_nothing_lies_beyond_its_edge(tab, world, pages):
    one = tab(world.url, color_scheme="dark", viewport=PHONE, has_touch=True, is_mobile=True)
    for page in pages:
        one.open(page)
        assert stumbling_blocks(one.page) == [], page
        assert one.overflow() == 0, page
