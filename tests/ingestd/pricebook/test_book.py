"""An event finds its price: the contract's cases, whose price beats whose, versions over time, rules, tiers."""

import json
import sqlite3
from collections.abc import Iterator

import pytest
from msgspec.structs import replace

from ingestd.decode import decode
from ingestd.normalize import normalize
from ingestd.pricebook.book import NAMES_MAX, NOTHING, UNPRICED, PriceBook, Priced
from ingestd.pricebook.catalogue import install
from ingestd.pricebook.catalogue_format import Model, Seller, Version
from ingestd.usage_event import UsageEvent
from shared.database import open_writer
from shared.migrations import migrate
from shared.model_names import MatchedBy
from shared.normalization import Tokens
from shared.price_versions import (
    InvalidPrice,
    add_rule,
    add_version,
    charge_of,
    price_of,
    retire_rule,
    retire_version,
    set_setting,
)
from shared.prices import (
    ONE,
    PRICE_MAX,
    Charge,
    ContextTier,
    Hours,
    Mark,
    Price,
    Rates,
    Rule,
    RuleKey,
    Source,
    arithmetic,
)
from shared.schema.prices import EDITED_PRICE_IDS_FROM

DAY = 86_400 * 1_000_000
NOON = 1_787_400_000_000_000  # 2026-08-22T12:00:00Z
MILLION = Tokens(1_000_000)
FLAT = Rates(*[1_000_000] * 4)
CATALOGUE = b"""{}
{"id":"openai","name":"OpenAI","page":"https://o.example","read":"2026-11-24","model_match":["starts_with","gpt"]}
["gpt-x",true,["gpt-x"],[]]
{"id":"acme","name":"Acme","page":"https://a.example","read":"2026-11-24"}
["acme-1",false,["acme-1"],[]]
"""


def event(**fields) -> UsageEvent:
    payload = {"timestamp": "2026-08-22T12:00:00Z", "tokens": {}, "model": "gpt-x", "provider": "codex"} | fields
    decoded = decode(json.dumps(payload).encode())
    assert isinstance(decoded, UsageEvent), decoded
    return decoded


def version(model="gpt-x", dollars=(2.5, 0.25, 0, 10), **fields) -> Price:
    four = Rates(*(round(part * 1_000_000) for part in dollars))
    return replace(Price(0, Source.MANUAL, "", model, "", 0, four), **fields)


def rule(key: RuleKey, value: str, factor: float, **fields) -> Rule:
    return replace(Rule(0, "", key, value, round(factor * ONE), 0), **fields)


class Desk:
    """A file with both writers: ingestd's, which prices, and queryd's, which a person's changes come through."""

    def __init__(self, ingestd: sqlite3.Connection, queryd: sqlite3.Connection) -> None:
        self.ingestd = ingestd
        self.queryd = queryd
        self.book = PriceBook(ingestd, CATALOGUE)

    def enter(self, price: Price) -> int:
        id_ = add_version(self.queryd, price, NOON)
        self.book.refresh()
        return id_

    def rule(self, wanted: Rule) -> int:
        id_ = add_rule(self.queryd, wanted, NOON)
        self.book.refresh()
        return id_

    def sell(self, *models: tuple[str, str, list[Version]]) -> None:
        for seller, model, versions in models:
            lines: list[Seller | Model] = [
                Seller(seller, seller.title(), "https://seller.example", "2026-11-24"),
                Model(model, True, (model,), (), tuple(versions)),
            ]
            install(self.ingestd, lines, f"{model} {len(versions)}", NOON)
        self.book.refresh()

    def charge(self, priced: Priced) -> Charge:
        assert priced.charge_id is not None
        found = charge_of(self.queryd, priced.charge_id)
        assert found is not None
        return found[0]

    def matched_by(self, priced: Priced) -> str:
        found = charge_of(self.queryd, priced.charge_id or 0)
        assert found is not None
        return found[1]

    def nanos(self, tokens: Tokens, **fields) -> int | None:
        return self.book.price(event(**fields), tokens).cost_nanos


