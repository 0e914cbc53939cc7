"""What whoever holds a key of CPA meets: the login by key, two pages of that key, a filter, and the way out."""

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import DESK, PHONE
from tests.browser.test_login import PASSWORD, locked
from tests.cpa.accounts import CLIENT_KEYS
from tests.system.keeper import eventually

KEY = CLIENT_KEYS[0].key


@pytest.fixture(scope="module")
def locked_url(tmp_path_factory, world):
    with locked(tmp_path_factory.mktemp("key-page"), world) as (url, _):
        eventually(lambda: row_of(world, KEY)["listing"] == "listed", "CPA's keys are known")
        yield url


def row_of(world, key):
    """What the admin is told of a key."""
    (row,) = [each for each in world.ask("api-keys")["api_keys"] if each["mask"].endswith(key[-4:])]
    return row


def requests_of(world, key):
    """How often the key was used in the last seven days, as the admin is told."""
    row = row_of(world, key)
    return world.ask(f"summary?range=7d&api_key={row['id']}")["metrics"]["requests"]


def test_a_key_opens_its_own_requests_and_nothing_else(tab, world, locked_url):
    one = tab(locked_url)
    with one.trouble_expected():
        one.page.goto(f"{locked_url}/key")
        one.page.get_by_label("API key", exact=True).fill(f" {KEY[:-1]}")
        one.page.get_by_role("button", name="Sign in").click()
        expect(one.page.get_by_role("alert")).to_have_text("CPA does not list this key.")
        one.page.get_by_label("API key", exact=True).fill(f" {KEY}  ")
        one.page.get_by_role("button", name="Sign in").click()
        expect(one.tiles).to_have_count(5)
    one.settle()
    chip = one.main.get_by_role("group", name="Filters").locator(".locked")
    expect(chip).to_contain_text(KEY[-4:])
    expect(one.bar.get_by_role("navigation", name="Pages").get_by_role("link")).to_have_text(["Overview", "Requests"])
    assert one.answer("summary")["metrics"]["requests"] == requests_of(world, KEY) > 0
    assert [tab.inner_text() for tab in one.main.get_by_role("tab").all()] == ["Models", "Clients", "Requests"]

    with one.trouble_expected():  # the server refuses both at once
        for address in ("prices", "key?credential=1"):  # somebody else's page, and somebody else's filter
            one.open(address)
            expect(one.tiles).to_have_count(5)
            assert (one.path, one.view.get("credential")) == ("key", None)

    one.main.get_by_role("tabpanel").get_by_role("link").first.click()  # a model: its name is a filter
    expect(one.chips).to_have_count(2)
    one.settle()
    one.main.get_by_role("tab", name="Requests").click()
    expect(one.main.locator("[data-row]").first).to_be_visible()
    expect(one.main.get_by_placeholder("Model, request id, error text")).to_be_visible()
    model = one.view["model"][0]
    assert {each["model"]["id"] for each in one.answer("events")["events"]} == {model}
    assert {each["credential"]["label"] for each in one.answer("events")["events"]} == {""}
    assert KEY not in one.page.content()

    with one.trouble_expected():
        one.choose(one.bar.get_by_role("button", name="Menu"), "Sign out")
        expect(one.page.get_by_label("API key", exact=True)).to_be_visible()
        one.page.goto("about:blank")


@pytest.mark.parametrize(("viewport", "locale", "scheme"), [(PHONE, "zh-CN", "dark"), (DESK, "zh-TW", "light")])
def test_it_fits_speaks_and_stops_nobody(tab, locked_url, viewport, locale, scheme):
    one = tab(locked_url, viewport=viewport, locale=locale, color_scheme=scheme)
    answer = httpx.post(f"{locked_url}/api/v1/session", json={"api_key": KEY})
    name, _, value = answer.headers["Set-Cookie"].partition(";")[0].partition("=")
    one.context.add_cookies([{"name": name, "value": value, "url": locked_url}])
    one.open("key?tab=client")
    assert stumbling_blocks(one.page) == []
    assert one.overflow() == 0


def test_for_anybody_else_the_page_says_whose_it_is(dashboard, tab, locked_url):
    dashboard.open("key")
    expect(dashboard.main).to_contain_text("This page is for whoever holds a key of CPA")
    expect(dashboard.tiles).to_have_count(0)
    admin = tab(locked_url)
    with admin.trouble_expected():
        admin.page.goto(f"{locked_url}/key")
        admin.page.get_by_text("With password").click()
        admin.page.get_by_label("Password", exact=True).fill(PASSWORD)
        admin.page.get_by_role("button", name="Sign in").click()
        expect(admin.tiles).to_have_count(7)
    assert admin.path == ""
