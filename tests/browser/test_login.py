"""The login: one card in place of the page, the same address afterwards, and out again."""

from contextlib import contextmanager

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import PHONE
from tests.browser.world import queryd_alone

PASSWORD = "made-up password 密码"
ADDRESS = "requests?range=today&result=failed"


def field(tab):
    return tab.page.get_by_label("Password", exact=True)


def sign_in(tab, password=PASSWORD):
    field(tab).fill(password)
    tab.page.get_by_role("button", name="Sign in").click()


@contextmanager
def locked(tmp_path, world, **settings):
    """A second queryd on the world's file, which asks for a password."""
    zone = world.installation.settings["TZ"]
    values = {"TZ": zone, "LOGIN_PASSWORD": PASSWORD, **settings}
    with queryd_alone(tmp_path / "locked", world.installation.folder, **values) as (url, installation):
        yield url, installation


@pytest.fixture
def locked_url(tmp_path, world):
    with locked(tmp_path, world) as (url, _):
        yield url


def test_one_signs_in_comes_to_the_same_address_and_signs_out(tab, locked_url):
    one = tab(locked_url)
    with one.trouble_expected():
        one.page.goto(f"{locked_url}/{ADDRESS}")
        expect(field(one)).to_be_focused()
        expect(one.page).to_have_title("Sign in · Keeper")
        expect(one.page.get_by_role("banner")).to_have_count(0)
        sign_in(one, "made-up, and wrong")
        expect(one.page.get_by_role("alert")).to_have_text("The password is wrong.")
        expect(field(one)).to_be_focused()
        field(one).fill(PASSWORD)
        field(one).press("Enter")
        expect(one.chips).not_to_have_count(0)
    one.settle()
    assert (one.path, one.view["result"]) == ("requests", ["failed"])
    assert one.page.evaluate("document.cookie") == ""
    one.page.reload()
    one.settle()
    with one.trouble_expected():
        one.choose(one.bar.get_by_role("button", name="Menu"), "Sign out")
        expect(field(one)).to_be_visible()
        assert one.path == "requests"
        one.page.goto("about:blank")


def test_a_session_that_ends_ends_on_every_open_page(tab, locked_url):
    one = tab(locked_url)
    with one.trouble_expected():
        one.page.goto(locked_url)
        sign_in(one)
        one.settle()
        expect(one.tiles).to_have_count(7)
        with httpx.Client(base_url=f"{locked_url}/api/v1") as client:
            client.post("/session", json={"password": PASSWORD})
            others = client.delete("/sessions").json()["sessions"]
        assert [entry["current"] for entry in others] == [True]
        one.page.evaluate("dispatchEvent(new Event('online'))")
        expect(field(one)).to_be_visible()
        expect(one.tiles).to_have_count(0)
        other = one.context.new_page()  # another tab of the same browser signs in
        other.goto(locked_url)
        other.get_by_label("Password", exact=True).fill(PASSWORD)
        other.get_by_role("button", name="Sign in").click()
        expect(other.get_by_role("banner")).to_be_visible()
        one.page.evaluate("dispatchEvent(new Event('focus'))")
        expect(one.tiles).to_have_count(7)
        for page in one.context.pages:
            page.goto("about:blank")


def test_after_too_many_tries_it_says_how_long_to_wait(tab, locked_url):
    one = tab(locked_url)
    with one.trouble_expected():
        one.page.goto(locked_url)
        expect(field(one)).to_be_visible()
        for _ in range(6):
            httpx.post(f"{locked_url}/api/v1/session", json={"password": "wrong"})
        sign_in(one)
        expect(one.page.get_by_role("alert")).to_contain_text("Too many attempts. Again in ")
        expect(one.page.get_by_role("button", name="Sign in")).to_be_disabled()
        one.page.goto("about:blank")


@pytest.mark.parametrize(
    ("locale", "label", "scheme"),
    [
        ("en-GB", "Password", "light"),
        ("en-GB", "Password", "dark"),
        ("zh-CN", "密码", "light"),
        ("zh-TW", "密碼", "dark"),
    ],
)
def test_it_speaks_the_language_and_stops_nobody(tab, locked_url, locale, label, scheme):
    one = tab(locked_url, locale=locale, color_scheme=scheme, viewport=PHONE)
    with one.trouble_expected():
        one.page.goto(locked_url)
        expect(one.page.get_by_label(label, exact=True)).to_be_visible()
        one.page.get_by_label(label, exact=True).fill("wrong")
        one.page.get_by_role("button").click()
        expect(one.page.get_by_role("alert")).not_to_be_empty()
        assert stumbling_blocks(one.page) == []
        assert one.overflow() == 0
        one.page.goto("about:blank")
