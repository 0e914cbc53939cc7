"""What surrounds every page: search and commands, key help, theme, density, language, screenshot-safe, live state."""

from datetime import datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser.world import queryd_alone


def palette(dashboard):
    dashboard.page.keyboard.press("Control+k")
    field = dashboard.page.get_by_placeholder("Find a model, key, credential, request or command")
    expect(field).to_be_focused()
    expect(dashboard.page.get_by_role("option").first).to_be_visible()
    return field


def menu(dashboard, entry):
    dashboard.choose(dashboard.bar.get_by_role("button", name="Menu", exact=True).locator("visible=true"), entry)


def test_the_palette_finds_a_model_and_filters_to_it(dashboard):
    dashboard.open()
    palette(dashboard).fill("opus")
    expect(dashboard.page.get_by_role("option", name="claude-opus-4-6", selected=True)).to_be_visible()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.chips).to_have_count(1)
    assert dashboard.chip_texts() == ["Model is claude-opus-4-6"]


@pytest.mark.parametrize(
    ("text", "option", "path", "view"),
    [
        ("requests", "Requests", "requests", {}),
        ("yesterday", "Yesterday", "", {"range": ["yesterday"]}),
        ("mina", "mina@atlas.example", "", {"credential": None}),
        ("timeout error", "Search requests for “timeout error”", "requests", {"q": ["timeout error"]}),
    ],
)
def test_the_palette_goes_to_pages_ranges_credentials_and_searches(dashboard, text, option, path, view):
    dashboard.open()
    palette(dashboard).fill(text)
    dashboard.page.get_by_role("option", name=option).first.click()
    expect(dashboard.page.get_by_role("option")).to_have_count(0)
    dashboard.settle()
    assert dashboard.path == path
    for name, values in view.items():
        assert name in dashboard.view
        assert values is None or dashboard.view[name] == values


def test_the_palette_opens_a_request_by_its_id(dashboard, world):
    event = world.ask("events?range=24h&sort=-occurred_at&limit=1")["events"][0]
    dashboard.open()
    palette(dashboard).fill(event["id"])
    dashboard.page.get_by_role("option", name="Open request").click()
    expect(dashboard.drawer).to_contain_text(event["request_id"])


def test_the_palette_closes_on_escape_and_leaves_the_page_as_it_was(dashboard):
    dashboard.open("?range=today")
    before = dashboard.page.url
    palette(dashboard).fill("zzzzzz")
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.page.get_by_role("option")).to_have_count(0)
    assert dashboard.page.url == before


def test_a_question_mark_lists_the_keys_and_g_then_r_goes_to_requests(dashboard):
    dashboard.open()
    dashboard.page.keyboard.press("?")
    help_ = dashboard.page.get_by_role("dialog", name="Keyboard shortcuts")
    expect(help_.get_by_text("Earlier or later range")).to_be_visible()
    dashboard.page.keyboard.press("Escape")
    expect(help_).to_have_count(0)
    dashboard.page.keyboard.press("g")
    dashboard.page.keyboard.press("r")
    dashboard.settle()
    assert dashboard.path == "requests"


def test_the_theme_changes_at_once_stays_and_is_there_before_the_first_paint(dashboard):
    dashboard.open()
    html = dashboard.page.locator("html")
    expect(html).to_have_attribute("data-theme", "light")
    menu(dashboard, "Dark")
    expect(html).to_have_attribute("data-theme", "dark")
    # The module that runs the dashboard is held back: what the page has by then is what it is painted with.
    dashboard.page.route("**/assets/*.js", lambda _route: None)
    dashboard.page.goto(dashboard.url + "/", wait_until="commit")
    dashboard.page.wait_for_selector("#app", state="attached")
    expect(html).to_have_attribute("data-theme", "dark")
    dashboard.page.unroute_all(behavior="ignoreErrors")


def test_the_theme_follows_the_system_while_nothing_else_was_chosen(dashboard):
    dashboard.open()
    dashboard.page.emulate_media(color_scheme="dark")
    expect(dashboard.page.locator("html")).to_have_attribute("data-theme", "dark")


