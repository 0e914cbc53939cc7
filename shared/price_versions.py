"""Price versions in the file: reading them for pricing and for explanations, and adding edited ones."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec

from shared.database import transaction
from shared.model_names import Match, bundled_match, edited_match, parse_clause
from shared.prices import (
    MULTIPLIER_MAX,
    ONE,
    PRICE_MAX,
    ContextTier,
    Price,
    Rates,
    Rule,
    RuleKey,
    Source,
)
from shared.schema.prices import EDITED_PRICE_IDS_FROM

CONTEXT_TIERS_MAX = 8
NAME_CHARACTERS_MAX = 200

_decode_tiers = msgspec.json.Decoder(tuple[ContextTier, ...]).decode

_BUNDLED = (
    "select p.id, 'bundled', m.provider, m.model, p.service_tier, p.effective_from, p.input_price, p.cache_read_price,"
    " p.cache_write_price, p.output_price, p.context_tiers, 1000000, p.daily_from, p.daily_until"
    " from bundled_price p join bundled_model m on m.id = p.model_id"
)
_EDITED = (
    "select id, source, provider, model, service_tier, effective_from, input_price, cache_read_price,"
    " cache_write_price, output_price, context_tiers, multiplier, null, null from price"
)
_RULES = "select id, model, key, value, multiplier, effective_from from price_rule where retired_at is null"


class InvalidPrice(ValueError):
    """A price or rule that cannot be entered; `field` names what is wrong with it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field


def price_of(connection: sqlite3.Connection, price_id: int) -> Price | None:
    """The version that an event refers to, retired or not."""
    select = f"{_EDITED} where id = ?" if price_id >= EDITED_PRICE_IDS_FROM else f"{_BUNDLED} where p.id = ?"
    row = connection.execute(select, (price_id,)).fetchone()
    return None if row is None else _price(row)


def bundled_versions(connection: sqlite3.Connection, model_id: int) -> list[Price]:
    """The live versions of a bundled model, oldest first."""
    rows = connection.execute(
        f"{_BUNDLED} where p.model_id = ? and p.retired_at is null order by p.effective_from, p.id", (model_id,)
    )
    return [_price(row) for row in rows]


def edited_versions(connection: sqlite3.Connection, source: Source, model: str, provider: str) -> list[Price]:
    """The live versions of a model that a person entered or applied, for that provider or for any; oldest first."""
    rows = connection.execute(
        f"{_EDITED} where source = ? and lower(model) = ? and provider in ('', ?) and retired_at is null"
        " order by effective_from, id",
        (source, model.lower(), provider),
    )
    return [_price(row) for row in rows]


def rules_of(connection: sqlite3.Connection, model: str) -> tuple[Rule, ...]:
    """The live rules that belong to a priced model or to all."""
    rows = connection.execute(f"{_RULES} and lower(model) in ('', ?) order by id", (model.lower(),))
    return tuple(_rule(row) for row in rows)


def rules_at(connection: sqlite3.Connection, model: str, occurred_at: int) -> tuple[Rule, ...]:
    """The rules that could apply to an event of that time: effective by then, and not retired yet."""
    rows = connection.execute(
        "select id, model, key, value, multiplier, effective_from from price_rule where lower(model) in ('', ?)"
        " and effective_from <= ? and (retired_at is null or retired_at > ?) order by id",
        (model.lower(), occurred_at, occurred_at),
    )
    return tuple(_rule(row) for row in rows)


def how_matched(connection: sqlite3.Connection, price_id: int, model: str, alias: str) -> Match | None:
    """How an event of those names found the version it refers to, or None when the names no longer lead to it."""
    if price_id >= EDITED_PRICE_IDS_FROM:
        row = connection.execute("select model from price where id = ?", (price_id,)).fetchone()
        return None if row is None else edited_match(row[0], model, alias)
    row = connection.execute(
        "select m.model, m.match from bundled_price p join bundled_model m on m.id = p.model_id where p.id = ?",
        (price_id,),
    ).fetchone()
    return None if row is None else bundled_match(row[0], parse_clause(row[1]), model, alias)


