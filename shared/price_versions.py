"""Price versions in the file: reading them for pricing and for explanations, and adding edited ones."""

import sqlite3
from collections.abc import Sequence
from typing import Any

import msgspec
from msgspec.structs import replace

from shared.prices import (
    EVERY_DAY,
    MULTIPLIER_MAX,
    ONE,
    PRICE_MAX,
    Charge,
    ContextTier,
    Factor,
    Hours,
    Mark,
    Price,
    Rates,
    Rule,
    RuleKey,
    Source,
)
from shared.schema.prices import EDITED_PRICE_IDS_FROM

CONTEXT_TIERS_MAX = 8
NAME_CHARACTERS_MAX = 200

_DAY_SECONDS = 86_400

_decode_tiers = msgspec.json.Decoder(tuple[ContextTier, ...]).decode
_decode_hours = msgspec.json.Decoder(Hours).decode
_decode_sizes = msgspec.json.Decoder(tuple[int, ...]).decode
_decode_factors = msgspec.json.Decoder(tuple[Factor, ...]).decode

_RATES = "input_price, cache_read_price, cache_write_price, output_price, cache_write_1h_price, image_price"
_CATALOGUE = (
    f"select p.id, 'bundled', m.seller, m.model, service_tier, effective_from, {_RATES}, context_tiers,"
    " 1000000, hours, image_sizes, 0 from catalogue_price p join catalogue_model m on m.id = p.model_id"
)
_EDITED = (
    f"select id, source, provider, model, service_tier, effective_from, {_RATES}, context_tiers, multiplier, '',"
    " '[]', ends from price"
)
_RULES = (
    "select id, model, key, value, multiplier, effective_from, effective_until, hours from price_rule"
    " where retired_at is null"
)


class Settings(msgspec.Struct, frozen=True):
    """Choices about prices: whether cache writes of Claude are taken to be kept for an hour (else five minutes)."""

    claude_login_writes_1h: bool = True
    key_writes_1h: bool = False


class InvalidPrice(ValueError):
    """A price or rule that cannot be entered; `field` names what is wrong with it."""

    def __init__(self, field: str, problem: str) -> None:
        super().__init__(f"{field} {problem}")
        self.field = field
        self.problem = problem


def price_state(connection: sqlite3.Connection) -> tuple[object, ...]:
    """What changes whenever prices, rules or settings do; cheap enough for every batch."""
    row = connection.execute(
        "select (select max(id) from price), (select count(retired_at) from price),"
        " (select max(id) from price_rule), (select count(retired_at) from price_rule),"
        " (select total(value * 7 + edited_at) from price_setting),"
        " (select text from meta where key = 'catalogue')"
    ).fetchone()
    return tuple(row)


def settings(connection: sqlite3.Connection) -> Settings:
    """The choices in the file, the usual ones where there are none."""
    chosen = {
        name: bool(value)
        for name, value in connection.execute("select name, value from price_setting")
        if name in Settings.__struct_fields__
    }
    return Settings(**chosen)


def set_setting(connection: sqlite3.Connection, name: str, value: int, now: int, who: str) -> None:
    """Choose. Raises `InvalidPrice` for a name that is none."""
    if name not in Settings.__struct_fields__:
        raise InvalidPrice(name, "is no setting of prices")
    connection.execute(
        "insert into price_setting (name, value, edited_at, edited_by) values (?, ?, ?, ?) on conflict (name)"
        " do update set value = excluded.value, edited_at = excluded.edited_at, edited_by = excluded.edited_by",
        (name, int(bool(value)), now, who),
    )


def price_of(connection: sqlite3.Connection, price_id: int) -> Price | None:
    """The version of that id, retired or not."""
    select = f"{_EDITED} where id = ?" if price_id >= EDITED_PRICE_IDS_FROM else f"{_CATALOGUE} where p.id = ?"
    row = connection.execute(select, (price_id,)).fetchone()
    return None if row is None else _price(row)