@pytest.fixture
def desk(tmp_path) -> Iterator[Desk]:
    ingestd = open_writer(tmp_path / "app.db", "ingestd")
    migrate(ingestd, NOON)
    queryd = open_writer(tmp_path / "app.db", "queryd")
    yield Desk(ingestd, queryd)
    queryd.close()
    ingestd.close()


P1 = Tokens(12_000, 9_000, 0, 800)


def test_p3_the_same_price_costs_the_same_in_any_style(desk):
    desk.enter(version("claude-x", (3, 0.3, 3.75, 15)))
    assert desk.nanos(Tokens(9_600, 9_000, 500, 700), model="claude-x") == 15_375_000


def test_p8_to_p13_rules_multiply_the_cost_of_the_events_that_they_match(desk):
    desk.enter(version())
    desk.rule(rule(RuleKey.SERVICE_TIER, "priority", 2))
    assert desk.nanos(P1) == 17_750_000
    assert desk.nanos(P1, service_tier="priority") == 35_500_000  # P9
    assert desk.nanos(P1, service_tier="Priority") == 17_750_000  # P12: values are compared exactly
    desk.rule(rule(RuleKey.REASONING_EFFORT, "xhigh", 1.5))
    desk.rule(rule(RuleKey.ENDPOINT, "POST /v1/messages", 9))
    desk.enter(version(multiplier=1_200_000))
    tenth = {"service_tier": "priority", "reasoning_effort": "xhigh", "endpoint": "POST /v1/responses"}
    assert desk.nanos(P1, **tenth) == 63_900_000  # P10
    desk.rule(rule(RuleKey.RESPONSE_SERVICE_TIER, "flex", 0.5))
    desk.enter(version())
    assert desk.nanos(P1, service_tier="auto", response_service_tier="flex") == 8_875_000  # P13
    desk.enter(version(multiplier=0))
    assert desk.nanos(P1, service_tier="priority") == 0  # P8


def test_p11_and_p21_rules_can_look_at_the_credential_and_the_api_key(desk):
    desk.enter(version())
    desk.rule(rule(RuleKey.CREDENTIAL, "7", 0))
    desk.rule(rule(RuleKey.API_KEY, "3", 0.8))
    desk.rule(rule(RuleKey.MODEL, "gpt-x", 1.25, model="gpt-x"))
    asked = event()
    assert desk.book.price(asked, P1, api_key_id=3, credential_id=7).cost_nanos == 0
    assert desk.book.price(asked, P1, api_key_id=3, credential_id=8).cost_nanos == 17_750_000
    assert desk.book.price(asked, P1).cost_nanos == 22_187_500


def test_p14_an_alias_finds_the_price_that_the_model_does_not(desk):
    desk.enter(version())
    priced = desk.book.price(event(model="upstream-7", alias="gpt-x"), P1)
    assert (priced.cost_nanos, desk.matched_by(priced)) == (17_750_000, MatchedBy.ALIAS)
    assert desk.nanos(P1, model="gpt-x-2026-08-01", alias="gpt-x") == 17_750_000


def test_p15_a_model_without_a_price_has_no_cost_rather_than_none_to_pay(desk):
    desk.enter(version())
    assert desk.book.price(event(model="other", alias="other2"), P1) is UNPRICED
    assert desk.book.price(event(model="other"), Tokens(unclassified=42)) is UNPRICED


def test_p16_no_price_and_no_tokens_cost_nothing(desk):
    assert desk.book.price(event(model="other"), Tokens()) is NOTHING


def test_p18_negative_counters_cost_nothing(desk):
    desk.enter(version("claude-x", (3, 0.3, 3.75, 15)))
    counters = dict.fromkeys(("input_tokens", "output_tokens", "cache_read_tokens", "cache_creation_tokens"), -1)
    asked = event(model="claude-x", executor_type="ClaudeExecutor", tokens=counters)
    assert desk.book.price(asked, normalize(asked)[0]).cost_nanos == 0


def test_p19_context_tiers_of_an_edited_price_count(desk):
    tiers = (ContextTier(272_000, Rates(5_000_000, 500_000, 6_250_000, 22_500_000)),)
    long = Tokens(300_000, 100_000, 0, 4_000)
    desk.enter(version("gpt-5.6-terra", (2.5, 0.25, 3.125, 15)))
    assert desk.nanos(long, model="gpt-5.6-terra") == 585_000_000
    desk.enter(version("gpt-5.6-terra", (2.5, 0.25, 3.125, 15), context_tiers=tiers))
    assert desk.nanos(long, model="gpt-5.6-terra") == 1_140_000_000


