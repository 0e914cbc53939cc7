"""Five hundred accounts: all can be reached, by wheel and by key, and no more is drawn than is near the screen."""

from collections.abc import Iterator
from datetime import UTC, datetime, timedelta
from typing import Any

import pytest
from playwright.sync_api import expect

from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import DESK, PHONE
from tests.browser.world import world as small_world
from tests.ingestd.conftest import payload

MANY = 500
DRAWN_MAX = 120
"""Rows at once: a screen holds twenty, and as many are ready above and below."""
ELEMENTS_MAX = 9_000
CHANGED_MAX = 200
"""Nodes that come or go when figures of two accounts change."""


def name(number: int) -> str:
    return f"account-{number:03d}@example.com"


def used(number: int, event: int, **changes: Any) -> bytes:
    """A request on one account, whose answer says how much of its windows is used."""
    now = datetime.now(UTC)
    headers = {"Anthropic-Ratelimit-Unified-Status": ["allowed"]}
    for window, hours in (("5h", 2), ("7d", 70)):
        headers |= {
            f"Anthropic-Ratelimit-Unified-{window}-Reset": [str(int((now + timedelta(hours=hours)).timestamp()))],
            f"Anthropic-Ratelimit-Unified-{window}-Status": ["allowed"],
            f"Anthropic-Ratelimit-Unified-{window}-Utilization": [f"{number % 90 / 100:.2f}"],
        }
    return payload(
        event,
        timestamp=(now - timedelta(minutes=5, milliseconds=event)).isoformat(),
        auth_index=f"{number:016x}",
        source=name(number),
        provider="claude",
        latency_ms=1,
        response_headers=headers,
        **changes,
    )


@pytest.fixture(scope="module")
def many(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Any]:
    with small_world(tmp_path_factory.mktemp("many"), (used(number, number) for number in range(MANY))) as made:
        yield made


@pytest.fixture(params=[DESK, PHONE], ids=["desk", "phone"])
def crowded(request: pytest.FixtureRequest, tab: Any, many: Any) -> Any:
    one = tab(many.url, viewport=request.param)
    one.open("credentials?sort=name")
    return one


def link(one: Any, number: int) -> Any:
    """By its title: on the screen a long address may lose its middle."""
    return one.main.locator(f'a[data-row][title="{name(number)}"]')


def drawn(one: Any) -> tuple[int, int]:
    """Rows that are drawn, and elements of the whole table."""
    rows, elements = one.main.get_by_role("table").evaluate(
        "table => [table.querySelectorAll('[data-row]').length, table.querySelectorAll('*').length]"
    )
    return rows, elements


def total(one: Any) -> int:
    return int(one.main.get_by_role("table").get_attribute("aria-rowcount")) - 1


def test_all_are_reached_by_scrolling_and_few_are_drawn(crowded):
    assert total(crowded) >= MANY
    crowded.page.mouse.move(200, 500)
    last = link(crowded, MANY - 1)
    expect(link(crowded, 0)).to_have_count(1)
    expect(last).to_have_count(0)
    steps = 0
    while crowded.page.evaluate("scrollY + innerHeight < document.documentElement.scrollHeight - 1"):
        before = crowded.page.evaluate("scrollY")
        crowded.page.mouse.wheel(0, 2_400)
        crowded.page.wait_for_function("before => scrollY > before", arg=before)
        rows, elements = drawn(crowded)
        assert (rows <= DRAWN_MAX, elements <= ELEMENTS_MAX) == (True, True), (rows, elements)
        crowded.page.wait_for_function(
            """() => [...document.querySelectorAll('main [role=table] .row')].every(row => {
              const { top, bottom } = row.getBoundingClientRect();
              return bottom <= 0 || top >= innerHeight || row.childElementCount > 0;
            })"""
        )
        steps += 1
        assert steps < 100, "the end moves away"
    rows = crowded.main.locator("[data-row]")
    shown = rows.last.get_attribute("title")
    order = [each["credential"]["label"] for each in crowded.answer("quota")["accounts"] if each["kind"] == "account"]
    assert shown == max(order, key=str.lower)
    last.scroll_into_view_if_needed()
    expect(last).to_be_visible()
    assert drawn(crowded)[0] <= DRAWN_MAX
    assert stumbling_blocks(crowded.page) == []
    assert crowded.overflow() == 0


def test_keys_lead_through_all_of_them_however_fast(tab, many):
    """Pressed within one task, as a held key on a busy machine: no row is skipped, and the drawer follows."""
    one = tab(many.url)
    one.open("credentials?sort=name")
    names = one.page.evaluate(
        """count => {
          const names = [];
          for (let at = 0; at < count; at++) {
            const pressed = new KeyboardEvent('keydown', { key: 'j', bubbles: true, cancelable: true });
            document.activeElement.dispatchEvent(pressed);
            names.push(document.activeElement.title);
          }
          return names;
        }""",
        total(one),
    )
    assert len(set(names)) == total(one)
    assert [each for each in names if each.startswith("account-")] == [name(number) for number in range(MANY)]
    assert drawn(one)[0] <= DRAWN_MAX
    one.page.keyboard.press("k")
    expect(one.page.locator(":focus")).to_have_attribute("title", names[-2])
    one.page.keyboard.press("Enter")
    expect(one.page.get_by_role("dialog", name=f"Account {names[-2]}")).to_be_visible()
    one.page.keyboard.press("k")
    expect(one.page.get_by_role("dialog", name=f"Account {names[-3]}")).to_be_visible()
    one.page.keyboard.press("Escape")
    expect(one.page.get_by_role("dialog")).to_have_count(0)
    expect(one.page.locator(":focus")).to_have_attribute("title", names[-3])


def test_new_figures_change_what_they_are_of_and_nothing_else(tab, many):
    one = tab(many.url)
    one.open("credentials?sort=name")
    row = one.main.locator(".row").filter(has=one.page.locator(f'a[title="{name(3)}"]'))
    expect(row.locator(".requests")).to_have_text("1")
    one.main.get_by_role("table").evaluate(
        """table => {
          window.changed = 0;
          new MutationObserver(records => {
            for (const { addedNodes, removedNodes } of records)
              window.changed += addedNodes.length + removedNodes.length;
          }).observe(table, { childList: true, subtree: true });
        }"""
    )
    many.publish([used(3, 1_000), used(4, 1_001)])
    one.refresh()
    expect(row.locator(".requests")).to_have_text("2")
    changed = one.page.evaluate("window.changed")
    assert changed <= CHANGED_MAX, changed
