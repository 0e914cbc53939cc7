"""Overview shows what the API says, to the last digit, and answers what it is opened for."""

import re

from playwright.sync_api import expect


def dollars(nanos):
    return f"${nanos / 1e9:,.2f}"


def short(value, digits):
    """Rounded, without zeros at the end."""
    return f"{value:.{digits}f}".rstrip("0").rstrip(".")


def test_the_seven_tiles_show_the_figures_of_the_api_and_the_api_those_of_the_past(dashboard, world):
    dashboard.open()
    expect(dashboard.tiles).to_have_count(7)
    metrics = dashboard.answer("summary")["metrics"]
    week = [one for one in world.attempts if one.started >= week_begins(world)]
    # Other tests let requests happen in this world, all of them today.
    since = world.published - len(world.attempts)
    assert metrics["requests"] == len(week) + since
    expect(dashboard.tile("Requests")).to_contain_text(f"{metrics['requests']:,}")
    assert 0 <= metrics["failed"] - sum(one.failure is not None for one in week) <= since
    # Attempts that the client hung up on are nobody's failure, and nobody's success.
    success = (metrics["requests"] - metrics["failed"]) / (metrics["requests"] - metrics["cancelled"]) * 100
    expect(dashboard.tile("Success")).to_contain_text(f"{short(success, 2)}%")
    expect(dashboard.tile("Tokens")).to_contain_text(f"{metrics['total_tokens'] / 1e6:.0f}M")
    expect(dashboard.tile("Cost")).to_contain_text(dollars(metrics["cost_nanos"]))
    expect(dashboard.tile("Cache hit")).to_contain_text(f"{short(metrics['cache_hit_rate'] * 100, 1)}%")
    expect(dashboard.tile("Latency")).to_contain_text(f"{metrics['latency_ms']['p50'] / 1000:.1f}s")
    expect(dashboard.tile("Latency")).to_contain_text(f"p95 {metrics['latency_ms']['p95'] / 1000:.0f} s")
    expect(dashboard.tile("Per minute")).to_contain_text(short(metrics["rpm"], 2))


def week_begins(world):
    midnight = world.now.replace(hour=0, minute=0, second=0, microsecond=0)
    return int(midnight.timestamp() - 6 * 86_400) * 1_000_000_000


def test_a_tile_explains_itself_with_the_exact_value_and_the_comparison(dashboard):
    dashboard.open()
    answer = dashboard.answer("summary")
    dashboard.tile("Tokens").focus()
    explanation = dashboard.page.get_by_role("tooltip")
    expect(explanation).to_contain_text("Input, with what was read from and written to caches")
    expect(explanation).to_contain_text(f"{answer['metrics']['total_tokens']:,}")
    expect(explanation).to_contain_text(f"{answer['compare']['metrics']['total_tokens']:,}")
    expect(explanation).to_contain_text("Compared with")
    dashboard.tile("Cost").hover()
    expect(explanation).to_contain_text("at the API prices in force when they were made")
    expect(explanation).to_contain_text(f"{answer['metrics']['unpriced_requests']} requests have no known price")


def test_what_has_no_price_and_what_has_no_tokens_is_called_out_beside_the_sums(dashboard, world):
    dashboard.open()
    metrics = world.ask("summary?range=7d")["metrics"]
    assert metrics["unpriced_requests"] > 0
    assert metrics["unmetered_requests"] > 0
    expect(dashboard.tile("Cost")).to_contain_text(f"{metrics['unpriced_requests']} unpriced")
    expect(dashboard.tile("Tokens")).to_contain_text(f"{metrics['unmetered_requests']} unmetered")
    said = f"{metrics['unpriced_requests']} requests have no price: atlas-llama-4-ft"
    expect(dashboard.main.get_by_text(said)).to_be_visible()
    expect(dashboard.main.get_by_text("at API prices")).to_be_visible()