def test_p20_the_smallest_request_costs_750_nano_dollars(desk):
    desk.enter(version("m", (0.15, 0.075, 0, 0.6)))
    assert desk.nanos(Tokens(1, 0, 0, 1), model="m") == 750


def test_p22_a_blank_model_is_priced_as_unknown(desk):
    desk.enter(version("unknown", (1, 1, 1, 1)))
    assert desk.nanos(MILLION, model="  ") == 1_000_000_000


def test_manual_beats_synced_beats_the_catalogue(desk):
    desk.sell(("openai", "gpt-x", [Version("", "", (1_000_000,) * 4)]))
    first = desk.book.price(event(), MILLION)
    assert first.cost_nanos == 1_000_000_000
    price = desk.charge(first).price
    assert price is not None
    assert price.id < EDITED_PRICE_IDS_FROM
    desk.enter(version(dollars=(2, 2, 2, 2), source=Source.SYNCED))
    assert desk.nanos(MILLION) == 2_000_000_000
    manual = desk.enter(version(dollars=(3, 3, 3, 3)))
    price = desk.charge(desk.book.price(event(), MILLION)).price
    assert price is not None
    assert price.id == manual >= EDITED_PRICE_IDS_FROM
    assert retire_version(desk.queryd, manual, NOON)
    assert not retire_version(desk.queryd, manual, NOON)
    desk.book.refresh()
    assert desk.nanos(MILLION) == 2_000_000_000


def test_the_version_in_force_when_the_event_began_counts(desk):
    desk.sell(
        (
            "openai",
            "gpt-x",
            [Version("", "", (1_000_000,) * 4), Version("", "2026-08-21", (2_000_000,) * 4)],
        )
    )
    desk.enter(version(dollars=(5, 5, 5, 5), effective_from=NOON + DAY))
    costs = [desk.nanos(MILLION, timestamp=f"2026-08-{day}T12:00:00Z") for day in (20, 21, 22, 23, 24)]
    assert costs == [1_000_000_000, 2_000_000_000, 2_000_000_000, 5_000_000_000, 5_000_000_000]


def test_before_its_first_version_a_model_is_unpriced(desk):
    desk.enter(version(effective_from=NOON + 1))
    assert desk.book.price(event(), MILLION) is UNPRICED


def test_of_two_versions_of_one_moment_the_newer_entry_counts_and_the_older_stays(desk):
    older = desk.enter(version(dollars=(1, 1, 1, 1)))
    desk.enter(version(dollars=(2, 2, 2, 2)))
    assert desk.nanos(MILLION) == 2_000_000_000
    kept = price_of(desk.ingestd, older)
    assert kept is not None
    assert kept.rates.input == 1_000_000


def test_a_service_tier_with_prices_of_its_own_is_charged_by_them_from_their_start(desk):
    priority = Version("priority", "2026-08-22", (4_000_000,) * 4)
    desk.sell(("openai", "gpt-x", [Version("", "", (1_000_000,) * 4), priority]))
    assert desk.nanos(MILLION, service_tier="priority") == 4_000_000_000
    assert desk.nanos(MILLION, service_tier="priority", response_service_tier="default") == 1_000_000_000
    assert desk.nanos(MILLION, service_tier="flex") == 1_000_000_000
    assert desk.nanos(MILLION, service_tier="priority", timestamp="2026-08-21T23:59:59Z") == 1_000_000_000


def test_a_manual_base_price_also_covers_the_tiers_that_the_catalogue_has(desk):
    desk.sell(("openai", "gpt-x", [Version("priority", "", (4_000_000,) * 4)]))
    desk.enter(version(dollars=(3, 3, 3, 3)))
    assert desk.nanos(MILLION, service_tier="priority") == 3_000_000_000
    desk.enter(version(dollars=(6, 6, 6, 6), service_tier="priority"))
    assert desk.nanos(MILLION, service_tier="priority") == 6_000_000_000


