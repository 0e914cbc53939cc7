"""How a stored cost came about: the price version it refers to, applied again to the tokens, line by line."""

import sqlite3
from dataclasses import dataclass
from zoneinfo import ZoneInfo

from queryd.asking.calendar import rfc3339
from queryd.shapes import EventPrice, PriceLine, PriceRule
from shared.normalization import Tokens
from shared.price_versions import how_matched, price_of
from shared.prices import ONE, Rule, RuleKey, arithmetic, dimensions, matching

NANOS_PER_PRICE_UNIT = 1_000
"""A price is kept in micro-dollars per million tokens."""


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
    price = price_of(connection, event.price_id)
    if price is None:
        return None
    matched = how_matched(connection, event.price_id, event.model, event.alias)
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
        matched_by=None if matched is None else matched.matched_by.value,
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


def _rules(connection: sqlite3.Connection, model: str, stored_at: int) -> list[Rule]:
    """Rules of that price that stood when the event was stored."""
    rows = connection.execute(
        "select id, model, key, value, multiplier, effective_from from price_rule where lower(model) in ('', ?)"
        " and recorded_at <= ? and (retired_at is null or retired_at > ?) order by id",
        (model.lower(), stored_at, stored_at),
    ).fetchall()
    return [Rule(number, of, RuleKey(key), value, factor, start) for number, of, key, value, factor, start in rows]