def test_the_table_lists_the_dearest_models_with_share_and_change(dashboard, world):
    dashboard.open()
    rows = world.ask("breakdown?range=7d&by=model&sort=-cost_nanos&limit=8")["rows"]
    shown = dashboard.table.locator("tbody tr")
    expect(shown).to_have_count(9)
    for place, row in enumerate(rows):
        line = shown.nth(place)
        expect(line).to_contain_text(row["group"]["label"])
        expect(line).to_contain_text(f"{row['metrics']['requests']:,}")
        expect(line).to_contain_text(f"{row['share']['cost_nanos'] * 100:.0f}")
        expect(line.locator(".change")).to_contain_text(re.compile(r"[▲▼＝=]|new|–", re.IGNORECASE))
    expect(dashboard.table.get_by_role("columnheader", name="Cost")).to_have_attribute("aria-sort", "descending")


def test_every_tab_of_the_table_asks_its_own_question_and_nothing_else(dashboard, world):
    dashboard.open()
    labels = {"Keys": "api_key", "Credentials": "credential", "Providers": "provider", "Clients": "client"}
    for tab, dimension in labels.items():
        before = len(dashboard.asked)
        dashboard.table.get_by_role("tab", name=tab).click()
        sort = "success_rate" if dimension == "credential" else "-cost_nanos"
        first = world.ask(f"breakdown?range=7d&by={dimension}&sort={sort}&limit=1")["rows"][0]
        expect(dashboard.table.locator("tbody tr").first).to_contain_text(first["group"]["label"])
        dashboard.settle()
        fresh = [question for question in dashboard.asked[before:] if f"7d&by={dimension}" in question]
        assert len(fresh) == 1, dashboard.asked[before:]
        assert dashboard.view["tab"] == [dimension]


def test_a_header_sorts_and_says_so(dashboard, world):
    dashboard.open()
    header = dashboard.table.get_by_role("columnheader", name="Requests", exact=True)
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "descending")
    first = world.ask("breakdown?range=7d&by=model&sort=-requests&limit=1")["rows"][0]
    expect(dashboard.table.locator("tbody tr").first).to_contain_text(first["group"]["label"])
    header.get_by_role("button").click()
    expect(header).to_have_attribute("aria-sort", "ascending")


def test_the_chart_says_what_each_bucket_holds(dashboard, world):
    dashboard.open("?granularity=day")
    answer = world.ask("timeseries?range=7d&granularity=day&metrics=cost_nanos&group_by=model&top=6")
    bucket = dashboard.point_at(0.1)
    values = [series["metrics"]["cost_nanos"][bucket] for series in answer["series"]]
    expect(dashboard.chart).to_have_attribute("aria-valuetext", re.compile(re.escape(f"Total {dollars(sum(values))}")))
    shares = dashboard.main.locator(".tip li")
    dearest = max(answer["series"], key=lambda one: one["metrics"]["cost_nanos"][bucket])
    expect(shares.first).to_contain_text(dearest["group"]["label"])
    expect(shares.first).to_contain_text(dollars(dearest["metrics"]["cost_nanos"][bucket]))


def test_the_legend_adds_up_to_the_tile(dashboard, world):
    dashboard.open()
    total = world.ask("summary?range=7d")["metrics"]["cost_nanos"]
    legend = dashboard.main.get_by_role("list", name="Legend")
    expect(legend.get_by_role("listitem").filter(has_text="Total")).to_contain_text(dollars(total))


def test_each_measure_draws_its_own_question(dashboard):
    dashboard.open()
    for measure, question in {
        "Tokens": "How many tokens were used?",
        "Requests": "How many requests were made?",
        "Latency": "How long did requests take?",
        "Errors": "How many requests failed?",
        "Cost": "What did it cost?",
    }.items():
        dashboard.main.get_by_role("group", name="Measure").get_by_text(measure, exact=True).click()
        expect(dashboard.chart).to_have_accessible_name(question)
        dashboard.settle()
        expect(dashboard.main.locator(".main svg path.bars, .main svg g:not(.axis) > path.line").first).to_be_attached()