def test_a_price_for_a_part_of_the_day_counts_in_it_and_not_at_its_end(desk):
    peak = Version("", "", (2_000_000,) * 4, (), (3_600, 14_400, 0b0011111))
    desk.sell(("openai", "gpt-x", [Version("", "", (1_000_000,) * 4), peak]))
    costs = [
        desk.nanos(MILLION, timestamp=f"2026-08-21T{clock}Z")
        for clock in ("00:59:59", "01:00:00", "03:59:59.999999", "04:00:00")
    ]
    assert costs == [1_000_000_000, 2_000_000_000, 2_000_000_000, 1_000_000_000]


@pytest.mark.parametrize(("day", "peak"), [(21, True), (22, False), (23, False), (24, True)])
def test_hours_hold_on_the_days_they_name(desk, day, peak):
    """21 August 2026 is a Friday."""
    working = Version("", "", (2_000_000,) * 4, (), (3_600, 14_400, 0b0011111))
    desk.sell(("openai", "gpt-x", [Version("", "", (1_000_000,) * 4), working]))
    assert desk.nanos(MILLION, timestamp=f"2026-08-{day}T02:00:00Z") == (2_000_000_000 if peak else 1_000_000_000)


def test_a_price_for_one_provider_counts_for_it_alone(desk):
    desk.enter(version(dollars=(1, 1, 1, 1)))
    desk.enter(version(dollars=(7, 7, 7, 7), provider="openai-compatible-acme"))
    assert desk.nanos(MILLION, provider="openai-compatible-acme") == 7_000_000_000
    assert desk.nanos(MILLION) == 1_000_000_000


def test_an_edited_price_also_covers_decorated_names(desk):
    desk.enter(version("Claude-Opus-4-6", (1, 1, 1, 1)))
    asked = event(model="team-a/claude-opus-4-6(high)", provider="claude")
    assert desk.matched_by(desk.book.price(asked, MILLION)) == MatchedBy.UNDECORATED


def test_a_rule_is_in_force_from_its_start_until_it_is_retired(desk):
    desk.enter(version(dollars=(1, 1, 1, 1)))
    id_ = desk.rule(rule(RuleKey.MODEL, "gpt-x", 2, effective_from=NOON))
    assert desk.nanos(MILLION) == 2_000_000_000
    assert desk.nanos(MILLION, timestamp="2026-08-22T11:59:59Z") == 1_000_000_000
    assert retire_rule(desk.queryd, id_, NOON + DAY)
    assert not retire_rule(desk.queryd, id_, NOON + DAY)
    desk.book.refresh()
    assert desk.nanos(MILLION) == 1_000_000_000


def test_a_rule_of_another_model_does_not_apply(desk):
    desk.enter(version(dollars=(1, 1, 1, 1)))
    desk.rule(rule(RuleKey.MODEL, "gpt-x", 2, model="claude-x"))
    assert desk.nanos(MILLION) == 1_000_000_000


def test_the_book_notices_a_change_only_when_there_is_one(desk):
    assert not desk.book.refresh()
    add_version(desk.queryd, version(), NOON)
    assert desk.book.refresh()
    assert not desk.book.refresh()


def test_what_is_kept_in_memory_has_a_bound(desk, monkeypatch):
    monkeypatch.setattr("ingestd.pricebook.book.NAMES_MAX", 10)
    for number in range(25):
        desk.book.price(event(alias=f"alias-{number}"), MILLION)
    assert len(desk.book._versions) <= 10
    assert NAMES_MAX <= 10_000


def test_a_stored_charge_explains_the_cost_again(desk):
    desk.enter(version(multiplier=1_200_000))
    number = desk.rule(rule(RuleKey.SERVICE_TIER, "priority", 2))
    priced = desk.book.price(event(service_tier="priority", model="upstream", alias="team/gpt-x"), P1)
    assert desk.matched_by(priced) == MatchedBy.UNDECORATED_ALIAS
    retire_rule(desk.queryd, number, NOON)
    desk.enter(version(dollars=(9, 9, 9, 9)))
    assert arithmetic(P1, desk.charge(priced)).cost_nanos == priced.cost_nanos == 42_600_000


