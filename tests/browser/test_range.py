"""The range: presets, typed dates, a calendar, steps, keys, a drag on the chart; comparison and granularity."""

import re
from datetime import timedelta

import pytest
from playwright.sync_api import expect


def picker(dashboard):
    return dashboard.bar.get_by_role("button", name="Time range:")


def panel(dashboard):
    picker(dashboard).click()
    box = dashboard.page.get_by_role("dialog").filter(has=dashboard.page.get_by_role("heading", name="Rolling"))
    expect(box).to_be_visible()
    return box


@pytest.mark.parametrize(("preset", "name"), [("24h", "Last 24 hours"), ("today", "Today"), ("last_week", "Last week")])
def test_a_preset_is_one_click_in_the_panel(dashboard, preset, name):
    dashboard.open()
    panel(dashboard).get_by_role("button", name=name, exact=True).click()
    expect(picker(dashboard)).to_have_accessible_name(f"Time range: {name} vs before")
    assert dashboard.view["range"] == [preset]
    dashboard.settle()
    assert f"range={preset}&" in next(one for one in reversed(dashboard.asked) if one.startswith("summary"))
    expect(dashboard.tile("Requests")).to_contain_text(f"{dashboard.answer('summary')['metrics']['requests']:,}")


def test_dates_can_be_typed(dashboard, world):
    dashboard.open()
    first, last = (world.now - timedelta(days=5)).date(), (world.now - timedelta(days=3)).date()
    box = panel(dashboard)
    box.get_by_label("From").fill(first.isoformat())
    box.get_by_label("Through").fill(last.isoformat())
    box.get_by_role("button", name="Apply").click()
    after = last + timedelta(days=1)
    dashboard.settle()
    assert dashboard.view["from"] == [first.isoformat()]
    assert dashboard.view["to"] == [after.isoformat()]
    expected = world.ask(f"summary?from={first}&to={after}")["metrics"]["requests"]
    expect(dashboard.tile("Requests")).to_contain_text(f"{expected:,}")


def test_a_typed_range_that_makes_no_sense_is_refused_in_words(dashboard):
    dashboard.open()
    box = panel(dashboard)
    box.get_by_label("From").fill("2026-13-45")
    box.get_by_role("button", name="Apply").click()
    expect(box.get_by_role("status")).to_contain_text("Write a date as")
    box.get_by_label("From").fill("2026-11-20")
    box.get_by_label("Through").fill("2026-11-18")
    box.get_by_role("button", name="Apply").click()
    expect(box.get_by_role("status")).to_contain_text("The end must come after the beginning")


def test_two_days_of_the_calendar_are_a_range(dashboard, world):
    dashboard.open()
    box = panel(dashboard)
    first, last = (world.now - timedelta(days=4)).date(), (world.now - timedelta(days=2)).date()
    for day in (first, last):
        box.locator(f'[data-bits-day][data-value="{day}"]:not([data-outside-month])').click()
    expect(box.get_by_label("From")).to_have_value(first.isoformat())
    expect(box.get_by_label("Through")).to_have_value(last.isoformat())
    box.get_by_role("button", name="Apply").click()
    dashboard.settle()
    assert dashboard.view["from"] == [first.isoformat()]


def test_steps_go_back_a_period_and_forward_again(dashboard, world):
    dashboard.open("?range=today")
    later = dashboard.bar.get_by_role("button", name="Later", exact=True)
    expect(later).to_be_disabled()
    dashboard.bar.get_by_role("button", name="Earlier", exact=True).click()
    expect(picker(dashboard)).to_have_accessible_name("Time range: Yesterday vs before")
    dashboard.settle()
    yesterday = world.ask("summary?range=yesterday")["metrics"]["requests"]
    expect(dashboard.tile("Requests")).to_contain_text(f"{yesterday:,}")
    later.click()
    expect(picker(dashboard)).to_have_accessible_name("Time range: Today vs before")


def test_arrow_keys_step_and_t_is_today(dashboard):
    dashboard.open()
    dashboard.page.keyboard.press("ArrowLeft")
    expect(picker(dashboard)).not_to_have_accessible_name("Time range: Last 7 days vs before")
    dashboard.page.keyboard.press("ArrowRight")
    expect(picker(dashboard)).to_have_accessible_name("Time range: Last 7 days vs before")
    dashboard.page.keyboard.press("t")
    expect(picker(dashboard)).to_have_accessible_name("Time range: Today vs before")


