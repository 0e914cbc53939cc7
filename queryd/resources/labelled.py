"""What people may name, as a list and one by one: `GET /api-keys`, `GET /credentials`, and `PATCH` of one of them."""

import sqlite3
from collections.abc import Callable
from dataclasses import dataclass
from typing import Generic, TypeVar
from zoneinfo import ZoneInfo

from queryd.endpoints import Call
from queryd.params import parameters
from queryd.questions.last_use import Use, last_use
from queryd.resources.answer import send
from queryd.resources.labels import Kind, rename
from queryd.shapes import Answer

Shape = TypeVar("Shape", bound=Answer)


@dataclass(frozen=True, slots=True)
class Labelled(Generic[Shape]):
    """Things of one kind. `rows` selects them, their id first; `shape` makes what is sent of a row."""

    kind: Kind
    rows: str
    id_column: str
    shape: Callable[[sqlite3.Row, Use | None, ZoneInfo], Shape]

    def all(self, call: Call) -> list[Shape]:
        """In the order in which they were first seen."""
        parameters.read(call.req.query_string, ())
        call.resp.set_header("Cache-Control", "no-store")
        return self._shapes(call, f"order by {self.id_column}")

    def rename(self, call: Call) -> None:
        """Give one a name, or take it away; sends what it is now."""
        parameters.read(call.req.query_string, ())
        (shape,) = self._shapes(call, f"where {self.id_column} = ?", rename(call, self.kind))
        send(call.resp, shape)

    def _shapes(self, call: Call, clause: str, *values: int) -> list[Shape]:
        with call.server.admission.admitted(), call.context.snapshot() as snapshot:
            rows = snapshot.connection.execute(f"{self.rows} {clause}", values).fetchall()
            used = last_use(snapshot, self.kind, call.context.zone)
        return [self.shape(row, used.get(row[0]), call.context.zone) for row in rows]