def test_events_that_are_charged_the_same_way_share_one_charge(desk):
    desk.enter(version())
    first, second = (desk.book.price(event(api_key=f"key-{n}"), Tokens(n + 1)) for n in range(2))
    assert first.charge_id == second.charge_id
    assert desk.ingestd.execute("select count(*) from charge").fetchone() == (1,)


def test_a_charge_whose_transaction_was_rolled_back_is_made_again(desk):
    desk.enter(version())
    desk.ingestd.execute("begin immediate")
    desk.book.price(event(), P1)
    desk.ingestd.execute("rollback")
    desk.book.forget()
    assert desk.charge(desk.book.price(event(), P1)).price is not None


def test_an_id_that_no_version_has_explains_nothing(desk):
    assert price_of(desk.ingestd, 5) is price_of(desk.ingestd, EDITED_PRICE_IDS_FROM) is None
    assert charge_of(desk.ingestd, 5) is None


def test_the_alias_alone_never_finds_a_price_of_the_catalogue(desk):
    desk.sell(("openai", "gpt-x", [Version("", "", (1_000_000,) * 4)]))
    assert desk.book.price(event(model="my-local-llama", alias="gpt-x"), MILLION) is UNPRICED
    desk.enter(version("gpt-x", (2, 2, 2, 2)))
    assert desk.nanos(MILLION, model="my-local-llama", alias="gpt-x") == 2_000_000_000


def test_a_price_for_one_provider_that_begins_later_leaves_the_general_one_in_force_until_then(desk):
    desk.enter(version(dollars=(1, 1, 1, 1)))
    desk.enter(version(dollars=(7, 7, 7, 7), provider="acme", effective_from=NOON + DAY))
    costs = [desk.nanos(MILLION, provider="acme", timestamp=f"2026-08-{day}T12:00:00Z") for day in (22, 23)]
    assert costs == [1_000_000_000, 7_000_000_000]


def test_a_price_for_one_spelling_that_begins_later_leaves_that_for_another_in_force_until_then(desk):
    desk.enter(version("gpt-x", (1, 1, 1, 1)))
    desk.enter(version("team/gpt-x", (7, 7, 7, 7), effective_from=NOON + DAY))
    costs = [desk.nanos(MILLION, model="team/gpt-x", timestamp=f"2026-08-{day}T12:00:00Z") for day in (22, 23)]
    assert costs == [1_000_000_000, 7_000_000_000]


def test_a_manual_price_that_ends_gives_way_to_the_next_source(desk):
    desk.sell(("openai", "gpt-x", [Version("", "", (1_000_000,) * 4)]))
    desk.enter(version(dollars=(5, 5, 5, 5)))
    desk.enter(version(effective_from=NOON + DAY, ends=True))
    costs = [desk.nanos(MILLION, timestamp=f"2026-08-{day}T12:00:00Z") for day in (22, 23)]
    assert costs == [5_000_000_000, 1_000_000_000]


def test_a_rule_holds_until_its_end_and_in_its_hours(desk):
    desk.enter(version(dollars=(1, 1, 1, 1)))
    desk.rule(rule(RuleKey.MODEL, "gpt-x", 2, effective_until=NOON + DAY, hours=Hours(0, 46_800, 0b1100000)))
    costs = [
        desk.nanos(MILLION, timestamp=f"2026-08-{moment}Z")
        for moment in ("22T12:59:59", "22T13:00:00", "21T12:00:00", "23T11:59:59", "23T12:00:00")
    ]
    assert costs == [2_000_000_000, 1_000_000_000, 1_000_000_000, 2_000_000_000, 1_000_000_000]


WRITES = Tokens(10_000, 0, 10_000, 0)


def test_how_long_cache_writes_are_taken_to_be_kept_is_a_setting(desk):
    desk.enter(version("claude-x", source=Source.MANUAL, rates=Rates(4, 1, 5_000_000, 20, 8_000_000)))
    login = {"model": "claude-x", "provider": "claude", "executor_type": "ClaudeExecutor", "auth_type": "oauth"}
    key = login | {"auth_type": "apikey"}
    assert (desk.nanos(WRITES, **login), desk.nanos(WRITES, **key)) == (80_000_000, 50_000_000)
    assert desk.charge(desk.book.price(event(**login), WRITES)).marks == Mark.CACHE_WRITES_1H
    assert desk.charge(desk.book.price(event(**key), WRITES)).marks == Mark.CACHE_WRITES_5M
    set_setting(desk.queryd, "claude_login_writes_1h", 0, NOON, "somebody")
    set_setting(desk.queryd, "key_writes_1h", 1, NOON, "somebody")
    desk.book.refresh()
    assert (desk.nanos(WRITES, **login), desk.nanos(WRITES, **key)) == (50_000_000, 80_000_000)
    with pytest.raises(InvalidPrice):
        set_setting(desk.queryd, "colour", 1, NOON, "somebody")