def test_the_table_behind_the_chart_holds_the_same_figures(dashboard, world):
    dashboard.open("?granularity=day")
    dashboard.choose(dashboard.main.get_by_role("button", name="Table and downloads"), "Show as table")
    answer = world.ask("timeseries?range=7d&granularity=day&metrics=cost_nanos&group_by=model&top=6")
    table = dashboard.main.get_by_role("region", name="What did it cost?").get_by_role("table")
    oldest = table.get_by_role("row").last
    expect(oldest).to_contain_text(dollars(sum(one["metrics"]["cost_nanos"][0] for one in answer["series"])))
    expect(oldest).to_contain_text(dollars(answer["series"][0]["metrics"]["cost_nanos"][0]))


def test_the_dimensions_that_have_no_tab_in_sight_are_behind_more(dashboard, world):
    dashboard.open()
    rest = ["Endpoints", "Results", "Status codes", "Errors", "Effort", "Service tiers"]
    dimensions = ["endpoint", "result", "status", "error_class", "reasoning_effort", "service_tier"]
    for name, dimension in zip(rest, dimensions, strict=True):
        dashboard.choose(dashboard.table.get_by_role("button", name="More"), name)
        expect(dashboard.table.get_by_role("tab", name=name)).to_have_attribute("aria-selected", "true")
        rows = world.ask(f"breakdown?range=7d&by={dimension}&sort=-cost_nanos&limit=8")["rows"]
        expect(dashboard.table.locator("tbody tr:not(.other)")).to_have_count(len(rows))
        assert dashboard.view["tab"] == [dimension]


def test_the_chart_can_be_cut_by_any_dimension(dashboard):
    dashboard.open()
    select = dashboard.main.get_by_role("button", name="Group by:")
    for entry, dimension in {"Status code": "status", "Effort": "reasoning_effort", "Result": "result"}.items():
        dashboard.choose(select, entry)
        dashboard.settle()
        assert dashboard.view["group"] == [dimension]
        assert dashboard.asked[-1].startswith("breakdown") or f"group_by={dimension}" in " ".join(dashboard.asked)
    legend = dashboard.main.get_by_role("list", name="Legend")
    expect(legend.get_by_role("button", name="Succeeded", exact=True)).to_be_visible()


def test_accounts_show_how_they_fared_at_every_width(tab, world):
    for width in (390, 768, 1024, 1280, 1440, 1920):
        dashboard = tab(world.url, viewport={"width": width, "height": 900})
        dashboard.open("?tab=credential")
        expect(dashboard.table.locator("td.success_rate").first).to_be_visible()
        worst = world.ask("breakdown?range=7d&by=credential&sort=success_rate&limit=1")["rows"][0]
        expect(dashboard.table.locator("tbody tr").first).to_contain_text(worst["group"]["label"][:6])


def test_a_name_has_its_room_before_any_figure(tab, world):
    for width in (800, 1024, 1200, 1280, 1366, 1440, 1920):
        dashboard = tab(world.url, viewport={"width": width, "height": 900})
        for address in ("", "?tab=credential", "?tab=client"):
            dashboard.open(address)
            cell = dashboard.table.locator("tbody th").first.bounding_box()
            assert cell is not None
            assert cell["width"] >= 180, (width, address)
            panel = dashboard.table.locator(".panel")
            assert panel.evaluate("one => one.scrollWidth <= one.clientWidth"), (width, address)
    narrow = tab(world.url, viewport={"width": 1280, "height": 900})
    narrow.open()
    for gone in (".bar", "td.cache_hit_rate", "td.latency_p50_ms"):
        expect(narrow.table.locator(gone).first).to_be_hidden()
    expect(narrow.table.locator("td.share").first).to_be_visible()


BARS = """() => {
    // The widths of all bars of the main chart, read off the paths that draw them.
    const paths = [...document.querySelectorAll('.main svg path.bars')].map((path) => path.getAttribute('d'));
    return paths.flatMap((d) => [...d.matchAll(/h([\\d.]+)v/g)].map((found) => Number(found[1])));
}"""


