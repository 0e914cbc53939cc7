"""Everything can be reached and done without a mouse."""

import pytest
from playwright.sync_api import expect

MOST_STOPS = 150
HERE = """() => {
  const at = document.activeElement;
  if (!at || at === document.body) return null;
  const box = at.getBoundingClientRect();
  const style = getComputedStyle(at);
  const shown = [at, at.closest('label'), ...at.querySelectorAll('*')].filter(Boolean);
  const ring = shown.some((node) => ['', '::after'].some((pseudo) => {
    const look = getComputedStyle(node, pseudo || undefined);
    return look.outlineStyle !== 'none' && parseFloat(look.outlineWidth) > 0;
  }));
  return { name: at.getAttribute('aria-label') ?? at.textContent.trim(), tag: at.tagName, ring,
           html: at.outerHTML.slice(0, 120) };
}"""


def stops(dashboard):
    """What Tab comes to, from the top of the page until it is through."""
    dashboard.page.evaluate("document.activeElement?.blur()")
    found: list[dict[str, str]] = []
    for _ in range(MOST_STOPS):
        dashboard.page.keyboard.press("Tab")
        here = dashboard.page.evaluate(HERE)
        if here is None or (found and here["html"] == found[0]["html"]):
            return found
        found.append(here)
    raise AssertionError(f"more than {MOST_STOPS} tab stops")


@pytest.mark.parametrize(
    ("address", "names"),
    [
        (
            "?model=!grok-4.3",
            [
                "Skip to content", "Overview", "Requests", "Filter", "Earlier", "Time range", "Live",
                "Search and commands", "Menu", "is not", "Change: Model is not grok-4.3", "Remove", "Clear all",
                "Group by", "Table and downloads", "What did it cost?", "Models", "Cost",
                "claude-opus-4-6", "Requests of claude-opus-4-6",
                "Show all", "Request health", "Open these requests",
            ],
        ),
        (
            "requests",
            ["Search requests", "Cost", "Latency", "Columns", "Time", "Request of"],
        ),
    ],
)  # fmt: skip
def test_every_control_is_a_tab_stop_and_shows_where_the_focus_is(dashboard, address, names):
    dashboard.open(address)
    if "requests" not in address:
        expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    found = stops(dashboard)
    texts = [f"{stop['name']} {stop['html']}" for stop in found]
    missing = [name for name in names if not any(name in text for text in texts)]
    assert missing == [], [stop["name"] for stop in found]
    assert [stop["html"] for stop in found if not stop["ring"]] == []


def test_a_switch_is_one_tab_stop_and_arrow_keys_choose(dashboard):
    dashboard.open()
    dashboard.main.get_by_role("group", name="Measure").get_by_role("radio", name="Cost").focus()
    dashboard.page.keyboard.press("ArrowRight")
    dashboard.settle()
    assert dashboard.view["metric"] == ["tokens"]


def test_tabs_are_one_tab_stop_and_arrow_keys_choose(dashboard):
    dashboard.open()
    dashboard.table.get_by_role("tab", name="Models").focus()
    dashboard.page.keyboard.press("ArrowRight")
    expect(dashboard.table.get_by_role("tab", name="Keys")).to_be_focused()
    assert dashboard.view["tab"] == ["api_key"]


def test_a_filter_is_added_by_keyboard_alone(dashboard):
    dashboard.open()
    dashboard.page.keyboard.press("f")
    expect(dashboard.page.get_by_role("combobox").locator("visible=true")).to_be_focused()
    dashboard.page.keyboard.type("opus")
    expect(dashboard.page.get_by_role("option", name="claude-opus-4-6")).to_be_visible()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.chips).to_have_count(1)
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.page.get_by_role("option")).to_have_count(0)


def test_a_menu_is_walked_by_arrow_keys_and_gives_the_focus_back(dashboard):
    dashboard.open()
    button = dashboard.bar.get_by_role("button", name="Menu", exact=True).locator("visible=true")
    button.focus()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.page.locator("[role^=menuitem]:focus")).to_have_count(1)
    dashboard.page.keyboard.press("ArrowDown")
    expect(dashboard.page.locator("[role^=menuitem]:focus")).to_have_count(1)
    dashboard.page.keyboard.press("Escape")
    expect(button).to_be_focused()


def test_the_first_tab_stop_skips_to_the_content(dashboard):
    dashboard.open()
    dashboard.page.keyboard.press("Tab")
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.main).to_be_focused()


def test_a_new_page_takes_the_focus_to_its_beginning(dashboard):
    dashboard.open()
    dashboard.bar.get_by_role("link", name="Requests").click()
    dashboard.settle()
    expect(dashboard.main).to_be_focused()
