"""Four of the thirteen questions, in as few clicks as they may take, and their answers as SQL has them.

On an installation of its own: its requests lie in this month and in the one before, and two accounts fail now.
"""

import re
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from dataclasses import replace
from datetime import UTC, datetime, timedelta

import pytest
from playwright.sync_api import expect

from tests.browser import afternoon
from tests.browser.axe import stumbling_blocks
from tests.browser.failing import SINCE, failing
from tests.browser.world import World, world
from tests.cpa.traffic.attempt import NANOSECONDS, Attempt, payload


def month_before(moment: datetime) -> datetime:
    """The same time of the same day of the month before, or of its last day."""
    last = moment.replace(day=1) - timedelta(days=1)
    return last.replace(day=min(moment.day, last.day))


def moved(attempt: Attempt, now: datetime) -> Attempt:
    started = datetime.fromtimestamp(attempt.started // NANOSECONDS, now.tzinfo)
    whole = int(month_before(started).timestamp()) * NANOSECONDS
    return replace(attempt, started=whole + attempt.started % NANOSECONDS, request_id=f"{attempt.request_id[:7]}z")


@pytest.fixture(scope="module")
def troubled(tmp_path_factory: pytest.TempPathFactory) -> Iterator[World]:
    now = datetime.now(UTC)
    now = now.astimezone(afternoon.zone_of_afternoon(now))
    lately = int((now - SINCE).timestamp()) * NANOSECONDS
    # Nothing but what is made to fail fails now, whatever the hour brings.
    made = [one for one in afternoon.attempts(1, now) if one.failure is None or one.started < lately]
    attempts = [*(moved(one, now) for one in made if one.started % 3), *made, *failing(made, now)]
    past = [payload(one, now.tzinfo or UTC) for one in attempts]
    with world(tmp_path_factory.mktemp("troubled"), past, made) as one:
        yield one


class Clicks:
    """Counts what a hand does."""

    def __init__(self) -> None:
        self.count = 0

    def __call__(self, target) -> None:
        self.count += 1
        target.click()


def rows(world: World, sql: str, *values: object) -> list[tuple]:
    with closing(sqlite3.connect(f"file:{world.installation.database}?mode=ro", uri=True)) as connection:
        return connection.execute(sql, values).fetchall()


def micros(moment: str) -> int:
    return round(datetime.fromisoformat(moment).timestamp() * 1_000_000)


def dollars(nanos: int) -> str:
    return f"${nanos / 1e9:,.2f}"


def test_cost_by_key_this_month_and_its_change_takes_three_clicks(tab, troubled):
    one, click = tab(troubled.url), Clicks()
    one.open()
    click(one.bar.get_by_role("link", name="Keys"))
    click(one.bar.get_by_role("button", name="Time range:"))
    click(one.page.get_by_role("button", name="This month", exact=True).locator("visible=true"))
    one.settle()
    assert click.count <= 3
    answer = troubled.ask("breakdown?range=this_month&compare=previous&by=api_key")
    selection, before = answer["selection"], answer["compare"]
    cost = (
        "select api_key_id, sum(cost_nanos) from event where occurred_at >= ? and occurred_at < ? group by api_key_id"
    )
    now = dict(rows(troubled, cost, micros(selection["from"]), micros(selection["to"])))
    then = dict(rows(troubled, cost, micros(before["from"]), micros(before["to"])))
    assert len(now) > 3
    assert sum(then.values()) > 0
    table = one.main.get_by_role("table", name="Keys")
    for key, nanos in now.items():
        row = table.get_by_role("row").filter(has=one.page.locator(f"[data-row='api_key:{key}']"))
        expect(row.locator("td.cost_nanos")).to_have_text(dollars(nanos))
        change = nanos / then[key] - 1
        expect(row.locator("td.change")).to_contain_text("▲" if change > 0 else "▼")
        if 0.1 < abs(change) < 9.9:
            expect(row.locator("td.change")).to_contain_text(f"{abs(change) * 100:.0f}%")


def test_the_failing_account_and_why_takes_one_click(tab, troubled):
    one, click = tab(troubled.url), Clicks()
    one.open()
    link = one.bar.get_by_role("link", name="Errors")
    expect(link).to_contain_text("2 groups fail now")
    click(link)
    one.settle()
    assert click.count <= 1
    begin = micros((troubled.now - SINCE - timedelta(minutes=1)).isoformat())
    (account, count), *_ = rows(
        troubled,
        "select credential_id, count(*) from event where status_code = 429 and occurred_at >= ? "
        "group by credential_id order by 2 desc",
        begin,
    )
    ((total,),) = rows(
        troubled,
        "select count(*) from event where credential_id = ? and occurred_at >= "
        "(select min(occurred_at) from event where status_code = 429 and occurred_at >= ? and credential_id = ?)",
        account,
        begin,
        account,
    )
    names = {each["id"]: each["account"] for each in troubled.ask("credentials")["credentials"]}
    sentence = one.main.locator("p", has_text="groups fail now")
    expect(sentence).to_contain_text(f"{names[str(account)]} is rate limited since")
    expect(sentence).to_contain_text(f"{count} requests, {round(count / total * 100)}% of its traffic")
    expect(sentence).to_contain_text("must sign in again")


def test_the_link_to_the_view_takes_one_click(tab, troubled):
    one, click = tab(troubled.url), Clicks()
    one.context.grant_permissions(["clipboard-read", "clipboard-write"])
    one.open("errors?range=24h&provider=claude")
    click(one.bar.get_by_role("button", name="Copy the link to this view"))
    assert click.count <= 1
    expect(one.page.get_by_text("Link copied")).to_be_visible()
    assert one.page.evaluate("navigator.clipboard.readText()") == one.page.url
    one.page.goto(one.page.evaluate("navigator.clipboard.readText()"))
    one.settle()
    assert one.chip_texts() == ["Provider is claude"]


def test_all_429s_of_one_account_yesterday_take_three_clicks(tab, troubled):
    one, click = tab(troubled.url), Clicks()
    one.open()
    click(one.bar.get_by_role("link", name="Errors"))
    one.settle()
    zone = troubled.now.tzinfo
    midnight = datetime.now(zone).replace(hour=0, minute=0, second=0, microsecond=0)
    yesterday = (midnight - timedelta(days=1)).replace(hour=12)
    groups = [
        (each, troubled.ask(f"summary?range=yesterday&status=429&credential={each['credential']['id']}"))
        for each in one.answer("errors")["groups"]
        if each["status_code"] == 429
    ]
    account = next(each["credential"]["id"] for each, past in groups if past["metrics"]["requests"])
    click(one.main.locator(f"[data-row='rate_limited:429:{account}']"))
    days = one.main.get_by_role("list", name="Days with failures")
    click(days.get_by_role("link", name=re.compile(f"\\b{yesterday.day} {yesterday:%b}")))
    one.settle()
    assert click.count <= 3
    assert one.path == "requests"
    selection = one.answer("events")["selection"]
    assert one.view["credential"] == [account]
    found = rows(
        troubled,
        "select count(*) from event where status_code = 429 and credential_id = ? and occurred_at between ? and ?",
        account,
        micros(selection["from"]),
        micros(selection["to"]) - 1,
    )
    selected = f"range=yesterday&status=429&credential={account}"
    events = troubled.ask(f"events?{selected}&limit=1")["events"]
    assert found == [(troubled.ask(f"summary?{selected}")["metrics"]["requests"],)]
    assert one.drawn()[0] == events[0]["id"]
    assert datetime.fromisoformat(selection["to"]) - datetime.fromisoformat(selection["from"]) == timedelta(days=1)


def test_a_group_unfolds_in_its_place_with_what_clients_saw_of_it(tab, troubled):
    one = tab(troubled.url)
    one.open("errors?range=today")
    group = next(each for each in troubled.ask("errors?range=today")["groups"] if each["run"]["count"] == 12)
    row = one.main.locator(f"[data-row='rate_limited:429:{group['credential']['id']}']")
    one.page.keyboard.press("j")
    expect(one.main.locator("[data-row]:focus")).to_have_count(1)
    row.focus()
    one.page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "true")
    assert one.view["failure"] == [f"rate_limited:429:{group['credential']['id']}"]
    clients = group["clients"]
    one.settle()
    expect(one.main).to_contain_text(
        f"{clients['succeeded_elsewhere']} of {clients['client_requests']} succeeded on another account."
    )
    expect(one.main).to_contain_text("You have used what your account may use for now.")
    expect(one.main.get_by_text("not tried again")).to_have_count(2)
    one.page.keyboard.press("Enter")
    expect(row).to_have_attribute("aria-expanded", "false")