@pytest.mark.parametrize(
    ("locale", "lang", "heading"),
    [("zh-CN", "zh-CN", "请求数"), ("zh-TW", "zh-TW", "請求數"), ("de-DE", "en", "Requests")],
)
def test_the_language_is_the_browsers_or_english(tab, world, locale, lang, heading):
    one = tab(world.url, locale=locale)
    one.open()
    expect(one.page.locator("html")).to_have_attribute("lang", lang)
    expect(one.main.get_by_role("heading", name=heading, exact=True).first).to_be_attached()


def test_a_language_that_was_chosen_stays_chosen(dashboard):
    dashboard.open("?range=today")
    menu(dashboard, "繁體中文")
    html = dashboard.page.locator("html")
    expect(html).to_have_attribute("lang", "zh-TW")
    expect(dashboard.bar.get_by_text("今天").first).to_be_visible()
    dashboard.page.reload()
    expect(html).to_have_attribute("lang", "zh-TW")
    expect(dashboard.bar.get_by_text("今天").first).to_be_visible()


def test_compact_density_puts_more_rows_in_sight(dashboard):
    dashboard.open("requests")
    menu(dashboard, "Comfortable")
    before = dashboard.log_rows.first.bounding_box()
    menu(dashboard, "Compact")
    dashboard.page.wait_for_function(
        "(height) => document.querySelector('tbody tr:has([data-row])').getBoundingClientRect().height < height",
        arg=before["height"],
    )


BLURRED = """() => [...document.querySelectorAll('main *, header *')].filter((node) => {
  let blurred = false;
  for (let at = node; at; at = at.parentElement) blurred ||= getComputedStyle(at).filter.includes('blur');
  return !blurred && node.checkVisibility() && [...node.childNodes].some(
    (child) => child.nodeType === 3 && /sk-atlas|@atlas|\\$\\d/.test(child.data));
}).map((node) => node.outerHTML.slice(0, 120))"""


@pytest.mark.parametrize("address", ["?tab=api_key&group=credential", "requests", "?range=today"])
def test_screenshot_safe_leaves_no_key_name_or_money_readable(dashboard, address):
    dashboard.open(address)
    assert dashboard.page.evaluate(BLURRED) != []
    dashboard.page.keyboard.press("b")
    expect(dashboard.bar.get_by_role("button", name="Show again")).to_be_visible()
    assert [leak for leak in dashboard.page.evaluate(BLURRED) if "<title" not in leak] == []
    dashboard.page.keyboard.press("b")
    expect(dashboard.bar.get_by_role("button", name="Show again")).to_have_count(0)


def test_live_can_be_paused_and_nothing_is_asked_meanwhile(dashboard):
    dashboard.stop_the_clock()
    dashboard.open()
    dashboard.stand()
    dashboard.page.keyboard.press("p")
    expect(dashboard.bar.get_by_role("button", name="Paused")).to_be_visible()
    before = len(dashboard.asked)
    dashboard.pass_time(60)
    assert len(dashboard.asked) == before
    dashboard.page.keyboard.press("p")
    expect(dashboard.bar.get_by_role("button", name="Live")).to_be_visible()
    dashboard.pass_time(10)
    assert len(dashboard.asked) > before


def test_a_bare_address_starts_with_the_range_this_browser_prefers(dashboard):
    dashboard.open("?range=30d")
    menu(dashboard, "Start with “Last 30 days”")
    dashboard.page.goto(dashboard.url + "/")
    expect(dashboard.bar.get_by_role("button", name="Time range: Last 30 days")).to_be_visible()


def test_there_is_a_way_back_to_cpa_where_it_is_known(tab, tmp_path, world):
    """Below a path of a proxy CPA is beside the dashboard; at the root of a host there is nothing but the dashboard."""
    zone = world.installation.settings["TZ"]
    with queryd_alone(tmp_path, world.installation.folder, TZ=zone, APP_BASE_PATH="/keeper") as (url, _):
        for base, count in ((url, 1), (world.url, 0)):
            one = tab(base)
            one.open()
            expect(one.main.get_by_role("link", name="Open these requests")).to_be_visible()
            one.bar.get_by_role("button", name="Menu", exact=True).locator("visible=true").click()
            link = one.page.get_by_role("menuitem", name="Back to CPA")
            expect(link).to_have_count(count)
            if count:
                expect(link).to_have_attribute("href", f"{url.removesuffix('/keeper')}/management.html")