def test_a_drag_on_the_chart_zooms_into_it(dashboard, world):
    dashboard.open("?granularity=day")
    buckets = world.ask("timeseries?range=7d&granularity=day&metrics=cost_nanos")["buckets"]
    last, first = dashboard.point_at(0.55), dashboard.point_at(0.15)
    dashboard.page.mouse.down()
    dashboard.point_at(0.55)
    expect(dashboard.main.get_by_text("Let go to zoom in")).to_be_visible()
    dashboard.page.mouse.up()
    assert first < last
    dashboard.settle()
    assert dashboard.view["from"] == [buckets[first]]
    assert dashboard.view["to"] == [buckets[last + 1]]
    dashboard.page.go_back()
    expect(picker(dashboard)).to_have_accessible_name("Time range: Last 7 days vs before")


def test_a_click_on_a_bar_narrows_to_its_bucket_and_with_shift_opens_its_requests(dashboard, world):
    dashboard.open("?granularity=day")
    buckets = world.ask("timeseries?range=7d&granularity=day&metrics=cost_nanos")["buckets"]
    bucket = dashboard.point_at(0.4)
    dashboard.page.mouse.down()
    dashboard.page.mouse.up()
    dashboard.settle()
    assert (dashboard.path, dashboard.view["from"], dashboard.view["to"]) == (
        "",
        [buckets[bucket]],
        [buckets[bucket + 1]],
    )
    dashboard.page.go_back()
    dashboard.settle()
    bucket = dashboard.point_at(0.4)
    dashboard.page.keyboard.down("Shift")
    dashboard.page.mouse.down()
    dashboard.page.mouse.up()
    dashboard.page.keyboard.up("Shift")
    dashboard.settle()
    assert (dashboard.path, dashboard.view["from"]) == ("requests", [buckets[bucket]])


def test_the_chart_is_walked_by_keyboard(dashboard):
    dashboard.open("?granularity=day")
    dashboard.chart.focus()
    dashboard.page.keyboard.press("ArrowLeft")
    newest = dashboard.chart.get_attribute("aria-valuetext")
    dashboard.page.keyboard.press("ArrowLeft")
    expect(dashboard.chart).not_to_have_attribute("aria-valuetext", newest or "")
    dashboard.page.keyboard.press("Escape")
    expect(dashboard.chart).to_have_attribute("aria-valuetext", "No period chosen")
    dashboard.page.keyboard.press("ArrowLeft")
    dashboard.page.keyboard.press("Enter")
    dashboard.settle()
    assert "from" in dashboard.view


def test_the_comparison_can_be_switched_and_turned_off(dashboard):
    dashboard.open()
    button = dashboard.bar.get_by_role("button", name="Time range:")
    expect(button).to_contain_text("vs before")
    button.click()
    dashboard.page.get_by_role("group", name="Compare with").get_by_text("Week earlier").click()
    dashboard.page.keyboard.press("Escape")
    dashboard.settle()
    expect(button).to_contain_text("vs week earlier")
    assert dashboard.view["compare"] == ["week"]
    before = dashboard.answer("summary")["compare"]["metrics"]["requests"]
    dashboard.tile("Requests").hover()
    expect(dashboard.page.get_by_role("tooltip")).to_contain_text(f"{before:,}")
    dashboard.page.keyboard.press("Escape")
    dashboard.page.keyboard.press("x")
    expect(dashboard.table.get_by_role("columnheader", name="Change")).to_have_count(0)
    assert dashboard.view["compare"] == ["none"]
    expect(button).not_to_contain_text("vs")


def test_the_granularity_follows_its_switch(dashboard):
    dashboard.open()
    switch = dashboard.main.get_by_role("group", name="Granularity")
    switch.get_by_text("Day", exact=True).click()
    expect(dashboard.chart).to_have_attribute("aria-valuemax", "7")
    assert dashboard.view["granularity"] == ["day"]
    switch.get_by_text("6 hours", exact=True).click()
    expect(dashboard.chart).to_have_attribute("aria-valuemax", re.compile("2[789]"))