def test_no_bar_is_too_thin_to_see_on_any_screen(tab, world):
    for width in (390, 1024, 1280, 1440, 1920):
        dashboard = tab(world.url, viewport={"width": width, "height": 900})
        for address in ("", "?range=24h", "?range=1h", "?range=14d", "?range=90d", "?granularity=hour", "?range=all"):
            dashboard.open(address)
            widths = dashboard.page.evaluate(BARS)
            assert min(widths, default=8) >= 8, (width, address)


def test_a_week_is_told_in_six_hours_or_days_and_a_day_of_it_in_hours(dashboard, world):
    dashboard.open()
    steps = dashboard.main.get_by_role("group", name="Granularity")
    expect(steps.get_by_text("6 hours")).to_be_visible()
    expect(steps.get_by_text("Hour", exact=True)).to_have_count(0)
    dashboard.chart.focus()
    dashboard.page.keyboard.press("Home")
    hours = world.ask("timeseries?range=7d&granularity=hour&metrics=cost_nanos")["series"][0]["metrics"]["cost_nanos"]
    expect(dashboard.chart).to_have_attribute("aria-valuetext", re.compile("00:00 – 06:00"))
    expect(dashboard.chart).to_have_attribute("aria-valuetext", re.compile(re.escape(dollars(sum(hours[:6])))))


def test_only_the_bar_in_progress_is_hatched(dashboard):
    dashboard.open()
    expect(dashboard.main.locator(".main path.running")).to_have_count(1)
    dashboard.open("?range=last_week")
    expect(dashboard.main.locator(".main path.running")).to_have_count(0)


def test_what_was_never_recorded_is_unknown_and_no_line_at_zero(dashboard):
    """Two weeks were recorded: before thirty days of them there is nothing."""
    dashboard.open("?range=30d")
    expect(dashboard.main.get_by_role("list", name="Legend").get_by_text("Period before")).to_be_visible()
    before = dashboard.main.get_by_role("list", name="Legend").get_by_role("listitem").last
    expect(before).to_have_text(re.compile(r"Period before\s*–"))
    expect(dashboard.main.locator(".main path.before")).not_to_have_attribute("d", re.compile("M"))
    expect(dashboard.tile("Cost")).to_contain_text("–")
    dashboard.tile("Cost").focus()
    expect(dashboard.page.get_by_role("tooltip")).to_contain_text("Nothing was recorded in the period before.")


def test_latency_is_looked_at_as_a_whole_first_and_by_group_the_slowest(dashboard, world):
    dashboard.open("?metric=latency")
    expect(dashboard.main.locator(".main g:not(.axis) > path.line")).to_have_count(3)
    expect(dashboard.main.locator(".main path.between")).to_have_count(1)
    expect(dashboard.main.locator(".main path.past")).to_have_count(3)
    expect(dashboard.main.locator(".main text.end")).to_have_text(["p99", "p95", "p50"])
    dashboard.choose(dashboard.main.get_by_role("button", name="Group by:"), "Model")
    dashboard.settle()
    rows = world.ask("breakdown?range=7d&by=model&sort=-latency_p95_ms&limit=50")["rows"]
    slowest = [row["group"]["label"] for row in rows if row["metrics"]["succeeded"] >= 20][:6]
    names = dashboard.main.get_by_role("list", name="Legend").locator(".name")
    expect(names).to_have_text(slowest)
    # A point needs twenty requests: every value that is said stands on them.
    dashboard.chart.focus()
    dashboard.page.keyboard.press("End")
    expect(dashboard.chart).to_have_attribute("aria-valuetext", re.compile(re.escape(slowest[0])))


def test_the_insight_speaks_of_what_is_chosen(dashboard):
    dashboard.open("?range=today&metric=tokens")
    contribution = dashboard.answer("summary")["contribution"]
    said = dashboard.main.locator("p", has_text="Tokens are")
    if contribution["metric"] != "total_tokens":
        contribution = dashboard.page.request.get(
            f"{dashboard.url}/api/v1/summary?range=today&compare=previous&contribution=total_tokens"
        ).json()["contribution"]
    assert contribution["parts"]
    expect(said).to_contain_text(contribution["parts"][0]["labels"]["model"])


