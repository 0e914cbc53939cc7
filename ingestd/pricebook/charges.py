"""How events are charged, each way once in the file: `event.charge_id`."""

import sqlite3

import msgspec

from shared.prices import Factor, Mark

CHARGES_MAX = 8_192
"""Most ways kept in memory; there are some hundred unless somebody has many rules."""

Way = tuple[int | None, str, tuple[Factor, ...], Mark]
"""A way of charging: the version's id, how it was matched, factors and marks."""

_decode_factors = msgspec.json.Decoder(tuple[Factor, ...]).decode


class Charges:
    """Ids of charges, for one writing connection. Made inside the transaction that stores an event by them."""

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._ids: dict[Way, int] = {}

    def forget(self) -> None:
        """After a rollback, whose charges are gone."""
        self._ids.clear()

    def id(self, way: Way) -> int:
        """The id of that way, new if need be. Raises what SQLite raises."""
        found = self._ids.get(way)
        if found is None:
            if len(self._ids) >= CHARGES_MAX:
                self._ids.clear()
            found = self._ids[way] = self._stored(*way)
        return found

    def known(self) -> dict[Way, int]:
        """The ids of all ways that are in the file."""
        rows = self._connection.execute("select price_id, matched_by, factors, marks, id from charge")
        return {
            (price_id, matched_by, _decode_factors(factors), Mark(marks)): id_
            for price_id, matched_by, factors, marks, id_ in rows
        }

    def _stored(self, price_id: int | None, matched_by: str, factors: tuple[Factor, ...], marks: Mark) -> int:
        values = (price_id, matched_by, msgspec.json.encode(factors).decode(), int(marks))
        row = self._connection.execute(
            "select id from charge where price_id is ? and matched_by = ? and factors = ? and marks = ?", values
        ).fetchone()
        if row is None:
            row = self._connection.execute(
                "insert into charge (price_id, matched_by, factors, marks) values (?, ?, ?, ?) returning id", values
            ).fetchone()
        return int(row[0])
