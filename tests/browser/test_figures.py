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
    assert metrics["requests"] == len(week)
    expect(dashboard.tile("Requests")).to_contain_text(f"{len(week):,}")
    assert metrics["failed"] == sum(one.failure is not None for one in week)
    expect(dashboard.tile("Success")).to_contain_text(f"{short(100 - metrics['failed'] / len(week) * 100, 2)}%")
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
    expect(dashboard.main.get_by_text(f"{metrics['unpriced_requests']} unpriced").last).to_be_visible()
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
        first = world.ask(f"breakdown?range=7d&by={dimension}&sort=-cost_nanos&limit=1")["rows"][0]
        expect(dashboard.table.locator("tbody tr").first).to_contain_text(first["group"]["label"])
        dashboard.settle()
        fresh = [question for question in dashboard.asked[before:] if f"by={dimension}" in question]
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
        "Latency": "How long did 95 of 100 requests take at most?",
        "Errors": "How many requests failed?",
        "Cost": "What did it cost?",
    }.items():
        dashboard.main.get_by_role("group", name="Measure").get_by_text(measure, exact=True).click()
        expect(dashboard.chart).to_have_accessible_name(question)
        dashboard.settle()
        expect(dashboard.main.locator(".main svg path.bars, .main svg path.line").first).to_be_attached()


def test_the_table_behind_the_chart_holds_the_same_figures(dashboard, world):
    dashboard.open("?granularity=day")
    dashboard.choose(dashboard.main.get_by_role("button", name="Table and downloads"), "Show as table")
    answer = world.ask("timeseries?range=7d&granularity=day&metrics=cost_nanos&group_by=model&top=6")
    table = dashboard.main.get_by_role("region", name="What did it cost?").get_by_role("table")
    oldest = table.get_by_role("row").last
    expect(oldest).to_contain_text(dollars(sum(one["metrics"]["cost_nanos"][0] for one in answer["series"])))
    expect(oldest).to_contain_text(dollars(answer["series"][0]["metrics"]["cost_nanos"][0]))


def test_the_chart_can_be_taken_along_as_csv_and_as_a_picture(dashboard, world):
    dashboard.open("?granularity=day")
    more = dashboard.main.get_by_role("button", name="Table and downloads")
    with dashboard.page.expect_download() as csv:
        dashboard.choose(more, "Download CSV")
    lines = csv.value.path().read_text("utf-8-sig").splitlines()
    answer = world.ask("timeseries?range=7d&granularity=day&metrics=cost_nanos&group_by=model&top=6")
    assert len(lines) == 8
    assert answer["series"][0]["group"]["label"] in lines[0]
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
    now = dashboard.moment("heatmap").hour
    requests = dashboard.answer("heatmap")["requests"][6][now] or 0
    said = dashboard.health.get_attribute("aria-valuetext") or ""
    assert f"{requests} request" in said or (requests == 0 and "no requests" in said)
    assert f"{now:02}:00" in said


def test_the_live_strip_counts_the_last_fifteen_minutes(dashboard):
    dashboard.open()
    strip = dashboard.main.get_by_role("link", name="Open these requests")
    expect(strip).to_be_visible()
    expect(strip).to_contain_text(f"{sum(dashboard.answer('live')['requests'])} request")