def test_walking_the_table_with_keys(dashboard):
    dashboard.open()
    rows = dashboard.table.locator("[data-row]")
    expect(rows.first).to_be_visible()
    dashboard.page.keyboard.press("j")
    expect(rows.nth(0)).to_be_focused()
    dashboard.page.keyboard.press("j")
    expect(rows.nth(1)).to_be_focused()
    dashboard.page.keyboard.press("k")
    expect(rows.nth(0)).to_be_focused()
    name = rows.nth(0).inner_text()
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.chips).to_have_count(1)
    expect(dashboard.chips.first).to_contain_text(name)


def test_the_chart_can_be_taken_along_as_csv_and_as_a_picture(dashboard, world):
    dashboard.open("?granularity=day")
    more = dashboard.main.get_by_role("button", name="Table and downloads")
    with dashboard.page.expect_download() as csv:
        dashboard.choose(more, "Download CSV")
    lines = csv.value.path().read_text("utf-8-sig").splitlines()
    answer = world.ask("timeseries?range=7d&granularity=day&metrics=cost_nanos&group_by=model&top=6")
    assert len(lines) == 8
    assert answer["series"][0]["group"]["label"] in lines[0]
    models = {row["group"]["label"] for row in world.ask("breakdown?range=7d&by=model&limit=100")["rows"]}
    assert all(any(column.startswith(name) for column in lines[0].split(",")) for name in models)
    assert float(lines[1].split(",")[1]) == answer["series"][0]["metrics"]["cost_nanos"][0] / 1e9
    with dashboard.page.expect_download() as png:
        dashboard.choose(more, "Download PNG")
    assert png.value.path().read_bytes().startswith(b"\x89PNG")


def test_the_page_says_which_model_and_key_made_today_dearer_than_yesterday(dashboard):
    dashboard.open("?range=today")
    contribution = dashboard.answer("summary")["contribution"]
    part = contribution["parts"][0]
    assert part["labels"]["model"] == "claude-opus-4-6"
    expect(dashboard.insight).to_contain_text("Cost is up")
    expect(dashboard.insight).to_contain_text(
        f"{dollars(part['change'])} of the {dollars(contribution['change'])} more comes from"
        f" claude-opus-4-6 on key {part['labels']['api_key']}"
    )


def test_the_insight_is_silent_without_a_comparison(dashboard):
    dashboard.open("?range=today&compare=none")
    expect(dashboard.tiles).to_have_count(7)
    expect(dashboard.insight).to_have_count(0)


def test_the_health_grid_tells_every_hour(dashboard):
    dashboard.open()
    dashboard.health.focus()
    dashboard.page.keyboard.press("ArrowLeft")
    now = dashboard.moment("summary").hour
    hours = dashboard.page.request.get(f"{dashboard.url}/api/v1/timeseries?range=7d&granularity=hour").json()
    requests = hours["series"][0]["metrics"]["requests"][6 * 24 + now] or 0
    said = dashboard.health.get_attribute("aria-valuetext") or ""
    assert f"{requests} request" in said or (requests == 0 and "no requests" in said)
    assert f"{now:02}:00" in said


def test_a_day_is_told_in_quarters_of_hours(dashboard):
    dashboard.open("?range=today")
    expect(dashboard.health).to_have_attribute("aria-valuemax", str(24 * 4))
    dashboard.health.focus()
    dashboard.page.keyboard.press("ArrowLeft")
    dashboard.page.keyboard.press("ArrowLeft")  # the newest one may not be over yet
    expect(dashboard.health).to_have_attribute("aria-valuetext", re.compile(r"\d\d:(00|15|30|45) – \d\d:(00|15|30|45)"))