def test_messages_of_a_group_are_told_apart_and_lead_to_their_requests(tab, troubled):
    one = tab(troubled.url)
    one.open("errors?range=today")
    answer = troubled.ask("errors?range=today")
    group = next(each for each in answer["groups"] if each["run"]["count"] == 12)
    busy = next(each for each in group["messages"] if each["shape"].startswith("Too many requests"))
    assert busy["shape"] == "Too many requests at once, try again in # seconds."
    row = one.main.locator("tr.row").filter(
        has=one.page.locator(f"[data-row='rate_limited:429:{group['credential']['id']}']")
    )
    expect(row).to_contain_text(group["messages"][0]["shape"])
    expect(row).to_contain_text(f"and {group['messages_total'] - 1} more")
    row.locator("[data-row]").press("Enter")
    said = one.main.get_by_role("list", name="What the provider said")
    item = said.get_by_role("listitem").filter(has_text="Too many requests at once")
    expect(item).to_have_count(1)
    expect(item).to_contain_text(f"3 of {group['looked_at']}")
    item.get_by_role("link", name="See those that say so").click()
    one.settle()
    assert one.path == "requests"
    selection = one.answer("events")["selection"]
    found = rows(
        troubled,
        "select count(*) from event join event_detail using (occurred_at, digest) where credential_id = ? and"
        " error_body like '%Too many requests at once%' and occurred_at >= ? and occurred_at < ?",
        group["credential"]["id"],
        micros(selection["from"]),
        micros(selection["to"]),
    )
    assert found == [(3,)]
    assert len(one.drawn()) == 3


