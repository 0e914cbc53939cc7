"""The log of requests: in sight, in order, searched, limited, scrolled through, and kept up to date without a jump."""

import pytest
from playwright.sync_api import expect

from tests.browser.traffic import another


def ids(answer):
    return [event["id"] for event in answer["events"]]


def header(dashboard, name):
    return dashboard.log.get_by_role("columnheader", name=name, exact=True)


def test_at_least_fourteen_rows_are_in_sight_at_1440_by_900(dashboard):
    dashboard.open("requests")
    expect(dashboard.log_rows.first).to_be_visible()
    boxes = [row.bounding_box() for row in dashboard.log_rows.all()]
    in_sight = [box for box in boxes if box and box["y"] + box["height"] <= 900]
    assert len(in_sight) >= 14


def test_a_row_says_what_the_api_says(dashboard, world):
    dashboard.open("requests?range=yesterday")
    event = world.ask("events?range=yesterday&sort=-occurred_at&limit=1")["events"][0]
    row = dashboard.log_rows.first
    expect(row).to_contain_text(event["model"]["label"])
    expect(row).to_contain_text(event["credential"]["label"])
    expect(row).to_contain_text(event["api_key"]["label"])
    expect(row).to_contain_text(str(event["status_code"]))
    expect(row).to_contain_text(event["occurred_at"][11:19])


def test_the_cost_is_on_the_screen_and_a_result_is_no_wider_than_its_code(tab, world):
    for width in (1280, 1366, 1440, 1920):
        dashboard = tab(world.url, viewport={"width": width, "height": 900})
        dashboard.open("requests?range=yesterday")
        box = header(dashboard, "Cost").bounding_box()
        assert box is not None
        assert box["x"] + box["width"] <= width - 20, width
        result = header(dashboard, "Result").bounding_box()
        model = header(dashboard, "Model").bounding_box()
        assert result is not None
        assert model is not None
        assert result["width"] <= 64
        assert model["width"] >= 200


def test_of_failures_the_reason_stands_in_full_width_and_no_counts_of_tokens(dashboard, world):
    dashboard.open("requests?result=failed")
    event = world.ask("events?range=7d&result=failed&limit=1")["events"][0]
    names = dashboard.log.get_by_role("columnheader").all_inner_texts()
    assert not {"Input", "Output", "Cache hit"} & {name.strip(" ↑↓") for name in names}, names
    reason = dashboard.log_rows.first.locator("td.said")
    expect(reason).to_contain_text(event["error_message"] or "")
    width = reason.bounding_box()
    assert width is not None
    assert width["width"] >= 320
    # Chosen by hand, the columns are those that were chosen.
    dashboard.open("requests?result=failed&columns=tokens")
    expect(header(dashboard, "Output")).to_be_visible()


def test_a_day_is_a_divider_and_stays_in_sight(dashboard, world):
    dashboard.open("requests?range=7d")
    rows = world.ask("events?range=7d&limit=100")["events"]
    days = dashboard.log.locator("tr.day th")
    expect(days.first).to_be_visible()
    first = days.first.inner_text()
    assert str(int(rows[0]["occurred_at"][8:10])) in first
    # No row repeats its date.
    expect(dashboard.log_rows.first.locator("th .second")).to_have_count(0)
    box = dashboard.main.locator(".rows .box")
    top = days.first.bounding_box()
    assert top is not None
    box.evaluate("(box) => box.scrollTo({ top: 3000 })")
    expect(days.first).to_be_visible()
    stuck = days.first.bounding_box()
    assert stuck is not None
    assert abs(stuck["y"] - top["y"]) < 1
    dashboard.open("requests?range=7d&sort=-cost_nanos")
    expect(dashboard.log_rows.first.locator("th .second")).to_be_visible()
    expect(dashboard.log.locator("tr.day")).to_have_count(0)


def test_a_wide_screen_shows_more_rows(tab, world):
    heights = {}
    for width in (1280, 1440):
        dashboard = tab(world.url, viewport={"width": width, "height": 900})
        dashboard.open("requests?range=7d")
        box = dashboard.log_rows.first.bounding_box()
        assert box is not None
        heights[width] = box["height"]
    assert heights == {1280: 36, 1440: 30}


def test_back_after_closing_does_not_open_the_drawer_again(dashboard):
    dashboard.open("requests?range=yesterday")
    dashboard.log_rows.nth(2).click()
    expect(dashboard.drawer).to_be_visible()
    dashboard.page.keyboard.press("j")
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.drawer).to_be_hidden()
    assert "open" not in dashboard.view
    dashboard.bar.get_by_role("link", name="Overview").click()
    expect(dashboard.tiles.first).to_be_visible()
    dashboard.page.go_back()
    expect(dashboard.log_rows.first).to_be_visible()
    expect(dashboard.drawer).to_be_hidden()
    # A pasted link to a request closes without leaving the page.
    newest = dashboard.drawn()[0]
    dashboard.open(f"requests?range=yesterday&open={newest}")
    expect(dashboard.drawer).to_be_visible()
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.drawer).to_be_hidden()
    assert dashboard.path == "requests"