def test_tokens_known_only_as_a_total_have_no_cost_and_say_so(desk):
    desk.enter(version())
    priced = desk.book.price(event(), Tokens(unclassified=5_000))
    assert priced.cost_nanos is None
    assert desk.charge(priced).marks == Mark.TOKENS_UNKNOWN


def test_tokens_known_in_part_cost_at_least_what_is_known(desk):
    desk.enter(version())
    priced = desk.book.price(event(), Tokens(1_000, unclassified=500))
    assert priced.cost_nanos == 2_500_000
    assert desk.charge(priced).marks == Mark.LOWER_BOUND


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        ({"source": Source.BUNDLED}, "source"),
        ({"model": "  "}, "model"),
        ({"model": "m" * 201}, "model"),
        ({"rates": Rates(-1, 0, 0, 0)}, "input"),
        ({"rates": Rates(0, 0, 0, PRICE_MAX + 1)}, "output"),
        ({"multiplier": -1}, "multiplier"),
        ({"effective_from": -1}, "effective_from"),
        ({"context_tiers": (ContextTier(5, FLAT), ContextTier(5, FLAT))}, "context_tiers"),
        ({"context_tiers": (ContextTier(-1, FLAT),)}, "context_tiers"),
        ({"context_tiers": (ContextTier(5, Rates(0, -1, 0, 0)),)}, "context_tiers[0].cache_read"),
        ({"context_tiers": tuple(ContextTier(n, FLAT) for n in range(9))}, "context_tiers"),
    ],
)
def test_a_version_that_makes_no_sense_is_refused_by_the_field_that_makes_none(desk, wrong, field):
    with pytest.raises(InvalidPrice) as refused:
        add_version(desk.queryd, version(**wrong), NOON)
    assert refused.value.field == field


@pytest.mark.parametrize(
    ("wrong", "field"),
    [
        (rule(RuleKey.MODEL, " ", 1), "value"),
        (rule(RuleKey.MODEL, "m", -1), "multiplier"),
        (rule(RuleKey.MODEL, "m", 1_001), "multiplier"),
        (rule(RuleKey.MODEL, "m", 2, model="m" * 201), "model"),
        (rule(RuleKey.MODEL, "m", 2, effective_from=5, effective_until=5), "effective_until"),
        (rule(RuleKey.MODEL, "m", 2, hours=Hours(5, 5)), "hours"),
        (rule(RuleKey.MODEL, "m", 2, hours=Hours(0, 86_401)), "hours"),
        (rule(RuleKey.MODEL, "m", 2, hours=Hours(weekdays=0)), "weekdays"),
    ],
)
def test_a_rule_that_makes_no_sense_is_refused(desk, wrong, field):
    with pytest.raises(InvalidPrice) as refused:
        add_rule(desk.queryd, wrong, NOON)
    assert refused.value.field == field


def test_a_second_rule_for_the_same_value_is_refused_until_the_first_is_retired(desk):
    id_ = desk.rule(rule(RuleKey.MODEL, "m", 2))
    with pytest.raises(InvalidPrice):
        add_rule(desk.queryd, rule(RuleKey.MODEL, "m", 3), NOON)
    retire_rule(desk.queryd, id_, NOON)
    add_rule(desk.queryd, rule(RuleKey.MODEL, "m", 3), NOON)


def test_each_daemon_may_only_write_its_own_prices(desk):
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        add_version(desk.ingestd, version(), NOON)
    with pytest.raises(sqlite3.DatabaseError, match="not authorized"):
        install(desk.queryd, [Seller("openai", "OpenAI", "", "")], "x", NOON)
