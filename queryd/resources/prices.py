"""What a person enters about prices: versions, rules, settings. Nothing is overwritten; taking back adds a version.

ingestd notices an edit with the next batch, and prices new requests by it; stored costs stay as they are until they
are priced anew on request.
"""

import sqlite3
from collections.abc import Callable, Mapping, Sequence
from datetime import datetime
from decimal import Decimal
from functools import partial
from typing import Any, TypeVar

import falcon
import msgspec
from msgspec.structs import replace

from queryd.endpoints import Call
from queryd.errors import InvalidParameter, NotFound
from queryd.params import parameters
from queryd.request_log import price_shapes
from queryd.resources import commands
from queryd.resources.answer import send
from queryd.shapes.prices import (
    PriceEdit,
    PriceHours,
    PriceRates,
    PriceRuleEdit,
    PriceRuleVersion,
    PriceSettingsEdit,
    PriceSync,
    PriceUndo,
    PriceVersions,
)
from shared import price_versions
from shared.commands import PreviewPrice
from shared.price_versions import InvalidPrice
from shared.prices import ONE, ContextTier, Hours, Price, Rates, Rule, RuleKey, Source

_T = TypeVar("_T")
_NO_RATES = Rates(0, 0, 0, 0)


def enter(call: Call) -> None:
    """Enter a version. 400 names the field that is wrong."""
    parameters.read(call.req.query_string, ())
    price = _price(call.body)
    now = call.context.clock()
    with call.writer.edit(now) as database:
        id_ = _checked(lambda: price_versions.add_version(database.opened, price, now, who=call.editor))
    call.resp.status = falcon.HTTP_201
    _send_version(call, id_)


def preview(call: Call) -> None:
    """Ask ingestd what entering a version would change. Nothing is entered; 400 names the field that is wrong."""
    parameters.read(call.req.query_string, ())
    price = _price(call.body)
    _checked(lambda: price_versions.check_price(price))
    with call.context.connections.lease() as lease:
        newest = price_versions.newest_edited(lease.connection)
    commands.file(call, PreviewPrice(price=replace(price_versions.spelled(price), id=newest + 1)))


def undo(call: Call) -> None:
    """Take a version back: from its beginning on, what was in force without it is again, as a new version."""
    parameters.read(call.req.query_string, ())
    now = call.context.clock()
    with call.writer.edit(now) as database:
        id_ = _undo(database.opened, _id(call.path["id"]), now, call.editor)
        if id_ is None:
            raise NotFound("there is no such version of a person's")
    call.resp.status = falcon.HTTP_201
    _send_version(call, id_)


def undo_all(call: Call) -> None:
    """Take several versions back, all of them or none, such as those that one sync applied."""
    parameters.read(call.req.query_string, ())
    edit: PriceUndo = call.body
    now = call.context.clock()
    with call.writer.edit(now) as database:
        ids = []
        for id_ in sorted({_number(version) for version in edit.versions}, reverse=True):  # newest first
            undoing = _undo(database.opened, id_, now, call.editor)
            if undoing is None:
                raise InvalidParameter("versions", "one of them is no version of a person's")
            ids.append(undoing)
    call.resp.status = falcon.HTTP_201
    _send_versions(call, ids)


def _undo(connection: sqlite3.Connection, price_id: int, now: int, who: str) -> int | None:
    """The version that takes another back; None: there is no such version of a person's."""
    price = price_versions.price_of(connection, price_id)
    if price is None or price.source is Source.BUNDLED:
        return None
    return price_versions.add_version(connection, _before(connection, price), now, who=who, undoes=price.id)


def sync(call: Call) -> None:
    """Apply chosen changes that a sync has found: from now on, or from always where there was no price at all."""
    parameters.read(call.req.query_string, ())
    edit: PriceSync = call.body
    now = call.context.clock()
    with call.writer.edit(now) as database:
        row = database.row(
            "select r.result from command c join command_run r on r.command_id = c.id"
            " where c.id = ? and c.kind = 'sync_models_dev' and r.state = 'done'",
            int(edit.command) if edit.command.isascii() and edit.command.isdigit() and len(edit.command) < 19 else 0,
        )
        if row is None:
            raise InvalidParameter("command", "there is no such sync, or it is not done")
        found = {change["model"]: change for change in msgspec.json.decode(row[0])["changed"]}
        if unknown := [model for model in edit.models if model not in found]:
            raise InvalidParameter("models", f"that sync has no change for {unknown[0]}")
        ids = [
            _checked(
                partial(
                    price_versions.add_version,
                    database.opened,
                    _synced(found[model], now),
                    now,
                    origin=f"models.dev: {found[model]['source_provider_id']}/{found[model]['matched_model']}",
                    who=call.editor,
                )
            )
            for model in dict.fromkeys(edit.models)
        ]
    call.resp.status = falcon.HTTP_201
    _send_versions(call, ids)


def _synced(change: Mapping[str, Any], now: int) -> Price:
    new = change["new"]
    return Price(
        0,
        Source.SYNCED,
        "",
        change["model"],
        "",
        0 if change["old"] is None else now,
        msgspec.convert(new["rates"], Rates),
        msgspec.convert(new["context_tiers"], tuple[ContextTier, ...]),
    )


def enter_rule(call: Call) -> None:
    """Enter a rule. 400 names the field that is wrong."""
    parameters.read(call.req.query_string, ())
    rule = _rule(call.body)
    now = call.context.clock()
    with call.writer.edit(now) as database:
        id_ = _checked(lambda: price_versions.add_rule(database.opened, rule, now, call.editor))
    call.resp.status = falcon.HTTP_201
    _send_rule(call, id_)


