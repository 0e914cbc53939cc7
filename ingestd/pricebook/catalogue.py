"""The catalogue's prices in the file: what a new catalogue adds is added when the program starts.

A version that the file knows stays as it is. One that the catalogue no longer has is retired, not removed: it goes on
explaining the costs that were frozen by it.
"""

import hashlib
import sqlite3
from collections.abc import Iterable
from datetime import UTC, datetime

import msgspec

from ingestd.pricebook.catalogue_format import Model, Seller, Version, decode_header, decode_model, decode_seller
from shared.database import transaction
from shared.prices import ContextTier, Hours, Rates
from shared.schema.prices import EDITED_PRICE_IDS_FROM

META_KEY = "catalogue"
CHANGED_KEY = "catalogue_changed_at"
"""When a catalogue last added prices to a file that had requests already."""

_Key = tuple[object, ...]
_COLUMNS = (
    "service_tier, effective_from, hours, input_price, cache_read_price, cache_write_price, output_price,"
    " cache_write_1h_price, image_price, context_tiers, image_sizes"
)


class CatalogueError(Exception):
    """The catalogue cannot be stored; the prices in the file stay as they are."""


def identity(data: bytes) -> str:
    """What the file records of a catalogue: what it was made from, and a digest of it."""
    header = decode_header(data.partition(b"\n")[0])
    return f"{header.package}, tables of {header.tables}, {hashlib.blake2b(data, digest_size=8).hexdigest()}"


def seed(connection: sqlite3.Connection, data: bytes, now: int) -> int:
    """Store a catalogue unless the file has it already; gives how many versions were added. Raises `CatalogueError`."""
    wanted = identity(data)
    row = connection.execute("select text from meta where key = ?", (META_KEY,)).fetchone()
    if row is not None and row[0] == wanted:
        return 0
    return install(connection, lines(data), wanted, now)


def lines(data: bytes) -> Iterable[Seller | Model]:
    """Sellers, each followed by its models."""
    for line in data.splitlines()[1:]:
        yield decode_seller(line) if line.startswith(b"{") else decode_model(line)


def install(connection: sqlite3.Connection, catalogue: Iterable[Seller | Model], name: str, now: int) -> int:
    """Store a catalogue in one transaction; gives how many versions were added. Raises `CatalogueError`."""
    added = 0
    seller: Seller | None = None
    with transaction(connection):
        next_id = (connection.execute("select max(id) from catalogue_price").fetchone()[0] or 0) + 1
        known = _known(connection)
        for line in catalogue:
            if isinstance(line, Seller):
                seller = line
                connection.execute(
                    "insert or replace into seller (id, name, currency) values (?, ?, ?)",
                    (seller.id, seller.name, seller.currency),
                )
                continue
            if seller is None:
                raise CatalogueError(f"no seller stands before the model {line.model}")
            model_id = _put_model(connection, seller, line)
            wanted = {_key(version): version for version in line.versions}
            before = known.pop(model_id, {})
            _retire(connection, [id_ for key, id_ in before.items() if key not in wanted], now)
            fresh = [key for key in wanted if key not in before]
            if next_id + len(fresh) > EDITED_PRICE_IDS_FROM:
                raise CatalogueError(f"no ids are left for {len(fresh)} more versions")
            connection.executemany(
                f"insert into catalogue_price (id, model_id, {_COLUMNS}, catalogue, recorded_at)"
                f" values ({', '.join('?' * 15)})",
                [(id_, model_id, *key, name, now) for id_, key in enumerate(fresh, start=next_id)],
            )
            next_id += len(fresh)
            added += len(fresh)
        connection.execute(
            "insert into meta (key, text) values (?, ?) on conflict (key) do update set text = excluded.text",
            (META_KEY, name),
        )
        if added and connection.execute("select 1 from event limit 1").fetchone():
            # Never priced anew by itself: whoever looks at the prices is offered to.
            connection.execute("insert or replace into meta (key, number) values (?, ?)", (CHANGED_KEY, now))
    return added


def _known(connection: sqlite3.Connection) -> dict[int, dict[_Key, int]]:
    """The live versions of each model, by what they say."""
    known: dict[int, dict[_Key, int]] = {}
    for id_, model_id, *key in connection.execute(
        f"select id, model_id, {_COLUMNS} from catalogue_price where retired_at is null"
    ):
        known.setdefault(model_id, {})[tuple(key)] = id_
    return known


def _put_model(connection: sqlite3.Connection, seller: Seller, line: Model) -> int:
    row = connection.execute(
        "insert into catalogue_model (seller, model, maker, page, read_on) values (?, ?, ?, ?, ?)"
        " on conflict (seller, model) do update set maker = excluded.maker, page = excluded.page,"
        " read_on = excluded.read_on returning id",
        (seller.id, line.model, int(line.maker), line.page or seller.page, line.read or seller.read),
    ).fetchone()
    return int(row[0])


def _retire(connection: sqlite3.Connection, ids: list[int], now: int) -> None:
    connection.executemany("update catalogue_price set retired_at = ? where id = ?", [(now, id_) for id_ in ids])


def _key(version: Version) -> _Key:
    """A version as the file keeps it."""
    own = rates(version.rates)
    tiers = [ContextTier(above, rates(prices)) for above, prices in version.context_tiers]
    return (
        version.service_tier,
        microseconds(version.since),
        "" if version.hours is None else msgspec.json.encode(Hours(*version.hours)).decode(),
        own.input,
        own.cache_read,
        own.cache_write,
        own.output,
        own.cache_write_1h,
        own.image,
        msgspec.json.encode(tiers).decode(),
        msgspec.json.encode(version.image_sizes).decode(),
    )


def rates(prices: tuple[int, ...]) -> Rates:
    """The rates of a catalogue's line."""
    into, read, write, out, hour, image, *_ = (*prices, 0, 0)
    return Rates(into, read, write, out, hour or None, image or None)


def microseconds(day: str) -> int:
    """The beginning of a date in UTC epoch microseconds; 0 for none."""
    return int(datetime.fromisoformat(day).replace(tzinfo=UTC).timestamp()) * 1_000_000 if day else 0