def test_the_totals_above_the_log_are_those_of_the_summary(dashboard, world):
    dashboard.open("requests?range=yesterday")
    metrics = world.ask("summary?range=yesterday")["metrics"]
    expect(dashboard.main.get_by_text(f"{metrics['requests']:,} requests")).to_be_visible()
    expect(dashboard.main.get_by_text(f"{metrics['failed']} failed")).to_be_visible()
    expect(dashboard.main.get_by_text(f"${metrics['cost_nanos'] / 1e9:,.2f} at API prices")).to_be_visible()


@pytest.mark.parametrize(
    ("name", "sort"), [("Cost", "cost_nanos"), ("Latency", "latency_ms"), ("Output", "output_tokens")]
)
def test_a_header_sorts_on_the_server_the_largest_first_then_the_smallest(dashboard, world, name, sort):
    dashboard.open("requests?range=yesterday")
    for direction, order in (("descending", f"-{sort}"), ("ascending", sort)):
        header(dashboard, name).get_by_role("button").click()
        expect(header(dashboard, name)).to_have_attribute("aria-sort", direction)
        dashboard.settle()
        first = ids(world.ask(f"events?range=yesterday&sort={order}&limit=5"))
        expect(dashboard.log_rows.first.locator("[data-row]")).to_have_attribute("data-row", first[0])
        assert dashboard.drawn()[:5] == first


def test_a_search_finds_requests_by_model_and_says_how_many(dashboard, world):
    dashboard.open("requests?range=yesterday")
    dashboard.page.keyboard.press("/")
    field = dashboard.main.get_by_label("Search requests")
    expect(field).to_be_focused()
    field.fill("opus")
    expect(dashboard.log_rows.first).to_contain_text("claude-opus-4-6")
    dashboard.settle()
    found = world.ask("events?range=yesterday&q=opus&sort=-occurred_at&limit=10")
    assert dashboard.drawn()[:10] == ids(found)
    assert dashboard.view["q"] == ["opus"]
    field.fill("")
    expect(dashboard.log_rows.filter(has_text="gpt").first).to_be_visible()


def test_a_search_finds_failures_by_their_error_text(dashboard, world):
    failed = world.ask("events?range=7d&result=failed&sort=-occurred_at&limit=50")["events"]
    said = next(event for event in failed if event["error_message"] and "rate" in event["error_message"].lower())
    dashboard.open("requests?q=rate&result=failed")
    expect(dashboard.log.get_by_text(said["error_message"]).first).to_be_visible()


def test_cost_and_latency_can_be_limited_and_the_limits_dropped(dashboard, world):
    dashboard.open("requests?range=yesterday")
    dashboard.main.get_by_role("button", name="Cost", exact=True).first.click()
    form = (
        dashboard.page.get_by_role("group").filter(has=dashboard.page.get_by_label("At least")).locator("visible=true")
    )
    form.get_by_label("At least").fill("0.25")
    form.get_by_role("button", name="Apply").click()
    dashboard.settle()
    assert dashboard.view["min_cost_nanos"] == ["250000000"]
    expected = world.ask("events?range=yesterday&min_cost_nanos=250000000&sort=-occurred_at&limit=5")
    expect(dashboard.log_rows.first.locator("[data-row]")).to_have_attribute("data-row", ids(expected)[0])
    expect(dashboard.main.get_by_role("button", name="Cost ≥ $0.25")).to_be_visible()
    dashboard.main.get_by_role("button", name="Latency", exact=True).first.click()
    form = (
        dashboard.page.get_by_role("group").filter(has=dashboard.page.get_by_label("At most")).locator("visible=true")
    )
    form.get_by_label("At most").fill("20 s")
    form.get_by_role("button", name="Apply").click()
    dashboard.settle()
    assert dashboard.view["max_latency_ms"] == ["20000"]
    dashboard.main.get_by_role("button", name="Remove the limit on Cost").click()
    dashboard.settle()
    assert "min_cost_nanos" not in dashboard.view


def test_a_limit_that_makes_no_sense_is_refused_in_words(dashboard):
    dashboard.open("requests")
    dashboard.main.get_by_role("button", name="Latency", exact=True).first.click()
    form = (
        dashboard.page.get_by_role("group").filter(has=dashboard.page.get_by_label("At most")).locator("visible=true")
    )
    form.get_by_label("At most").fill("soon")
    form.get_by_role("button", name="Apply").click()
    expect(form.get_by_role("alert")).to_contain_text("Write a duration")
    assert "max_latency_ms" not in dashboard.view


