"""Four screens without figures, which are four different screens."""

import pytest
from playwright.sync_api import expect

from tests.browser.traffic import another
from tests.browser.world import world as world_of
from tests.cpa.stand_in import DEFAULT_KEY, StandIn
from tests.daemons import Installation


@pytest.fixture(scope="module")
def new_world(tmp_path_factory):
    """An installation that nothing has happened in."""
    with world_of(tmp_path_factory.mktemp("new")) as made:
        yield made


def checks(dashboard):
    """The steps of the checklist, those that are done, in trouble or waited for."""
    expect(dashboard.main.get_by_role("heading", name="No requests yet")).to_be_visible()
    return dashboard.main.get_by_role("listitem")


def test_a_new_installation_shows_what_works_already_and_what_it_waits_for(tab, new_world):
    first = tab(new_world.url)
    first.open()
    steps = checks(first)
    expect(steps).to_contain_text(
        [
            "The collector runs",
            "CLIProxyAPI answers",
            "The management key is accepted",
            "Usage statistics are enabled",
            "Waiting for the first request",
        ]
    )
    expect(first.tiles).to_have_count(0)


def test_the_first_request_replaces_the_checklist_by_itself(tab, new_world, world):
    first = tab(new_world.url)
    first.open()
    checks(first)
    new_world.publish([another(world)])
    first.refresh()
    expect(first.tile("Requests")).to_contain_text("1")
    expect(first.main.get_by_role("heading", name="No requests yet")).to_have_count(0)


def test_a_refused_management_key_is_named_on_the_checklist(tab, tmp_path):
    with StandIn() as cpa, Installation(tmp_path, cpa.url, "not-the-management-key") as installation:
        installation.wait_ready()
        first = tab(installation.url)
        first.open()
        steps = checks(first)
        expect(steps).to_contain_text(["CLIProxyAPI answers", "The management key is refused"])
        expect(steps.nth(2)).to_contain_text("CPA_MANAGEMENT_KEY")


def test_a_cpa_that_cannot_be_reached_is_named_on_the_checklist(tab, tmp_path):
    with Installation(tmp_path, "http://127.0.0.1:9", "made-up-key") as installation:
        installation.wait_ready()
        first = tab(installation.url)
        first.open()
        steps = checks(first)
        expect(steps).to_contain_text(["The collector runs", "CLIProxyAPI cannot be asked", "Is the management key"])


def test_statistics_that_are_disabled_in_cpa_are_named_on_the_checklist(tab, tmp_path):
    with StandIn(statistics=False) as cpa, Installation(tmp_path, cpa.url, DEFAULT_KEY) as installation:
        installation.wait_ready()
        first = tab(installation.url)
        first.open()
        steps = checks(first)
        expect(steps).to_contain_text(["The management key is accepted", "Usage statistics are disabled"])


def test_nothing_for_these_filters_offers_to_drop_each_of_them(dashboard):
    dashboard.open("?model=gemini-3-pro-preview&provider=claude")
    expect(dashboard.tile("Requests")).to_contain_text("0")
    expect(dashboard.tile("Success")).to_contain_text("–")
    blank = dashboard.main.get_by_text("No requests match these filters")
    expect(blank.first).to_be_visible()
    dashboard.main.get_by_role("button", name="Without “Provider is claude”").first.click()
    dashboard.settle()
    expect(blank).to_have_count(0)
    assert dashboard.chip_texts() == ["Model is gemini-3-pro-preview"]


def test_a_quiet_period_says_when_the_last_request_was_and_leads_to_it(dashboard, world):
    dashboard.open("?from=2024-01-01&to=2024-01-08")
    expect(dashboard.main.get_by_text("No requests in this period")).to_be_visible()
    expect(dashboard.main.get_by_text("The last request was")).to_be_visible()
    dashboard.main.get_by_role("link", name="Show everything").click()
    dashboard.settle()
    expect(dashboard.tile("Requests")).to_contain_text(f"{world.ask('summary?range=all')['metrics']['requests']:,}")
