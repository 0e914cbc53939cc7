"""queryd dies: no figure becomes zero, every card says what happened and how old it is, and all heals by itself."""

import pytest
from playwright.sync_api import expect

from tests.browser.world import queryd_alone


@pytest.fixture
def mortal(world):
    """A world whose queryd may be killed; it lives again afterwards."""
    yield world
    if not world.installation.queryd.alive():
        world.installation.queryd.start()
    world.installation.wait_ready()


def kill(world):
    world.installation.queryd.kill()


def revive(world):
    world.installation.queryd.start()
    world.installation.wait_ready()


def test_while_queryd_is_gone_the_figures_stay_and_say_how_old_they_are(dashboard, mortal):
    dashboard.stop_the_clock()
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
    figures = dashboard.tiles.all_inner_texts()
    with dashboard.trouble_expected():
        kill(mortal)
        dashboard.pass_time(10)
        ages = dashboard.main.get_by_role("status").filter(has_text="old")
        # Tiles, chart, table, health grid, live strip: each fails alone and each says so.
        expect(ages).to_have_count(5)
        expect(dashboard.bar.get_by_role("button", name="Not updating")).to_be_visible()
        assert dashboard.tiles.all_inner_texts() == figures
        ages.first.hover()
        dashboard.pass_time(5)
        expect(dashboard.page.get_by_role("tooltip")).to_contain_text("The server does not answer")
        dashboard.pass_time(180)
        expect(ages.first).to_contain_text("3 min")
        assert dashboard.tiles.all_inner_texts() == figures
        revive(mortal)
        dashboard.pass_time(65)
        expect(ages).to_have_count(0)
    expect(dashboard.bar.get_by_role("button", name="Live ·")).to_be_visible()


def test_a_new_question_while_queryd_is_gone_gives_a_reason_and_a_retry_and_no_zero(dashboard, mortal):
    dashboard.open()
    expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()  # the last card to come
    with dashboard.trouble_expected():
        kill(mortal)
        dashboard.main.get_by_role("group", name="Measure").get_by_text("Tokens").click()
        alert = dashboard.main.get_by_role("alert")
        expect(alert).to_have_count(1)
        expect(alert).to_contain_text("The server does not answer.")
        expect(dashboard.tile("Requests")).not_to_contain_text("–")
        expect(dashboard.table.locator("tbody tr").first).to_be_visible()
        revive(mortal)
        alert.get_by_role("button", name="Try again").click()
        expect(alert).to_have_count(0)
    expect(dashboard.chart).to_have_accessible_name("How many tokens were used?")


def test_a_page_that_was_opened_while_the_database_was_missing_comes_alive(tab, tmp_path):
    """queryd is up first, and ingestd has not made the file yet."""
    with queryd_alone(tmp_path, tmp_path) as (url, installation):
        early = tab(url)
        with early.trouble_expected():
            early.stop_the_clock()
            early.page.goto(f"{url}/")
            expect(early.main.get_by_role("alert").first).to_contain_text("No collector has run here yet")
            installation.ingestd.start()
            installation.wait_ready()
            early.pass_time(65)
            expect(early.main.get_by_role("heading", name="No requests yet")).to_be_visible()


@pytest.mark.parametrize("gone", ["start.en-*.js", "Page-*.js"])
def test_a_page_whose_files_are_gone_says_so_and_does_not_stay_blank(tab, world, gone):
    """As when queryd was upgraded while an old page was loading."""
    old = tab(world.url)
    with old.trouble_expected():
        old.page.route(f"**/assets/{gone}", lambda route: route.fulfill(status=404))
        old.page.goto(world.url)
        expect(old.page.locator("#app")).to_contain_text("could not be loaded")
    old.page.unroute(f"**/assets/{gone}")
    old.page.reload()
    old.settle()


def test_a_card_fails_alone_and_is_asked_again_alone(dashboard):
    """Request health cannot be told for so long a range: the other cards do not wait for it."""
    with dashboard.trouble_expected():
        dashboard.page.route("**/timeseries?*succeeded*", lambda route: route.abort("connectionrefused"))
        dashboard.page.goto(f"{dashboard.url}/")
        card = dashboard.main.get_by_role("region", name="Request health")
        expect(card.get_by_role("alert")).to_be_visible()
        expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()
        expect(dashboard.main.get_by_role("alert")).to_have_count(1)
        dashboard.page.unroute("**/timeseries?*succeeded*")
        before = len(dashboard.asked)
        card.get_by_role("button", name="Try again").click()
        expect(dashboard.health).to_be_visible()
        assert any(question.startswith("timeseries") for question in dashboard.asked[before:])
    dashboard.settle()


def test_a_range_of_years_shows_what_happens_now(dashboard):
    with dashboard.trouble_expected():
        dashboard.page.goto(f"{dashboard.url}/?from=2020-01-01&to=2026-12-31")
        expect(dashboard.main.get_by_role("link", name="Open these requests")).to_be_visible()


def test_a_page_whose_code_did_not_come_is_there_once_the_server_answers_again(dashboard):
    """A browser remembers that a module failed: only loading anew helps, and the page does so by itself."""
    dashboard.open()
    with dashboard.trouble_expected():
        dashboard.page.route("**/*", lambda route: route.abort("connectionrefused"))
        dashboard.page.get_by_role("navigation").get_by_role("link", name="Errors").click()
        expect(dashboard.main.get_by_text("This page could not be loaded")).to_be_visible()
        dashboard.page.unroute("**/*")
        expect(dashboard.main.get_by_role("region").first).to_be_visible()
    dashboard.settle()
    assert "/errors" in dashboard.page.url
