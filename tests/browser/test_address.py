"""The address is the view: a reload, and the same address in a browser that was never here, show the same."""

import re

import pytest
from playwright.sync_api import expect

from tests.browser.world import queryd_alone

OVERVIEWS = [
    "",
    "?range=today&compare=week&metric=tokens&group=api_key&tab=provider&sort=-requests",
    "?range=24h&granularity=hour&model=!claude-opus-4-6&result=succeeded&metric=latency_p50&group=provider",
    "?range=yesterday&api_key=1&tab=credential&compare=none&metric=errors",
]
MOVES = re.compile(r"\d+ (?:s|sec\.|min\.|secs?|seconds?|minutes?) ago|Per minute.*|Last 15 minutes.*", re.DOTALL)
"""What depends on the second it is looked at."""


def seen(dashboard):
    """Everything the page says and draws, but for what moves by itself."""
    dashboard.settle()
    expect(dashboard.tiles).to_have_count(7)
    texts = [MOVES.sub("", text) for text in dashboard.tiles.all_inner_texts()]
    texts += dashboard.chip_texts()
    for card in (dashboard.table, dashboard.main.get_by_role("list", name="Legend")):
        texts.append(card.inner_text())
    texts.append(dashboard.bar.get_by_role("button", name="Time range:").get_attribute("aria-label") or "")
    texts.append(dashboard.chart.get_attribute("aria-label") or "")
    texts.append(dashboard.chart.get_attribute("aria-valuemax") or "")
    colors = dashboard.main.locator(".main path.bars").evaluate_all("marks => marks.map(mark => mark.style.fill)")
    return [*texts, *colors]


def at_one_moment():
    """A route by which a question gets the answer that it got first: between two looks, rolling ranges roll on."""
    answers = {}

    def answer(route):
        url = route.request.url
        if url not in answers:
            fetched = route.fetch()
            answers[url] = (fetched.status, fetched.body())
        status, body = answers[url]
        route.fulfill(status=status, body=body, content_type="application/json")

    return answer


@pytest.mark.parametrize("address", OVERVIEWS)
def test_overview_is_the_same_after_a_reload_and_in_a_browser_that_was_never_here(tab, world, address):
    same_answers = at_one_moment()
    here = tab(world.url)
    here.page.route("**/api/v1/**", same_answers)
    here.open(address)
    expect(here.main.get_by_role("link", name="Open these requests")).to_be_visible()
    here.page.wait_for_function("() => localStorage.getItem('keeper/colors') !== null")
    view = seen(here)
    here.page.reload()
    assert seen(here) == view
    elsewhere = tab(world.url)
    elsewhere.page.route("**/api/v1/**", same_answers)
    elsewhere.page.goto(here.page.url)
    elsewhere.settle()
    elsewhere.page.wait_for_function("() => localStorage.getItem('keeper/colors') !== null")
    assert seen(elsewhere) == view


def test_what_cannot_be_understood_in_an_address_is_left_out(dashboard):
    dashboard.open("?range=30d&granularity=eon&colour=red&compare=never&metric=%3Cscript%3E")
    expect(dashboard.bar.get_by_role("button", name="Time range: Last 30 days")).to_be_visible()
    expect(dashboard.chart).to_have_accessible_name("What did it cost?")


@pytest.mark.parametrize("address", ["?range=8d", "?from=2026-11-25&to=2026-11-24", "requests?min_cost_nanos=1e9"])
def test_where_figures_depend_on_it_nothing_is_shown_in_its_place(dashboard, address):
    dashboard.open(address)
    alert = dashboard.main.get_by_role("alert")
    expect(alert).to_contain_text("This address cannot be read")
    expect(alert).to_contain_text(address.partition("?")[2].replace("&", ", "))
    alert.get_by_role("button").click()
    dashboard.settle()
    expect(alert).to_have_count(0)
    assert dashboard.view == {}


def test_an_offset_whose_plus_is_not_escaped_is_understood(dashboard):
    dashboard.open("?from=2026-11-25T10:00:00+08:00&to=2026-11-25T12:00:00+08:00")
    assert "from=2026-11-25T10%3A00%3A00%2B08%3A00" in next(one for one in dashboard.asked if one.startswith("summary"))


def test_an_unknown_page_shows_overview(dashboard):
    dashboard.open("nowhere/at/all")
    expect(dashboard.tiles).to_have_count(7)


def test_nothing_changes_below_a_base_path(tab, tmp_path, world):
    """Only queryd is told of the base path: a second one, on the same file."""
    zone = world.installation.settings["TZ"]
    with queryd_alone(tmp_path, world.installation.folder, TZ=zone, APP_BASE_PATH="/keeper") as (url, _):
        below = tab(url)
        below.open("?range=today")
        expect(below.tiles).to_have_count(7)
        below.bar.get_by_role("link", name="Requests").click()
        below.settle()
        assert below.path == "requests"
        below.page.reload()
        below.settle()
        assert below.path == "requests"
        below.page.goto("about:blank")  # it must not go on asking a queryd that is gone