def test_a_key_opens_in_a_drawer_and_keys_lead_through_the_list(tab, troubled):
    one = tab(troubled.url)
    one.open("keys?range=today")
    listed = one.main.locator("[data-row]").evaluate_all("all => all.map(a => a.dataset.row)")
    one.page.keyboard.press("j")
    one.page.keyboard.press("Enter")
    summary = troubled.ask(f"summary?range=today&api_key={listed[0].partition(':')[2]}")["metrics"]
    expect(one.thing).to_contain_text(f"{summary['requests']:,}")
    expect(one.thing).to_contain_text(dollars(summary["cost_nanos"]))
    one.page.keyboard.press("j")
    expect(one.page).to_have_url(re.compile(f"thing={listed[1]}"))
    one.thing.get_by_role("tab", name="Requests").click()
    expect(one.thing.get_by_role("listitem").get_by_role("link").first).to_be_visible()
    one.page.keyboard.press("Escape")
    expect(one.thing).to_have_count(0)
    expect(one.main.locator("[data-row]:focus")).to_have_attribute("data-row", listed[1])


def test_a_name_given_to_a_key_stands_for_it_on_every_page(tab, troubled):
    one = tab(troubled.url)
    one.open("keys?range=today")
    row = one.main.locator("tbody tr").first
    key = row.locator("[data-row]").get_attribute("data-row").partition(":")[2]
    mask = row.locator("td.mask").inner_text()
    row.hover()
    row.get_by_role("button", name="Rename").click()
    field = one.main.get_by_role("textbox", name="Name of")
    with one.trouble_expected():
        field.fill("a name \u202e turned round")
        field.press("Enter")
        expect(one.main.get_by_role("alert")).to_contain_text("50 characters, all of which can be seen")
    field.fill("Ledger import")
    field.press("Enter")
    expect(one.main.get_by_role("link", name="Ledger import").first).to_be_visible()
    for address in ("?range=today&tab=api_key&group=api_key", "requests?range=today", f"keys?thing=api_key:{key}"):
        one.open(f"{address}&api_key={key}")
        expect(one.page.get_by_text("Ledger import").first).to_be_visible()
        expect(one.main.get_by_text(mask, exact=True).locator("visible=true")).to_have_count(
            1 if address.startswith("keys") else 0
        )
    one.page.keyboard.press("Escape")
    one.page.keyboard.press("Control+k")
    one.page.get_by_placeholder("Find a model").fill("ledger")
    expect(one.page.get_by_role("option", name="Ledger import")).to_be_visible()


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("page", ["errors?range=today", "keys?range=today"])
def test_axe_finds_nothing_grave_on_desk_and_phone(tab, troubled, page, theme):
    one = tab(troubled.url, color_scheme=theme)
    one.open(page)
    one.main.locator("[data-row]").first.click()
    one.settle()
    expect(one.thing if page.startswith("keys") else one.main.locator("tr.detail")).to_be_visible()
    assert stumbling_blocks(one.page) == []
    hand = tab(troubled.url, color_scheme=theme, viewport={"width": 390, "height": 844}, has_touch=True, is_mobile=True)
    hand.open(page)
    assert hand.overflow() == 0
    assert stumbling_blocks(hand.page) == []