def test_presets_and_single_columns_are_in_the_address(dashboard):
    dashboard.open("requests")
    dashboard.main.get_by_role("button", name="Columns:").click()
    panel = dashboard.page.get_by_role("dialog", name="Columns")
    panel.get_by_label("Timing").check()
    expect(header(dashboard, "Tokens/s")).to_be_visible()
    expect(header(dashboard, "Cost")).to_have_count(0)
    assert dashboard.view["columns"] == ["timing"]
    panel.get_by_label("Request id").check()
    expect(header(dashboard, "Request id")).to_be_visible()
    dashboard.page.reload()
    dashboard.settle()
    expect(header(dashboard, "Request id")).to_be_visible()


def test_failures_say_in_the_row_what_went_wrong(dashboard, world):
    dashboard.open("requests?result=failed")
    failed = world.ask("events?range=7d&result=failed&sort=-occurred_at&limit=10")["events"]
    said = next(event for event in failed if event["error_message"])
    row = dashboard.log_rows.filter(has=dashboard.page.locator(f'[data-row="{said["id"]}"]'))
    expect(row).to_contain_text(said["error_message"])
    expect(row).to_contain_text(str(said["status_code"]) if said["status_code"] else "")


def test_thousands_of_rows_are_scrolled_through_with_few_in_the_document(dashboard, world):
    dashboard.open("requests")
    box = dashboard.log.locator("xpath=..")
    expected: list[str] = []
    cursor = ""
    while len(expected) < 2_000:
        page = world.ask(f"events?range=7d&sort=-occurred_at&limit=200{cursor}")
        expected += ids(page)
        cursor = f"&cursor={page['next_cursor']}"
    seen = set()
    most = 0
    for _ in range(200):
        drawn = dashboard.drawn()
        seen.update(drawn)
        most = max(most, len(drawn))
        if expected[1_500] in seen:
            break
        box.evaluate("box => box.scrollBy(0, box.clientHeight - 80)")
        dashboard.page.wait_for_function(
            "(last) => [...document.querySelectorAll('[data-row]')].at(-1)?.dataset.row !== last", arg=drawn[-1]
        )
    assert set(expected[:1_500]) <= seen
    assert most < 120


def test_new_requests_wait_behind_a_pill_and_move_no_row(dashboard, world):
    dashboard.open("requests")
    before = dashboard.drawn()
    top = dashboard.log_rows.first.bounding_box()
    world.publish([another(world), another(world)])
    dashboard.refresh()
    pill = dashboard.main.get_by_role("button", name="2 new")
    expect(pill).to_be_visible()
    assert dashboard.drawn() == before
    assert dashboard.log_rows.first.bounding_box() == top
    pill.click()
    expect(pill).to_have_count(0)
    expect(dashboard.log_rows.first.locator("[data-row]")).not_to_have_attribute("data-row", before[0])
    assert dashboard.drawn()[2] == before[0]


def test_while_queryd_is_gone_the_rows_stay_and_say_how_old_they_are(dashboard, world):
    dashboard.stop_the_clock()
    dashboard.open("requests")
    rows = dashboard.drawn()
    with dashboard.trouble_expected():
        world.installation.queryd.kill()
        try:
            dashboard.pass_time(10)
            expect(dashboard.main.get_by_role("status").filter(has_text="old")).to_be_visible()
            assert dashboard.drawn() == rows
        finally:
            world.installation.queryd.start()
            world.installation.wait_ready()
        dashboard.pass_time(65)
        expect(dashboard.main.get_by_role("status").filter(has_text="old")).to_have_count(0)


def test_nothing_for_these_filters_offers_to_drop_each_of_them(dashboard):
    dashboard.open("requests?model=gemini-3-pro-preview&provider=claude")
    expect(dashboard.main.get_by_text("No requests match these filters")).to_be_visible()
    dashboard.main.get_by_role("button", name="Without “Provider is claude”").click()
    expect(dashboard.log_rows.first).to_contain_text("gemini-3-pro-preview")


def test_the_log_is_the_same_after_a_reload_and_in_a_browser_that_was_never_here(tab, world):
    address = "requests?range=yesterday&model=!gpt-5.4&sort=-latency_ms&columns=tokens&min_latency_ms=2000&q=claude"
    here = tab(world.url)
    here.open(address)
    rows, heads = here.drawn(), here.log.get_by_role("columnheader").all_inner_texts()
    here.page.reload()
    here.settle()
    assert here.drawn() == rows
    elsewhere = tab(world.url)
    elsewhere.page.goto(here.page.url)
    elsewhere.settle()
    assert elsewhere.drawn() == rows
    assert elsewhere.log.get_by_role("columnheader").all_inner_texts() == heads
