"""The Status page: all is well, something needs somebody, nothing runs, nothing has ever run."""

import re
from contextlib import closing

import pytest
from playwright.sync_api import expect

from shared import backups
from shared.clock import HOUR, MINUTE, now
from shared.database import open_writer
from shared.version import next_revision
from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import PHONE
from tests.browser.world import queryd_alone
from tests.browser.world import world as world_of

KEY = "sk-made-up-client-key-77777777"
BAD = [b'{"api_key": "%s", "model": 7, "timestamp": "2026-11-20T10:00:00Z"}' % KEY.encode(), b"no json at all"]


@pytest.fixture
def troubled(tmp_path):
    """A new world in which two messages were rejected."""
    with world_of(tmp_path) as made:
        made.cpa.publish_many(BAD)
        yield made


def needs(one):
    return one.main.get_by_role("region", name="What needs you")


def open_rejected(one):
    one.open("status")
    one.page.reload()
    view = needs(one).get_by_role("button", name="View")
    expect(view).to_be_visible()
    view.click()
    drawer = one.page.get_by_role("dialog", name="Rejected messages")
    expect(drawer.get_by_role("listitem")).to_have_count(2)
    return drawer


def test_details_of_the_live_dot_lead_to_it_and_it_has_no_range_and_no_filters(dashboard):
    dashboard.open("?range=30d")
    dashboard.bar.get_by_role("button", name="Live ·").click()
    dashboard.page.get_by_role("link", name="Details").click()
    expect(dashboard.page).to_have_title("Status · Keeper")
    assert dashboard.path == "status"
    expect(dashboard.bar.get_by_role("button", name="Time range:")).to_have_count(0)
    expect(dashboard.bar.get_by_role("button", name="Filter")).to_have_count(0)
    dashboard.page.keyboard.press("t")
    dashboard.page.keyboard.press("g")
    dashboard.page.keyboard.press("o")
    expect(dashboard.bar.get_by_role("button", name="Time range: Last 30 days")).to_be_visible()
    dashboard.page.keyboard.press("g")
    dashboard.page.keyboard.press("s")
    expect(dashboard.page).to_have_title("Status · Keeper")


def test_five_steps_lead_from_cpa_to_the_page(dashboard):
    dashboard.open("status")
    steps = dashboard.main.get_by_role("region", name="From CPA to this page").get_by_role("listitem")
    expect(steps).to_have_text(
        [
            re.compile(r"CPA: well.*dev.*records usage", re.DOTALL),
            re.compile(r"Queue: well.*pop.*127\.0\.0\.1:\d+", re.DOTALL),
            re.compile(r"Inbox: well.*0 waiting.*0 rejected", re.DOTALL),
            re.compile(r"Database: well.*behind.*requests, last", re.DOTALL),
            re.compile(r"This page: well.*ago.*every 5 s", re.DOTALL),
        ]
    )


def test_settings_name_their_source_and_show_no_secret(dashboard, world):
    dashboard.open("status")
    card = dashboard.main.get_by_role("region", name="Settings")
    row = card.get_by_role("row").filter(has_text="CPA_MANAGEMENT_KEY")
    expect(row).to_contain_text("set, not shown")
    expect(row).to_contain_text("environment")
    expect(card.get_by_role("row").filter(has_text="REQUEST_TIMEOUT")).to_have_count(0)
    card.get_by_text("All ").click()
    expect(card.get_by_role("row").filter(has_text="REQUEST_TIMEOUT")).to_contain_text("default")
    assert world.installation.settings["CPA_MANAGEMENT_KEY"] not in dashboard.page.content()


def test_rejected_messages_are_shown_masked_replayed_and_discarded(tab, troubled):
    one = tab(troubled.url)
    drawer = open_rejected(one)
    drawer.get_by_text("The message, ").nth(1).click()
    expect(drawer.locator("pre").nth(1)).to_contain_text('"model": 7')
    assert KEY not in one.page.content()
    drawer.get_by_role("button", name="Replay").click()
    one.page.get_by_role("menuitem", name="As they are").click()
    expect(drawer.get_by_role("status")).to_contain_text("2 messages were read again or removed.")
    expect(drawer.get_by_role("listitem")).to_have_count(2)  # they are no events this time either
    drawer.get_by_role("button", name="Discard").click()
    expect(drawer).to_contain_text("Discard 2 messages for good?")
    drawer.get_by_role("button", name="Keep").click()
    drawer.get_by_role("button", name="Discard").click()
    drawer.get_by_role("button", name="Discard").click()
    expect(drawer).to_contain_text("No message is rejected")
    assert troubled.ask("rejected")["messages"] == []
    one.page.keyboard.press("Escape")
    expect(drawer).to_have_count(0)


