"""Price versions and rules as the API shows them."""

import sqlite3
from collections.abc import Iterable
from decimal import Decimal
from typing import NamedTuple
from zoneinfo import ZoneInfo

from queryd.params.calendar import rfc3339
from queryd.request_log.pricing import seller
from queryd.shapes.prices import PriceContextTier, PriceHours, PriceRates, PriceRuleVersion, PriceSettings, PriceVersion
from shared.price_versions import Settings, price_of
from shared.prices import ONE, Hours, Price, Rates, Rule

_EDITED = "select id, origin, recorded_at, recorded_by, retired_at, undoes from price order by id desc"
_WHO = "select id, recorded_at, recorded_by, retired_at, retired_by from price_rule order by id desc"


class Recorded(NamedTuple):
    """What a version's row says of who entered it and when; nothing for those of the catalogue."""

    origin: str = ""
    recorded_at: int | None = None
    recorded_by: str = ""
    retired_at: int | None = None
    undoes: int | None = None


_CATALOGUE = Recorded()


def version(
    connection: sqlite3.Connection, price: Price, zone: ZoneInfo, recorded: Recorded = _CATALOGUE
) -> PriceVersion:
    """A version of a price."""
    return PriceVersion(
        id=str(price.id),
        source=price.source.value,
        provider=price.provider,
        model=price.model,
        service_tier=price.service_tier,
        effective_from=_moment(price.effective_from, zone),
        rates=rates(price.rates),
        context_tiers=[PriceContextTier(above=tier.above, rates=rates(tier.rates)) for tier in price.context_tiers],
        multiplier=price.multiplier / ONE,
        hours=None if price.hours is None else hours(price.hours),
        ends=price.ends,
        origin=recorded.origin,
        recorded_at=None if recorded.recorded_at is None else rfc3339(recorded.recorded_at, zone),
        recorded_by=recorded.recorded_by,
        retired_at=None if recorded.retired_at is None else rfc3339(recorded.retired_at, zone),
        undoes=None if recorded.undoes is None else str(recorded.undoes),
        seller=seller(connection, price.id),
    )


def edited(connection: sqlite3.Connection, zone: ZoneInfo) -> Iterable[PriceVersion]:
    """Every version that a person entered or applied, newest first."""
    for id_, *recorded in connection.execute(_EDITED).fetchall():
        price = price_of(connection, id_)
        if price is not None:
            yield version(connection, price, zone, Recorded(*recorded))


def rules(connection: sqlite3.Connection, found: Iterable[Rule], zone: ZoneInfo) -> Iterable[PriceRuleVersion]:
    """Every rule, newest first."""
    by_id = {rule.id: rule for rule in found}
    for id_, recorded_at, recorded_by, retired_at, retired_by in connection.execute(_WHO).fetchall():
        rule = by_id[id_]
        yield PriceRuleVersion(
            id=str(id_),
            model=rule.model,
            key=rule.key.value,
            value=rule.value,
            multiplier=rule.multiplier / ONE,
            effective_from=_moment(rule.effective_from, zone),
            effective_until=None if rule.effective_until is None else rfc3339(rule.effective_until, zone),
            hours=None if rule.hours is None else hours(rule.hours),
            recorded_at=rfc3339(recorded_at, zone),
            recorded_by=recorded_by,
            retired_at=None if retired_at is None else rfc3339(retired_at, zone),
            retired_by=retired_by,
        )


def settings(chosen: Settings) -> PriceSettings:
    """The choices about prices."""
    return PriceSettings(claude_login_writes_1h=chosen.claude_login_writes_1h, key_writes_1h=chosen.key_writes_1h)


def rates(found: Rates) -> PriceRates:
    """In dollars per million tokens."""
    return PriceRates(
        input=_dollars(found.input),
        cache_read=_dollars(found.cache_read),
        cache_write=_dollars(found.cache_write),
        output=_dollars(found.output),
        cache_write_1h=None if found.cache_write_1h is None else _dollars(found.cache_write_1h),
        image=None if found.image is None else _dollars(found.image),
    )


def hours(found: Hours) -> PriceHours:
    """Weekdays from 1 (Monday) to 7."""
    return PriceHours(
        start=found.start, end=found.end, weekdays=[day + 1 for day in range(7) if found.weekdays >> day & 1]
    )


def _dollars(micros: int) -> float:
    return float(Decimal(micros) / ONE)


def _moment(at: int, zone: ZoneInfo) -> str | None:
    return rfc3339(at, zone) if at else None