def retire_rule(call: Call) -> None:
    """Take a rule out of force for requests to come; it goes on explaining those it was applied to."""
    parameters.read(call.req.query_string, ())
    id_ = _id(call.path["id"])
    now = call.context.clock()
    with call.writer.edit(now) as database:
        if not price_versions.retire_rule(database.opened, id_, now, call.editor):
            raise NotFound("there is no such rule in force")
    _send_rule(call, id_)


def change_settings(call: Call) -> None:
    """Choose what is assumed of cache writes."""
    parameters.read(call.req.query_string, ())
    edit: PriceSettingsEdit = call.body
    now = call.context.clock()
    with call.writer.edit(now) as database:
        for name in edit.__struct_fields__:
            value = getattr(edit, name)
            if value is not None:
                price_versions.set_setting(database.opened, name, int(value), now, call.editor)
        chosen = price_versions.settings(database.opened)
    send(call.resp, price_shapes.settings(chosen))


def _price(edit: PriceEdit) -> Price:
    if edit.rates is None and not edit.ends:
        raise InvalidParameter("rates", "rates are required, unless the price ends")
    return Price(
        0,
        Source.MANUAL,
        edit.provider,
        edit.model,
        edit.service_tier,
        _moment("effective_from", edit.effective_from) or 0,
        _NO_RATES if edit.rates is None else _rates("rates", edit.rates),
        tuple(
            ContextTier(tier.above, _rates(f"context_tiers[{place}].rates", tier.rates))
            for place, tier in enumerate(edit.context_tiers)
        ),
        _millionths("multiplier", edit.multiplier),
        ends=edit.ends,
    )


def _rule(edit: PriceRuleEdit) -> Rule:
    return Rule(
        0,
        edit.model,
        RuleKey(edit.key),
        edit.value,
        _millionths("multiplier", edit.multiplier),
        _moment("effective_from", edit.effective_from) or 0,
        _moment("effective_until", edit.effective_until),
        None if edit.hours is None else _hours(edit.hours),
    )


def _before(connection: sqlite3.Connection, price: Price) -> Price:
    """What was in force at the beginning of a version, had it not been entered."""
    series = [
        version
        for version in price_versions.edited_versions(connection, price.source, price.model, price.provider)
        if version.provider == price.provider
        and version.service_tier == price.service_tier
        and version.id < price.id
        and version.effective_from <= price.effective_from
    ]
    if not series:
        return replace(price, ends=True)
    latest = max(series, key=lambda version: (version.effective_from, version.id))
    return replace(latest, effective_from=price.effective_from)


def _rates(field: str, rates: PriceRates) -> Rates:
    values: Sequence[float | None] = (
        rates.input,
        rates.cache_read,
        rates.cache_write,
        rates.output,
        rates.cache_write_1h,
        rates.image,
    )
    names = ("input", "cache_read", "cache_write", "output", "cache_write_1h", "image")
    micros = [
        None if value is None else _millionths(f"{field}.{name}", value)
        for name, value in zip(names, values, strict=True)
    ]
    into, read, write, out, hour, image = micros
    return Rates(into or 0, read or 0, write or 0, out or 0, hour, image)


def _hours(hours: PriceHours) -> Hours:
    return Hours(hours.start, hours.end, sum(1 << day - 1 for day in set(hours.weekdays)))


def _millionths(field: str, value: float) -> int:
    """A number of at most six decimals as the file keeps it. Raises `InvalidParameter`."""
    exact = Decimal(repr(value)) * ONE
    if not exact.is_finite():
        raise InvalidParameter(field, f"{field} must be a finite number")
    if exact != exact.to_integral_value():
        raise InvalidParameter(field, f"{field} must have at most six decimals")
    return int(exact)


def _moment(field: str, text: str | None) -> int | None:
    """UTC epoch microseconds. Raises `InvalidParameter`."""
    if text is None:
        return None
    try:
        moment = datetime.fromisoformat(text)
    except ValueError:
        raise InvalidParameter(field, f"{field} must be a moment such as 2026-12-01T00:00:00Z") from None
    if moment.tzinfo is None:
        raise InvalidParameter(field, f"{field} must have a zone: 2026-12-01T00:00:00Z")
    return int(moment.timestamp() * 1_000_000)


def _checked(check: Callable[[], _T]) -> _T:
    try:
        return check()
    except InvalidPrice as problem:
        raise InvalidParameter(problem.field, str(problem)) from problem


def _id(text: str) -> int:
    if (number := _number(text)) == 0:
        raise NotFound("there is no such price or rule")
    return number


def _number(text: str) -> int:
    """A row's id; 0, which no row has, where `text` cannot be one."""
    return int(text) if text.isascii() and text.isdigit() and len(text) < 19 else 0


def _send_version(call: Call, id_: int) -> None:
    with call.context.connections.lease() as lease:
        found = next(
            version for version in price_shapes.edited(lease.connection, call.context.zone) if version.id == str(id_)
        )
    send(call.resp, found)


def _send_versions(call: Call, ids: Sequence[int]) -> None:
    wanted = {str(id_) for id_ in ids}
    with call.context.connections.lease() as lease:
        edited = price_shapes.edited(lease.connection, call.context.zone)
        versions = [version for version in edited if version.id in wanted]
    send(call.resp, PriceVersions(versions=versions))


def _send_rule(call: Call, id_: int) -> None:
    with call.context.connections.lease() as lease:
        every = price_shapes.rules(lease.connection, price_versions.all_rules(lease.connection), call.context.zone)
        found: PriceRuleVersion = next(rule for rule in every if rule.id == str(id_))
    send(call.resp, found)
