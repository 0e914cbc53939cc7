"""The page of accounts: who runs out today is one click away, what is done with ticked rows, names, the drawer."""

import re
import time
from datetime import UTC, datetime, timedelta

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.axe import stumbling_blocks
from tests.browser.dashboard import DESK, PHONE
from tests.browser.world import world as small_world
from tests.cpa.accounts import CLAUDE_MINA, CLAUDE_TEAM, CODEX_LEO, DEEPSEEK, LOCAL
from tests.ingestd.conftest import payload

UNIFIED = "Anthropic-Ratelimit-Unified-"
EMPTY, LASTING = CLAUDE_TEAM, CLAUDE_MINA


def answered(number, credential, ago_minutes, used, *, resets_in=2.0, **changes):
    """A request on an account, whose answer says how much of its five hours is used, 0 to 1."""
    now = datetime.now(UTC)
    at = now - timedelta(minutes=ago_minutes, microseconds=number)
    status = "rejected" if used >= 1 else "allowed"
    headers = {
        f"{UNIFIED}5h-Reset": [str(int((now + timedelta(hours=resets_in)).timestamp()))],
        f"{UNIFIED}5h-Status": [status],
        f"{UNIFIED}5h-Utilization": [f"{used:.2f}"],
        f"{UNIFIED}Status": [status],
    }
    return payload(
        number,
        timestamp=at.isoformat(),
        auth_index=credential.auth_index,
        source=credential.email or credential.key,
        provider=credential.provider,
        latency_ms=1,
        response_headers=headers if credential.provider == "claude" else {},
        **changes,
    )


def past():
    for number in range(12):
        yield answered(number, LASTING, 100 - 8 * number, 0.04 + number / 400, resets_in=3.0)
        yield answered(100 + number, EMPTY, 100 - 8 * number, 0.5 + number / 24)
        yield answered(200 + number, CODEX_LEO, 100 - 8 * number, 0)
    limited = {"failed": True, "fail": {"status_code": 429, "body": '{"error":{"message":"used up"}}'}}
    for number in range(5):
        yield answered(400 + number, LOCAL, 30 - number, 0)
        yield answered(500 + number, DEEPSEEK, 5 - number, 0, failed=True, fail={"status_code": 401, "body": "no"})
    for number in range(4):
        yield answered(300 + number, EMPTY, 4 - number, 1.0, **limited)


@pytest.fixture(scope="module")
def accounts(tmp_path_factory):
    """A world in which one account is used up; CPA has told who they are."""
    with small_world(tmp_path_factory.mktemp("accounts"), past()) as made:
        deadline = time.monotonic() + 60
        while True:
            told = made.ask("quota")
            by_name = {each["credential"]["label"]: each for each in told["accounts"]}
            listed = {each["account"] for each in made.ask("credentials")["credentials"] if each["metadata"]}
            # Events tell of accounts before CPA's own list, without which none can be switched.
            keys = {name for name, each in by_name.items() if each["provider_key"] is not None}
            ready = {EMPTY.email, LASTING.email} <= listed and {"DeepSeek", "local-llm"} <= keys
            if ready and by_name[EMPTY.email]["state"] == "limited":
                break
            assert time.monotonic() < deadline, told
            time.sleep(0.1)
        yield made


def row(tab, name):
    return tab.main.get_by_role("row").filter(has=tab.page.get_by_role("link", name=name, exact=True))


def test_whose_quota_runs_out_today_is_one_click_away(tab, accounts):
    one = tab(accounts.url)
    one.open("")
    told = accounts.ask("quota")
    (first,) = [each for each in told["accounts"] if each["attention_order"] == 0]
    assert (first["credential"]["label"], first["state"]) == (EMPTY.email, "limited")
    entry = one.bar.get_by_role("navigation", name="Pages").get_by_role("link", name="Credentials")
    expect(entry).to_contain_text(str(told["needs_attention"]))

    entry.click()  # the one click

    one.settle()
    expect(one.main).to_contain_text(f"{EMPTY.email}: 429 Rate limited")
    shown = row(one, EMPTY.email)
    until = datetime.fromisoformat(first["until"]).astimezone(accounts.now.tzinfo)
    expect(shown).to_contain_text(
        f"until {until:%H:%M}" if until.date() == datetime.now(until.tzinfo).date() else "until"
    )
    (window,) = first["windows"]
    expect(shown).to_contain_text(f"{window['remaining_percent']:.0f}%")
    expect(one.main.get_by_role("row").nth(1)).to_contain_text(EMPTY.email)
    assert row(one, EMPTY.email).locator(".quota.blocked").count() == 1

    one.main.get_by_role("button", name="Needs attention").click()
    needed = {each["kind"]: 0 for each in told["accounts"]}
    for each in told["accounts"]:
        needed[each["kind"]] += each["needs_attention"]
    assert needed == {"account": 1, "provider_key": 1}
    expect(one.main.get_by_role("row")).to_have_count(needed["account"] + 1)
    expect(one.main.get_by_role("tab")).to_have_text(["Accounts 1", "AI providers 1"])
    expect(one.main.get_by_role("button", name="Needs attention")).to_contain_text(str(told["needs_attention"]))