def test_a_collector_that_stopped_is_said_first_and_the_figures_stay(tab, troubled):
    one = tab(troubled.url)
    troubled.installation.ingestd.stop()
    one.open("status")
    # For fifteen seconds it may as well be starting again.
    expect(one.main).to_contain_text("Not collecting since", timeout=60_000)
    expect(needs(one).get_by_role("listitem").first).to_contain_text("Nothing is being collected")
    steps = one.main.get_by_role("region", name="From CPA to this page")
    expect(steps).to_contain_text("CPA: not known")
    expect(steps).to_contain_text("Queue: disturbed")


def test_before_anything_ran_the_page_says_what_to_start(tab, tmp_path):
    with queryd_alone(tmp_path / "q", tmp_path) as (url, _):
        one = tab(url)
        with one.trouble_expected():
            one.page.goto(f"{url}/status")
            expect(one.main.get_by_role("alert").first).to_contain_text("No collector has run here yet")
            # What needs no database is there all the same.
            expect(one.main.get_by_role("region", name="Settings")).to_contain_text("CPA_BASE_URL")
            one.page.close()  # it goes on asking


@pytest.mark.parametrize("locale", ["en-GB", "zh-CN", "zh-TW"])
@pytest.mark.parametrize("theme", ["light", "dark"])
def test_axe_finds_nothing_grave(tab, world, theme, locale):
    one = tab(world.url, color_scheme=theme, locale=locale)
    one.open("status")
    assert stumbling_blocks(one.page) == []


def test_trouble_on_a_phone_scrolls_one_way_and_can_be_touched(tab, troubled):
    one = tab(troubled.url, viewport=PHONE, has_touch=True, is_mobile=True)
    drawer = open_rejected(one)
    assert stumbling_blocks(one.page) == []
    small = drawer.get_by_role("button").evaluate_all("all => all.filter((one) => one.clientHeight < 42).length")
    assert small == 0
    one.page.keyboard.press("Escape")
    assert one.overflow() == 0
    expect(one.page.get_by_role("navigation", name="Pages").locator("visible=true")).to_contain_text("More")


def test_who_is_signed_in_is_listed_and_the_others_can_be_signed_out(tab, world, tmp_path):
    settings = {"TZ": world.installation.settings["TZ"], "LOGIN_PASSWORD": "made-up-password"}
    with queryd_alone(tmp_path / "locked", world.installation.folder, **settings) as (url, _):
        mine, other = tab(url), tab(url)
        for one in (other, mine):
            with one.trouble_expected():
                one.page.goto(f"{url}/status")
                one.page.get_by_label("Password", exact=True).fill("made-up-password")
                one.page.get_by_role("button", name="Sign in").click()
                expect(one.main).to_be_visible()
        card = mine.main.get_by_role("region", name="Sessions")
        expect(card).to_contain_text("2 signed in")
        expect(card.get_by_role("listitem").filter(has_text="This one")).to_contain_text("Chrome, Linux · 127.0.0.1")
        card.get_by_role("button", name="Sign out others").click()
        expect(card.get_by_role("listitem")).to_have_count(1)
        with other.trouble_expected():
            other.page.reload()
            expect(other.page.get_by_label("Password", exact=True)).to_be_visible()


def test_where_there_is_no_login_there_are_no_sessions(dashboard):
    dashboard.open("status")
    expect(dashboard.main.get_by_role("region", name="Sessions")).to_have_count(0)


def test_a_backup_is_made_now_and_what_was_lost_is_told(tab, troubled):
    with closing(open_writer(troubled.installation.database, "ingestd")) as writer:
        writer.execute(
            "insert into collection_gap (started_at, ended_at, reason, lost, unknown_because) values (?, ?, ?, 86, '')",
            (now() - 3 * HOUR, now() - 3 * HOUR + MINUTE, "not_running"),
        )
        next_revision(writer)
    one = tab(troubled.url)
    one.open("status")
    lost = one.main.get_by_role("region", name="Was anything lost?")
    expect(lost.get_by_role("row").filter(has_text="≈ 86")).to_contain_text("The collector was not running")
    assert stumbling_blocks(one.page) == []
    card = one.main.get_by_role("region", name="Database")
    card.get_by_role("button", name="Back up now").click()
    expect(card).to_contain_text("The backup is made and verified.", timeout=60_000)
    expect(card).to_contain_text(re.compile(r"verified, [0-9.]+ [KM]iB"))
    assert [path.suffix for path in backups.folder_of(troubled.installation.database).iterdir()] != []