def test_what_went_well_is_paler_than_what_did_not_in_both_themes(tab, world):
    for theme in ("light", "dark"):
        dashboard = tab(world.url, color_scheme=theme)
        dashboard.open()
        steps = dashboard.main.locator(".scale i")
        expect(steps).to_have_count(6)
        surface = _luminance(dashboard.health.locator("xpath=ancestor::section").first)
        contrasts = [_contrast(_luminance(step), surface) for step in steps.all()]
        perfect, good, poor, bad, failing, _none = contrasts
        assert max(perfect, good) < 2
        assert min(poor, bad, failing) > max(perfect, good)
        assert failing > 3


def _contrast(one, other):
    light, dark = max(one, other), min(one, other)
    return (light + 0.05) / (dark + 0.05)


def _luminance(element):
    """Of the background of an element, as WCAG reckons it."""
    return element.evaluate("""(element) => {
        const [red, green, blue] = getComputedStyle(element).backgroundColor.match(/[\\d.]+/g).map((code) => {
            const share = code / 255;
            return share <= 0.04045 ? share / 12.92 : ((share + 0.055) / 1.055) ** 2.4;
        });
        return 0.2126 * red + 0.7152 * green + 0.0722 * blue;
    }""")


def test_the_live_strip_counts_the_last_fifteen_minutes(dashboard):
    dashboard.open()
    strip = dashboard.main.get_by_role("link", name="Open these requests")
    expect(strip).to_be_visible()
    expect(strip).to_contain_text(f"{sum(dashboard.answer('live')['requests'])} request")


def test_the_live_strip_looks_back_an_hour_and_tells_latency_and_cache(dashboard):
    dashboard.open()
    dashboard.main.get_by_role("group", name="How far back").get_by_text("60", exact=True).click()
    expect(dashboard.main.get_by_role("heading", name="Last 60 minutes")).to_be_visible()
    strip = dashboard.main.get_by_role("link", name="Open these requests")
    dashboard.settle()
    live = dashboard.answer("live")
    assert len(live["buckets"]) * live["bucket_seconds"] == 3_600
    expect(strip).to_contain_text(f"{live['metrics']['requests']} request")
    expect(strip).to_contain_text("p50")
    expect(strip).to_contain_text(f"cache {live['metrics']['cache_hit_rate'] * 100:.0f}%")
    assert "range=1h" in (strip.get_attribute("href") or "")


def test_a_key_is_renamed_in_its_place_and_every_open_page_shows_it(tab, world):
    first, other = tab(world.url), tab(world.url)
    first.open("?tab=api_key")
    other.open("?tab=api_key&group=api_key")
    row = world.ask("breakdown?range=7d&by=api_key&sort=-cost_nanos&limit=2")["rows"]
    old, taken = row[0]["group"]["label"], row[1]["group"]["label"]

    def rename(to):
        first.table.get_by_role("row").nth(1).hover()
        first.table.get_by_role("button", name=re.compile("^Rename ")).first.click()
        field = first.table.get_by_role("textbox")
        expect(field).to_be_focused()
        field.fill(to)
        return field

    rename("Never saved").press("Escape")
    expect(first.table.locator("tbody tr").first).to_contain_text(old)
    rename("Helpdesk bot").press("Enter")
    expect(first.table.locator("tbody tr").first).to_contain_text("Helpdesk bot")
    expect(first.table.get_by_role("textbox")).to_have_count(0)
    # The next round of questions of another page, which nobody touches.
    expect(other.table.locator("tbody tr").first).to_contain_text("Helpdesk bot")
    expect(other.main.get_by_role("list", name="Legend")).to_contain_text("Helpdesk bot")
    # What is refused says why, in its place, and keeps what was typed.
    with first.trouble_expected():
        field = rename("x" * 51)
        field.evaluate("(field) => field.removeAttribute('maxlength')")
        field.fill("x" * 51)
        field.press("Enter")
        expect(first.table.get_by_role("alert")).to_contain_text("at most 50 characters")
        expect(field).to_have_value("x" * 51)
    field.fill("")
    field.press("Enter")
    expect(first.table.locator("tbody tr").first).to_contain_text(old)
    assert taken != old
