"""Every mark narrows the page; a narrowing is a chip that can be turned, changed and dropped, and Back undoes it."""

from playwright.sync_api import expect


def panel(dashboard):
    dashboard.bar.get_by_role("button", name="Filter").click()
    box = dashboard.page.get_by_role("dialog", name="Filter").locator("visible=true")
    expect(box.get_by_role("option").first).to_be_visible()
    return box


def test_a_filter_is_chosen_from_values_that_say_how_many_requests_they_have(dashboard, world):
    dashboard.open()
    box = panel(dashboard)
    box.get_by_role("option", name="Model").click()
    values = world.ask("filters?range=7d")["model"]
    first = box.get_by_role("option").first
    expect(first).to_contain_text(values[0]["label"])
    first.click()
    expect(dashboard.chips).to_have_count(1)
    assert dashboard.chip_texts() == [f"Model is {values[0]['label']}"]
    dashboard.settle()
    expect(dashboard.tile("Requests")).to_contain_text(f"{values[0]['requests']:,}")


def test_typing_searches_the_values_of_all_dimensions(dashboard):
    dashboard.open()
    box = panel(dashboard)
    box.get_by_role("combobox").fill("opus")
    found = box.get_by_role("option", name="claude-opus-4-6")
    expect(found).to_contain_text("Model")
    dashboard.page.keyboard.press("Enter")
    expect(dashboard.chips).to_have_count(1)
    assert dashboard.chip_texts() == ["Model is claude-opus-4-6"]


def test_what_is_typed_after_a_dimension_was_clicked_is_looked_for_among_its_values(dashboard):
    dashboard.open()
    box = panel(dashboard)
    box.get_by_role("option", name="Model").click()
    expect(box.get_by_placeholder("Search Model")).to_be_focused()
    dashboard.page.keyboard.type("opus")
    expect(box.get_by_role("option")).to_have_count(1)
    box.get_by_role("option").click()
    expect(box.get_by_placeholder("Search Model")).to_be_focused()
    assert dashboard.chip_texts() == ["Model is claude-opus-4-6"]


def test_a_dimension_is_found_by_its_name_before_the_values_that_hold_it(dashboard):
    dashboard.open()
    for name, title in (("model", "Model"), ("key", "Key"), ("cred", "Credential"), ("status", "Status")):
        dashboard.page.keyboard.press("f")
        box = dashboard.page.get_by_role("dialog", name="Filter").locator("visible=true")
        expect(box.get_by_role("option").first).to_be_visible()
        dashboard.page.keyboard.type(name)
        expect(box.get_by_role("option").first).to_contain_text(title)
        dashboard.page.keyboard.press("Enter")
        expect(box.get_by_placeholder(f"Search {title}")).to_be_focused()
        dashboard.page.keyboard.press("Escape")
        expect(box).to_have_count(0)
    expect(dashboard.chips).to_have_count(0)


def test_values_that_are_not_listed_are_counted(dashboard):
    def answer(route):
        reply = route.fetch()
        route.fulfill(response=reply, json=reply.json() | {"omitted": {"model": 99_000}})

    dashboard.page.route("**/api/v1/filters?*", answer)
    dashboard.open()
    box = panel(dashboard)
    box.get_by_role("option", name="Model").click()
    expect(box).to_contain_text("99,000 rarer values are not listed")


def test_several_values_of_a_dimension_are_one_chip(dashboard, world):
    dashboard.open("?model=claude-opus-4-6&model=gpt-5.4")
    assert dashboard.chip_texts() == ["Model is claude-opus-4-6, gpt-5.4"]
    both = world.ask("summary?range=7d&model=claude-opus-4-6&model=gpt-5.4")["metrics"]["requests"]
    expect(dashboard.tile("Requests")).to_contain_text(f"{both:,}")


def test_a_chip_is_turned_into_its_opposite_and_back(dashboard, world):
    dashboard.open("?model=claude-opus-4-6")
    dashboard.chips.get_by_role("button", name="is", exact=True).click()
    dashboard.settle()
    assert dashboard.chip_texts() == ["Model is not claude-opus-4-6"]
    assert dashboard.view["model"] == ["!claude-opus-4-6"]
    without = world.ask("summary?range=7d&model=!claude-opus-4-6")["metrics"]["requests"]
    expect(dashboard.tile("Requests")).to_contain_text(f"{without:,}")
    dashboard.chips.get_by_role("button", name="is not", exact=True).click()
    expect(dashboard.chips).to_contain_text("is")
    assert dashboard.view["model"] == ["claude-opus-4-6"]


def test_a_chip_opens_its_own_values_and_is_dropped_by_its_cross(dashboard):
    dashboard.open("?model=claude-opus-4-6")
    dashboard.chips.get_by_role("button", name="Change: Model is claude-opus-4-6").click()
    box = dashboard.page.get_by_role("dialog", name="Filter").locator("visible=true")
    box.get_by_role("option", name="gpt-5.4").first.click()
    expect(dashboard.chips).to_contain_text("gpt-5.4")
    dashboard.page.keyboard.press("Escape")
    dashboard.chips.get_by_role("button", name="Remove:").click()
    expect(dashboard.chips).to_have_count(0)
    assert "model" not in dashboard.view


def test_clear_all_drops_every_filter(dashboard):
    dashboard.open("?model=claude-opus-4-6&result=failed&provider=!codex")
    expect(dashboard.chips).to_have_count(3)
    dashboard.main.get_by_role("button", name="Clear all").click()
    expect(dashboard.chips).to_have_count(0)