def add_version(connection: sqlite3.Connection, price: Price, now: int, origin: str = "") -> int:
    """Record an edited version and give its id; `price.id` is not looked at. Raises `InvalidPrice`.

    An older version of the same model and moment stays in the file; the newer one counts.
    """
    _check(price)
    with transaction(connection):
        last = connection.execute("select max(id) from price").fetchone()[0]
        id_ = EDITED_PRICE_IDS_FROM if last is None else last + 1
        connection.execute(
            "insert into price (id, source, provider, model, service_tier, effective_from, input_price,"
            " cache_read_price, cache_write_price, output_price, context_tiers, multiplier, origin, recorded_at)"
            " values (?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?, ?)",
            (
                id_,
                price.source,
                price.provider,
                price.model,
                price.service_tier,
                price.effective_from,
                *msgspec.structs.astuple(price.rates),
                msgspec.json.encode(price.context_tiers).decode(),
                price.multiplier,
                origin,
                now,
            ),
        )
    return int(id_)


def retire_version(connection: sqlite3.Connection, price_id: int, now: int) -> bool:
    """Take an edited version out of force for events stored from now on; False when there is none in force."""
    with transaction(connection):
        done = connection.execute(
            "update price set retired_at = ? where id = ? and retired_at is null", (now, price_id)
        ).rowcount
    return done == 1


def add_rule(connection: sqlite3.Connection, rule: Rule, now: int) -> int:
    """Record a rule and give its id; `rule.id` is not looked at. Raises `InvalidPrice`."""
    if not rule.value.strip():
        raise InvalidPrice("value", "is required")
    _within("multiplier", rule.multiplier, MULTIPLIER_MAX)
    _within("effective_from", rule.effective_from, 2**63 - 1)
    with transaction(connection):
        if connection.execute(
            f"{_RULES} and lower(model) = ? and key = ? and value = ?", (rule.model.lower(), rule.key, rule.value)
        ).fetchone():
            raise InvalidPrice("value", "has a rule already")
        created = connection.execute(
            "insert into price_rule (model, key, value, multiplier, effective_from, recorded_at)"
            " values (?, ?, ?, ?, ?, ?)",
            (rule.model, rule.key, rule.value, rule.multiplier, rule.effective_from, now),
        ).lastrowid
    if created is None:
        raise sqlite3.IntegrityError("the rule has no id")
    return created


def retire_rule(connection: sqlite3.Connection, rule_id: int, now: int) -> bool:
    """Take a rule out of force for events stored from now on; False when there is none in force."""
    with transaction(connection):
        done = connection.execute(
            "update price_rule set retired_at = ? where id = ? and retired_at is null", (now, rule_id)
        ).rowcount
    return done == 1


def _rule(row: Sequence[Any]) -> Rule:
    id_, model, key, value, multiplier, effective_from = row
    return Rule(id_, model, RuleKey(key), value, multiplier, effective_from)


def _price(row: Sequence[object]) -> Price:
    id_, source, provider, model, tier, since, into, read, write, out, tiers, multiplier, daily_from, until = row
    daily = (daily_from, until) if isinstance(daily_from, int) and isinstance(until, int) else None
    return msgspec.convert(
        {
            "id": id_,
            "source": source,
            "provider": provider,
            "model": model,
            "service_tier": tier,
            "effective_from": since,
            "rates": {"input": into, "cache_read": read, "cache_write": write, "output": out},
            "context_tiers": _decode_tiers(str(tiers)),
            "multiplier": multiplier,
            "daily": daily,
        },
        Price,
        from_attributes=True,
    )


def _check(price: Price) -> None:
    if price.source is Source.BUNDLED:
        raise InvalidPrice("source", "must be manual or synced")
    if not price.model.strip():
        raise InvalidPrice("model", "is required")
    for name, text in (("model", price.model), ("provider", price.provider), ("service_tier", price.service_tier)):
        if len(text) > NAME_CHARACTERS_MAX:
            raise InvalidPrice(name, f"must have at most {NAME_CHARACTERS_MAX} characters")
    _check_rates("", price.rates)
    _within("multiplier", price.multiplier, MULTIPLIER_MAX)
    _within("effective_from", price.effective_from, 2**63 - 1)
    if len(price.context_tiers) > CONTEXT_TIERS_MAX:
        raise InvalidPrice("context_tiers", f"must be at most {CONTEXT_TIERS_MAX}")
    thresholds = [tier.above for tier in price.context_tiers]
    if thresholds != sorted(set(thresholds)) or any(above < 0 for above in thresholds):
        raise InvalidPrice("context_tiers", "must have rising thresholds")
    for tier in price.context_tiers:
        _check_rates("context_tiers.", tier.rates)


def _check_rates(prefix: str, rates: Rates) -> None:
    for name, value in msgspec.structs.asdict(rates).items():
        _within(f"{prefix}{name}", value, PRICE_MAX)


def _within(field: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise InvalidPrice(field, f"must be between 0 and {most / ONE:g}" if most < 2**62 else "must not be negative")