def charge_of(connection: sqlite3.Connection, charge_id: int) -> tuple[Charge, str] | None:
    """How events of that charge are charged, and how they found their price (empty: not recorded)."""
    row = connection.execute(
        "select price_id, matched_by, factors, marks from charge where id = ?", (charge_id,)
    ).fetchone()
    if row is None:
        return None
    price_id, matched_by, factors, said = row
    price = None if price_id is None else price_of(connection, price_id)
    return Charge(price, _decode_factors(factors), Mark(said)), matched_by


def charges(connection: sqlite3.Connection) -> dict[int, Charge]:
    """Every way in which events are charged, by id."""
    prices: dict[int, Price | None] = {}
    found = {}
    for id_, price_id, factors, said in connection.execute("select id, price_id, factors, marks from charge"):
        if price_id is not None and price_id not in prices:
            prices[price_id] = price_of(connection, price_id)
        found[id_] = Charge(prices.get(price_id), _decode_factors(factors), Mark(said))
    return found


def catalogue_versions(connection: sqlite3.Connection, seller: str, model: str) -> list[Price]:
    """The live versions of a catalogue's model, oldest first."""
    rows = connection.execute(
        f"{_CATALOGUE} where m.seller = ? and m.model = ? and p.retired_at is null order by p.effective_from, p.id",
        (seller, model),
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


def all_rules(connection: sqlite3.Connection) -> list[Rule]:
    """Every rule there ever was, in the order of entry."""
    rows = connection.execute(_RULES.removesuffix(" where retired_at is null") + " order by id")
    return [_rule(row) for row in rows]


def changed_since_repricing(connection: sqlite3.Connection) -> int | None:
    """When prices last changed, if stored requests have not been priced anew since: UTC epoch microseconds."""
    changed, repriced = connection.execute(
        "select max("
        " coalesce((select number from meta where key = 'catalogue_changed_at'), 0),"
        " coalesce((select max(recorded_at) from price), 0),"
        " coalesce((select max(max(recorded_at, coalesce(retired_at, 0))) from price_rule), 0),"
        " coalesce((select max(edited_at) from price_setting), 0)),"
        " coalesce((select max(r.started_at) from command_run r join command c on c.id = r.command_id"
        " where c.kind = 'reprice' and r.state = 'done'), 0)"
    ).fetchone()
    return int(changed) if changed > repriced else None


def add_version(
    connection: sqlite3.Connection,
    price: Price,
    now: int,
    *,
    origin: str = "",
    who: str = "",
    undoes: int | None = None,
) -> int:
    """Record an edited version and give its id; `price.id` is not looked at. Raises `InvalidPrice`.

    An older version of the same model and moment stays in the file; the newer one counts. Call inside a transaction.
    """
    check_price(price)
    price = spelled(price)
    id_ = newest_edited(connection) + 1
    own = price.rates
    connection.execute(
        f"insert into price (id, source, provider, model, service_tier, effective_from, {_RATES}, context_tiers,"
        f" multiplier, ends, origin, recorded_at, recorded_by, undoes) values ({', '.join('?' * 19)})",
        (
            id_,
            price.source,
            price.provider,
            price.model,
            price.service_tier,
            price.effective_from,
            own.input,
            own.cache_read,
            own.cache_write,
            own.output,
            own.cache_write_1h,
            own.image,
            msgspec.json.encode(price.context_tiers).decode(),
            price.multiplier,
            int(price.ends),
            origin,
            now,
            who,
            undoes,
        ),
    )
    return int(id_)


def spelled(price: Price) -> Price:
    """A price with its names as the file keeps them."""
    return replace(
        price,
        provider=price.provider.strip(),
        model=price.model.strip(),
        service_tier=price.service_tier.strip().lower(),
    )


def newest_edited(connection: sqlite3.Connection) -> int:
    """The id of the edited version that was entered last; without any, the one before the first."""
    last = connection.execute("select max(id) from price").fetchone()[0]
    return EDITED_PRICE_IDS_FROM - 1 if last is None else int(last)


def retire_version(connection: sqlite3.Connection, price_id: int, now: int) -> bool:
    """Take an edited version out of force for events stored from now on; False when there is none in force."""
    done = connection.execute(
        "update price set retired_at = ? where id = ? and retired_at is null", (now, price_id)
    ).rowcount
    return done == 1


def add_rule(connection: sqlite3.Connection, rule: Rule, now: int, who: str = "") -> int:
    """Record a rule and give its id; `rule.id` is not looked at. Raises `InvalidPrice`. Call inside a transaction."""
    check_rule(rule)
    if connection.execute(
        f"{_RULES} and lower(model) = ? and key = ? and value = ? and effective_from = ?",
        (rule.model.strip().lower(), rule.key, rule.value, rule.effective_from),
    ).fetchone():
        raise InvalidPrice("value", "has a rule already that begins then")
    created = connection.execute(
        "insert into price_rule (model, key, value, multiplier, effective_from, effective_until, hours, recorded_at,"
        " recorded_by, retired_by) values (?, ?, ?, ?, ?, ?, ?, ?, ?, '')",
        (
            rule.model.strip(),
            rule.key,
            rule.value,
            rule.multiplier,
            rule.effective_from,
            rule.effective_until,
            "" if rule.hours is None else msgspec.json.encode(rule.hours).decode(),
            now,
            who,
        ),
    ).lastrowid
    if created is None:
        raise sqlite3.IntegrityError("the rule has no id")
    return created


def retire_rule(connection: sqlite3.Connection, rule_id: int, now: int, who: str = "") -> bool:
    """Take a rule out of force for events stored from now on; False when there is none in force."""
    done = connection.execute(
        "update price_rule set retired_at = ?, retired_by = ? where id = ? and retired_at is null", (now, who, rule_id)
    ).rowcount
    return done == 1


def check_price(price: Price) -> None:
    """Whether a version can be entered. Raises `InvalidPrice`."""
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
    for place, tier in enumerate(price.context_tiers):
        _check_rates(f"context_tiers[{place}].", tier.rates)


def check_rule(rule: Rule) -> None:
    """Whether a rule can be entered. Raises `InvalidPrice`."""
    if not rule.value.strip():
        raise InvalidPrice("value", "is required")
    for name, text in (("model", rule.model), ("value", rule.value)):
        if len(text) > NAME_CHARACTERS_MAX:
            raise InvalidPrice(name, f"must have at most {NAME_CHARACTERS_MAX} characters")
    _within("multiplier", rule.multiplier, MULTIPLIER_MAX)
    _within("effective_from", rule.effective_from, 2**63 - 1)
    if rule.effective_until is not None and rule.effective_until <= rule.effective_from:
        raise InvalidPrice("effective_until", "must be after effective_from")
    if rule.hours is not None:
        if not 0 <= rule.hours.start < rule.hours.end <= _DAY_SECONDS:
            raise InvalidPrice("hours", "must begin before they end, within a day")
        if not 0 < rule.hours.weekdays <= EVERY_DAY:
            raise InvalidPrice("weekdays", "must name at least one day")


def _rule(row: Sequence[Any]) -> Rule:
    id_, model, key, value, multiplier, effective_from, effective_until, hours = row
    return Rule(
        id_,
        model,
        RuleKey(key),
        value,
        multiplier,
        effective_from,
        effective_until,
        _decode_hours(hours) if hours else None,
    )


def _price(row: Sequence[Any]) -> Price:
    id_, source, provider, model, tier, since, *parts, tiers, multiplier, hours, sizes, ends = row
    return Price(
        id_,
        Source(source),
        provider,
        model,
        tier,
        since,
        Rates(*parts),
        _decode_tiers(tiers),
        multiplier,
        _decode_hours(hours) if hours else None,
        _decode_sizes(sizes),
        bool(ends),
    )


def _check_rates(prefix: str, rates: Rates) -> None:
    for name, value in msgspec.structs.asdict(rates).items():
        if value is not None:
            _within(f"{prefix}{name}", value, PRICE_MAX)


def _within(field: str, value: int, most: int) -> None:
    if not 0 <= value <= most:
        raise InvalidPrice(field, f"must be between 0 and {most / ONE:g}" if most < 2**62 else "must not be negative")