def test_a_click_on_a_row_narrows_to_it_and_its_arrow_opens_its_requests(dashboard):
    dashboard.open()
    dashboard.row("claude-opus-4-6").get_by_role("cell").nth(2).click(force=True)  # its link lies over it
    expect(dashboard.chips).to_have_count(1)
    assert dashboard.chip_texts() == ["Model is claude-opus-4-6"]
    dashboard.page.go_back()
    expect(dashboard.chips).to_have_count(0)
    dashboard.settle()
    dashboard.table.get_by_role("link", name="Requests of claude-opus-4-6").click()
    dashboard.settle()
    assert (dashboard.path, dashboard.view["model"]) == ("requests", ["claude-opus-4-6"])
    assert dashboard.chip_texts() == ["Model is claude-opus-4-6"]


def test_each_phrase_of_the_insight_is_a_filter(dashboard):
    dashboard.open("?range=today")
    dashboard.insight.get_by_role("link", name="claude-opus-4-6").click()
    expect(dashboard.chips).to_have_count(1)
    assert dashboard.view["model"] == ["claude-opus-4-6"]
    dashboard.page.go_back()
    dashboard.settle()
    dashboard.insight.get_by_role("link").nth(1).click()
    expect(dashboard.chips).to_have_count(1)
    assert len(dashboard.view["api_key"]) == 1
    assert dashboard.chip_texts()[0].startswith("Key is sk-")


def test_the_legend_isolates_hides_and_filters(dashboard):
    dashboard.open()
    legend = dashboard.main.get_by_role("list", name="Legend")
    names = legend.locator(".name")
    drawn = dashboard.main.locator(".main path.bars")
    everything = drawn.count()
    assert everything == names.count() == 7
    names.first.click()
    expect(drawn).to_have_count(1)
    names.first.click()
    expect(drawn).to_have_count(everything)
    legend.get_by_role("button", name="Show claude-opus-4-6").click()
    expect(drawn).to_have_count(everything - 1)
    legend.get_by_role("button", name="Filter to gpt-5.4", exact=True).click(force=True)
    expect(dashboard.chips).to_have_count(1)
    assert dashboard.view["model"] == ["gpt-5.4"]


def test_a_cell_of_the_health_grid_opens_the_requests_of_its_hour(dashboard):
    dashboard.open()
    hour = dashboard.moment("timeseries")
    dashboard.health.focus()
    dashboard.page.keyboard.press("ArrowLeft")
    dashboard.page.keyboard.press("ArrowLeft")
    dashboard.page.keyboard.press("Enter")
    dashboard.settle()
    assert dashboard.path == "requests"
    start, end = dashboard.view["from"][0], dashboard.view["to"][0]
    assert start.startswith(hour.replace(hour=hour.hour - 1).isoformat()[:13])
    assert end.startswith(hour.isoformat()[:13])


def test_the_live_strip_leads_to_its_requests(dashboard):
    dashboard.open()
    dashboard.main.get_by_role("link", name="Open these requests").click()
    dashboard.settle()
    assert (dashboard.path, dashboard.view["range"]) == ("requests", ["15m"])


def test_back_undoes_one_step_at_a_time_and_forward_repeats_it(dashboard):
    dashboard.open()
    steps = [dict(dashboard.view)]
    for act in (
        lambda: dashboard.main.get_by_role("group", name="Measure").get_by_text("Tokens").click(),
        lambda: dashboard.table.get_by_role("tab", name="Keys").click(),
        lambda: dashboard.page.keyboard.press("t"),
        dashboard.table.locator("tbody a.filter").first.click,
        lambda: dashboard.chips.get_by_role("button", name="is", exact=True).click(),
    ):
        act()
        dashboard.settle()
        assert dashboard.view != steps[-1]
        steps.append(dict(dashboard.view))
    for before in reversed(steps[:-1]):
        dashboard.page.go_back()
        dashboard.settle()
        assert dashboard.view == before
    expect(dashboard.chips).to_have_count(0)
    expect(dashboard.table.get_by_role("tab", name="Models")).to_have_attribute("aria-selected", "true")
    for after in steps[1:]:
        dashboard.page.go_forward()
        dashboard.settle()
        assert dashboard.view == after
    assert dashboard.chip_texts()[0].startswith("Key is not")


def test_the_legend_is_one_tab_stop_and_arrows_walk_in_it(dashboard):
    dashboard.open()
    legend = dashboard.main.get_by_role("list", name="Legend")
    buttons = legend.get_by_role("button")
    assert buttons.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1
    names = legend.locator(".name")
    names.first.focus()
    dashboard.page.keyboard.press("ArrowDown")
    expect(names.nth(1)).to_be_focused()
    dashboard.page.keyboard.press("ArrowLeft")
    expect(legend.get_by_role("listitem").nth(1).locator(".swatch")).to_be_focused()
    assert buttons.evaluate_all("all => all.filter(one => one.tabIndex === 0).length") == 1


def test_what_a_click_with_shift_does_is_in_the_menu(dashboard):
    dashboard.open()
    dashboard.point_at(0.5)
    dashboard.main.get_by_role("button", name="Table and downloads").click()
    dashboard.page.get_by_role("menuitem", name="Requests of").click()
    dashboard.settle()
    assert dashboard.path == "requests"
    assert "from" in dashboard.view