def test_keys_of_cpa_s_configuration_have_a_tab_of_their_own(tab, accounts):
    """The one that fails first; each with its address and models, and a drawer that tells no quota."""
    one = tab(accounts.url)
    one.open("credentials")
    one.main.get_by_role("tab", name="AI providers").click()
    one.settle()
    told = [each for each in accounts.ask("quota")["accounts"] if each["kind"] == "provider_key"]
    expect(one.main.get_by_role("row")).to_have_count(len(told) + 1)
    heads = one.main.get_by_role("columnheader")
    expect(heads.filter(has_text="Models")).to_have_count(1)
    expect(heads.filter(has_text="Week")).to_have_count(0)
    first = one.main.get_by_role("row").nth(1)
    expect(first).to_contain_text("DeepSeek")
    expect(first).to_contain_text("401")
    expect(first).to_contain_text("api.deepseek.com/v1")
    shown = row(one, "local-llm")
    expect(shown).to_contain_text("http://gpu-1.atlas.example:8000/v1")
    expect(shown).to_contain_text("loc/")
    (key,) = [each["provider_key"] for each in told if each["credential"]["label"] == "local-llm"]
    expect(shown).to_contain_text(key["models"][0]["alias"])
    expect(shown.locator(".requests")).to_have_text("5")
    shown.get_by_role("checkbox").check()
    bar = one.main.get_by_role("group", name="1 entry")
    expect(bar.get_by_role("button")).to_have_text(["Restore in CPA", ""])
    shown.get_by_role("checkbox").uncheck()

    shown.get_by_role("link").click()
    drawer = one.page.get_by_role("dialog", name="AI provider local-llm")
    expect(drawer.get_by_role("tab")).to_have_text(["Usage", "Errors", "Requests", "Models", "Configuration"])
    drawer.get_by_role("tab", name="Configuration").click()
    panel = drawer.get_by_role("tabpanel")
    expect(panel).to_contain_text("http://gpu-1.atlas.example:8000/v1")
    expect(panel.locator("tbody tr")).to_have_count(key["models_total"])
    assert stumbling_blocks(one.page) == []
    one.page.keyboard.press("Escape")
    key_of_deepseek = next(each for each in told if each["credential"]["label"] == "DeepSeek")
    one.open(f"credentials?kind=provider_key&thing=credential:{key_of_deepseek['credential']['id']}")
    expect(one.thing.get_by_role("tab").first).to_have_text("Usage")


def test_ticked_accounts_are_disabled_and_enabled_through_cpa(tab, accounts):
    """It asks first, says of each what became of it, and CPA's own list says so afterwards."""
    one = tab(accounts.url)
    one.open("credentials")

    def switch(button, entry, action):
        row(one, LASTING.email).get_by_role("checkbox").check()
        if entry is None:
            one.main.get_by_role("button", name=button, exact=True).click()
        else:
            one.choose(one.main.get_by_role("button", name=button), entry)
        dialog = one.page.get_by_role("dialog")
        expect(dialog).to_contain_text(LASTING.email)
        dialog.get_by_role("button", name=action, exact=True).click()
        expect(dialog.get_by_role("listitem")).to_contain_text("Done")
        dialog.get_by_role("button", name="Close", exact=True).last.click()
        expect(dialog).to_have_count(0)

    switch("Disable …", "Disable", "Disable")
    expect(row(one, LASTING.email)).to_contain_text("Disabled since")
    states = {each["credential"]["label"]: each["state"] for each in accounts.ask("quota")["accounts"]}
    assert states[LASTING.email] == "disabled"
    switch("Enable", None, "Enable")
    expect(row(one, LASTING.email)).not_to_contain_text("Disabled")


