"""How a stored cost came about: the price version it refers to, applied again to the tokens, line by line."""

import sqlite3
from dataclasses import dataclass
from typing import Literal
from zoneinfo import ZoneInfo

import msgspec

from queryd.calendar import rfc3339
from queryd.shapes import EventPrice, PriceLine, PriceRule
from shared.model_names import Clause, matches, parse_clause, spellings
from shared.normalization import Tokens
from shared.prices import ONE, ContextTier, Price, Rates, Rule, RuleKey, Source, arithmetic, dimensions, matching
from shared.schema.prices import EDITED_PRICE_IDS_FROM

NANOS_PER_PRICE_UNIT = 1_000
"""A price is kept in micro-dollars per million tokens."""

_MatchedBy = Literal["as_sent", "alias", "undecorated", "undecorated_alias"]
"""shared.model_names.MatchedBy, as the answer spells it."""


@dataclass(frozen=True, slots=True)
class Priced:
    """What of a stored event decides its price (shared.prices.Billable), and the version it was priced by.

    `stored_at`: about when its cost was frozen. Rules that came or went later have no part in it.
    """

    price_id: int
    occurred_at: int
    stored_at: int
    provider: str
    model: str
    alias: str
    endpoint: str
    executor_type: str
    reasoning_effort: str
    service_tier: str
    response_service_tier: str
    api_key_id: int
    credential_id: int


def explain(connection: sqlite3.Connection, event: Priced, tokens: Tokens, zone: ZoneInfo) -> EventPrice | None:
    """The arithmetic of an event's cost, or None when its version is gone."""
    version = _version(connection, event.price_id)
    if version is None:
        return None
    price, clause = version
    found = matching(
        _rules(connection, price.model, event.stored_at),
        dimensions(event, event.api_key_id, event.credential_id),
        event.occurred_at,
    )
    sum_up = arithmetic(tokens, price, found)
    return EventPrice(
        id=str(price.id),
        source=price.source.value,
        provider=price.provider,
        model=price.model,
        matched_by=_matched_by(clause, event),
        service_tier=price.service_tier,
        effective_from=rfc3339(price.effective_from, zone) if price.effective_from else None,
        context_tier_above=sum_up.context_tier_above,
        lines=[
            PriceLine(
                bucket=line.bucket,
                tokens=line.tokens,
                nanos_per_million=line.price * NANOS_PER_PRICE_UNIT,
                cost_nanos=line.cost_nanos,
            )
            for line in sum_up.lines
        ],
        multiplier=sum_up.multiplier / ONE,
        rules=[
            PriceRule(label=f"{rule.key.value} is {rule.value}", multiplier=rule.multiplier / ONE)
            for rule in sum_up.rules
        ],
        cost_nanos=sum_up.cost_nanos,
    )


def _version(connection: sqlite3.Connection, price_id: int) -> tuple[Price, Clause] | None:
    if price_id < EDITED_PRICE_IDS_FROM:
        sql = (
            "select 'bundled', m.provider, m.model, p.service_tier, p.effective_from, p.input_price,"
            " p.cache_read_price, p.cache_write_price, p.output_price, p.context_tiers, ?, m.match"
            " from bundled_price p join bundled_model m on m.id = p.model_id where p.id = ?"
        )
        row = connection.execute(sql, (ONE, price_id)).fetchone()
    else:
        sql = (
            "select source, provider, model, service_tier, effective_from, input_price, cache_read_price,"
            " cache_write_price, output_price, context_tiers, multiplier, null from price where id = ?"
        )
        row = connection.execute(sql, (price_id,)).fetchone()
    if row is None:
        return None
    source, provider, model, tier, effective_from, *four, context_tiers, multiplier, match = row
    price = Price(
        id=price_id,
        source=Source(source),
        provider=provider,
        model=model,
        service_tier=tier,
        effective_from=effective_from,
        rates=Rates(*four),
        context_tiers=msgspec.json.decode(context_tiers or "[]", type=tuple[ContextTier, ...]),
        multiplier=multiplier,
    )
    return price, ["equals", model.lower()] if match is None else parse_clause(match)


def _rules(connection: sqlite3.Connection, model: str, stored_at: int) -> list[Rule]:
    """Rules of that price that stood when the event was stored."""
    rows = connection.execute(
        "select id, model, key, value, multiplier, effective_from from price_rule where lower(model) in ('', ?)"
        " and recorded_at <= ? and (retired_at is null or retired_at > ?) order by id",
        (model.lower(), stored_at, stored_at),
    ).fetchall()
    return [Rule(number, of, RuleKey(key), value, factor, start) for number, of, key, value, factor, start in rows]


def _matched_by(clause: Clause, event: Priced) -> _MatchedBy | None:
    if matches(clause, event.model.lower()):
        return "as_sent"
    if matches(clause, event.alias.lower()):
        return "alias"
    if _spelled(clause, event.model):
        return "undecorated"
    return "undecorated_alias" if _spelled(clause, event.alias) else None


def _spelled(clause: Clause, name: str) -> bool:
    return any(matches(clause, spelling.name) for group in spellings(name) for spelling in group)
