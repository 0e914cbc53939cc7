"""How a stored cost came about: the charge it refers to, applied again to the tokens, line by line."""

import sqlite3
from zoneinfo import ZoneInfo

from queryd.params.calendar import rfc3339
from queryd.shapes import Caveat, EventPrice, PriceLine, PriceRule, PriceSeller
from shared.model_names import MatchedBy
from shared.normalization import Tokens
from shared.price_versions import charge_of
from shared.prices import MARK_TEXTS, ONE, Charge, Mark, arithmetic
from shared.schema.prices import EDITED_PRICE_IDS_FROM

NANOS_PER_PRICE_UNIT = 1_000
"""A price is kept in micro-dollars per million tokens."""


def explain(connection: sqlite3.Connection, charge_id: int, tokens: Tokens, zone: ZoneInfo) -> EventPrice | None:
    """The arithmetic of an event's cost, or None where it was charged by no price."""
    found = charge_of(connection, charge_id)
    if found is None or found[0].price is None:
        return None
    charge, matched_by = found
    return by_charge(connection, charge, matched_by, tokens, zone)


def by_charge(
    connection: sqlite3.Connection, charge: Charge, matched_by: str, tokens: Tokens, zone: ZoneInfo
) -> EventPrice:
    """The same for any charge that names a price."""
    price = charge.price
    if price is None:
        raise ValueError("a charge without a price has no arithmetic")
    sum_up = arithmetic(tokens, charge)
    return EventPrice(
        id=str(price.id),
        source=price.source.value,
        provider=price.provider,
        model=price.model,
        matched_by=MatchedBy(matched_by).value if matched_by else None,
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
        multiplier=price.multiplier / ONE,
        rules=[
            PriceRule(label=f"{factor.key.value} is {factor.value}", multiplier=factor.multiplier / ONE)
            for factor in charge.factors
        ],
        cost_nanos=sum_up.cost_nanos,
        cache_saved_nanos=sum_up.cached_as_input_nanos - sum_up.cached_nanos,
        seller=seller(connection, price.id),
    )


def caveats(marks: int) -> list[Caveat]:
    """What must be said beside a cost with these marks."""
    return [Caveat(code=code(mark), message=MARK_TEXTS[mark]) for mark in Mark if marks & mark]


def codes(marks: int) -> list[str]:
    """Marks as the API names them."""
    return [code(mark) for mark in Mark if marks & mark] if marks else []


def code(mark: Mark) -> str:
    """`upper_bound`."""
    return str(mark.name).lower()


def seller(connection: sqlite3.Connection, price_id: int) -> PriceSeller | None:
    """Whose price a version of the catalogue is, and where it is from; None for a price that a person entered."""
    if price_id >= EDITED_PRICE_IDS_FROM:
        return None
    row = connection.execute(
        "select s.name, s.currency, m.maker, m.page, m.read_on from catalogue_price p"
        " join catalogue_model m on m.id = p.model_id join seller s on s.id = m.seller where p.id = ?",
        (price_id,),
    ).fetchone()
    if row is None:
        return None
    name, currency, maker, page, read_on = row
    return PriceSeller(name=name, currency=currency, maker=bool(maker), page=page or None, read_on=read_on or None)