def test_a_row_opens_what_is_known_of_the_account_and_keys_lead_on(tab, accounts):
    one = tab(accounts.url)
    one.open("credentials?sort=name")
    names = [each.inner_text() for each in one.main.locator("[data-row]").all()]
    at = names.index(EMPTY.email)
    row(one, EMPTY.email).get_by_role("link").first.click()
    drawer = one.page.get_by_role("dialog", name=f"Account {EMPTY.email}")
    expect(drawer.get_by_role("tab")).to_have_text(["Quota", "Usage", "Errors", "Requests", "Models"])
    quota = accounts.ask(f"quota/{one.view['thing'][0].partition(':')[2]}")
    (window,) = quota["account"]["windows"]
    usage = window["usage"]
    expect(drawer.get_by_role("tabpanel")).to_contain_text("5 h")
    expect(drawer.get_by_role("tabpanel")).to_contain_text(f"{usage['requests']}")
    one.page.keyboard.press("j" if at + 1 < len(names) else "k")
    other = names[at + 1] if at + 1 < len(names) else names[at - 1]
    expect(one.page.get_by_role("dialog", name=f"Account {other}")).to_be_visible()
    one.page.keyboard.press("Escape")
    expect(one.page.get_by_role("dialog")).to_have_count(0)


def test_the_drawer_draws_what_remains_of_the_open_window(tab, accounts):
    """From its beginning to its reset, as it was read; used up, it says from when to when there is no room."""
    one = tab(accounts.url)
    told = {each["credential"]["label"]: each for each in accounts.ask("quota")["accounts"]}

    def curve(name):
        one.open(f"credentials?thing=credential:{told[name]['credential']['id']}")
        panel = one.thing.get_by_role("tabpanel", name="Quota")
        expect(panel.get_by_role("heading", name="What remains")).to_be_visible()
        return panel

    panel = curve(LASTING.email)
    (history,) = accounts.ask(f"quota/{told[LASTING.email]['credential']['id']}")["windows"]
    drawing = panel.get_by_role("img")
    expect(drawing).to_have_accessible_name(re.compile("5 h: 9[0-9]% remains, .*resets"))
    points = drawing.locator(".measured").get_attribute("d").split("L")
    heights = [float(point.lstrip("M").split()[1]) for point in points]
    assert len(points) >= len(history["readings"]) > 1
    assert heights == sorted(heights)  # what remains becomes less, which is further down
    expect(drawing).to_contain_text("reset ")
    expect(drawing).to_contain_text("now, ")
    expect(drawing.locator(".dry")).to_have_count(0)
    assert stumbling_blocks(one.page) == []

    panel = curve(EMPTY.email)
    expect(panel.get_by_role("img").locator(".dry")).to_have_count(1)
    expect(panel.get_by_role("img")).to_contain_text("blocked")

    panel = one.thing.get_by_role("tabpanel", name="Quota")
    one.open(f"credentials?thing=credential:{told[CODEX_LEO.email]['credential']['id']}")
    expect(panel).to_contain_text("No quota is known")
    expect(panel.get_by_role("img")).to_have_count(0)


def test_an_account_is_named_in_its_row(tab, accounts):
    one = tab(accounts.url)
    one.open("credentials")
    line = row(one, CODEX_LEO.email)
    line.hover()
    line.get_by_role("button", name=f"Rename {CODEX_LEO.email}").click()
    field = one.main.get_by_role("textbox")
    field.fill("Leo, nightly jobs")
    field.press("Enter")
    expect(row(one, "Leo, nightly jobs")).to_be_visible()
    (named,) = [each for each in accounts.ask("credentials")["credentials"] if each["label"]]
    answer = httpx.patch(f"{accounts.url}/api/v1/credentials/{named['id']}", json={"label": None})
    assert answer.status_code == 200


@pytest.mark.parametrize(("viewport", "locale", "scheme"), [(PHONE, "en-GB", "light"), (DESK, "zh-CN", "dark")])
def test_it_fits_and_stops_nobody(tab, accounts, viewport, locale, scheme):
    one = tab(accounts.url, viewport=viewport, locale=locale, color_scheme=scheme)
    one.open("credentials")
    assert stumbling_blocks(one.page) == []
    assert one.overflow() == 0
    one.open("credentials?kind=provider_key")
    assert one.overflow() == 0
    one.main.locator("[data-row]").first.click()
    expect(one.thing).to_be_visible()
    one.settle()
    assert stumbling_blocks(one.page) == []