def test_the_live_dot_tells_how_collection_is_and_holds_the_figures(dashboard):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    dashboard.bar.get_by_role("button", name="Live").locator("visible=true").click()
    panel = dashboard.page.get_by_role("dialog", name="Status")
    expect(panel.get_by_role("heading")).to_have_text("Collecting")
    status = dashboard.answer("status")
    expect(panel).to_contain_text(f"Requests kept {status['database']['events']:,}")
    expect(panel).to_contain_text(f"Queue {status['ingestd']['queue']['mode']}")
    expect(panel).to_contain_text(f"Version {status['version']}")
    panel.get_by_role("button", name="Pause").click()
    expect(dashboard.bar.get_by_role("button", name="Paused")).to_be_visible()
    panel.get_by_role("button", name="Go on").click()
    expect(dashboard.bar.get_by_role("button", name="Live ·")).to_be_visible()


def test_live_turns_when_nothing_is_collected(dashboard):
    """The answers are still fresh; what stopped is the collector, and only after it was given time to start."""

    def stopped(seconds):
        def answer(route):
            reply = route.fetch()
            body = reply.json()
            now = datetime.fromisoformat(body["now"])
            body["ingestd"] |= {"alive": False, "heartbeat_at": (now - timedelta(seconds=seconds)).isoformat()}
            route.fulfill(response=reply, json=body, headers=reply.headers | {"etag": f'"{seconds}"'})

        return answer

    dashboard.page.route("**/api/v1/status", stopped(10))
    dashboard.open()
    expect(dashboard.bar.get_by_role("button", name="Starting…")).to_be_visible()
    dashboard.page.unroute("**/api/v1/status")
    dashboard.page.route("**/api/v1/status", stopped(20))
    dashboard.refresh()
    expect(dashboard.bar.get_by_role("button", name="Not collecting")).to_be_visible()


@pytest.mark.parametrize("width", [1280, 1360, 1440, 1600, 1920])
def test_the_bar_has_the_edges_of_the_content_at_every_width(tab, world, width):
    one = tab(world.url, viewport={"width": width, "height": 900})
    one.open()
    brand = one.bar.get_by_role("link", name="Keeper").bounding_box()
    card = one.main.get_by_role("navigation", name="Key figures").bounding_box()
    menu_box = one.bar.get_by_role("button", name="Menu", exact=True).locator("visible=true").bounding_box()
    assert abs(brand["x"] - card["x"]) < 2
    # The frame of the last icon reaches as far out as its strokes lie within it.
    assert 0 <= menu_box["x"] + menu_box["width"] - (card["x"] + card["width"]) <= 10
    assert one.overflow() == 0


@pytest.mark.parametrize("width", [1280, 1440, 1920])
def test_the_bar_has_room_for_every_page_and_the_whole_name_of_the_range(tab, world, width):
    one = tab(world.url, viewport={"width": width, "height": 900})
    one.open("?range=this_month&model=!grok-4.3")
    one.page.keyboard.press("b")  # one more button
    expect(one.bar.get_by_role("button", name="Show again")).to_be_visible()
    expect(one.bar.get_by_role("navigation", name="Pages").get_by_role("link", name="Prices")).to_be_visible()
    name = one.bar.get_by_text("This month", exact=True)
    assert name.evaluate("node => node.scrollWidth <= node.clientWidth")


def test_a_printed_log_has_all_its_columns(dashboard):
    """A sheet on its side is 1,060 pixels wide."""
    dashboard.open("requests")
    dashboard.page.emulate_media(media="print")
    dashboard.page.set_viewport_size({"width": 1_060, "height": 740})
    for name in ("Time", "Model", "Input", "Latency", "Cost"):
        box = dashboard.log.get_by_role("columnheader", name=name).bounding_box()
        assert box["x"] >= 0
        assert box["x"] + box["width"] <= 1_060


def test_forced_colours_leave_a_legend_the_colours_of_its_chart(tab, world):
    one = tab(world.url, forced_colors="active")
    one.open()
    drawn = one.main.locator("path.bars").evaluate_all("all => all.map(mark => getComputedStyle(mark).fill)")
    named = one.main.locator(".swatch i").evaluate_all("all => all.map(i => getComputedStyle(i).backgroundColor)")
    assert len(drawn) > 3
    assert set(drawn) <= set(named)
