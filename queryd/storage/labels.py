"""What the values of dimensions are called on screen, within one snapshot, and which of them a text is found in.

A key is called what somebody named it, else by its mask. An account is called what somebody named it, else what CPA's
metadata call it (distinct among all that CPA lists), else what its events say, else provider and `auth_index`. Where
CPA knows no account, events carry the client's key instead: its mask names nobody's account.
"""

import sqlite3
from collections.abc import Collection
from string import ascii_lowercase, ascii_uppercase

from queryd.dimensions import DIMENSIONS, Named
from queryd.shapes import Entity
from queryd.storage.dictionary import Dictionary

_API_KEYS = """
select k.id, coalesce(given.label, k.mask), null, coalesce(given.label, '') || char(10) || k.mask
from api_key k left join label given on given.kind = 'api_key' and given.subject_id = k.id
"""

_CREDENTIALS = """
with credentials as (
  select c.id, coalesce(nullif(listed.provider, ''), c.provider) as provider, c.auth_index, given.label as given,
         case when c.account in (select mask from api_key) then '' else c.account end as account,
         listed.label, listed.name, listed.email
  from credential c
  left join label given on given.kind = 'credential' and given.subject_id = c.id
  left join credential_metadata listed on listed.credential_id = c.id
)
select id,
       coalesce(given, nullif(label, ''), nullif(account, ''),
                case when auth_index = '' then '' else provider || '/' || auth_index end),
       provider,
       coalesce(given, '') || char(10) || coalesce(label, '') || char(10) || coalesce(name, '') || char(10)
       || coalesce(email, '') || char(10) || account || char(10) || provider || '/' || auth_index
from credentials
"""

_SQL = {"api_key": _API_KEYS, "credential": _CREDENTIALS}

_SMALL = str.maketrans(ascii_uppercase, ascii_lowercase)


def folded(text: str) -> str:
    """A text as searches compare it: the case of ASCII letters does not matter, as in SQLite's LIKE."""
    return text.translate(_SMALL)


ALL_AT_ONCE = 2_000
"""Up to so many keys or accounts are read together; of more, only those that are shown: each takes half a kilobyte."""


class Labels:
    """Names can change, so they are read once for each answer that shows them.

    `only_key`: the one client key that is named; nor are accounts, then. None: all are.
    """

    def __init__(self, connection: sqlite3.Connection, names: Dictionary, only_key: int | None = None) -> None:
        self._connection = connection
        self._names = names
        self._only_key = only_key
        self._read: dict[str, dict[int, Entity | None]] = {}
        self._found: dict[tuple[str, str], Collection[int]] = {}

    def entity(self, dimension: str, code: int) -> Entity:
        """Id and label of a code; the id of anything with a name of its own is the name."""
        if isinstance(DIMENSIONS[dimension].values, Named):
            found = self._named(dimension, code)
            if found is None and self._only_key is not None:
                return Entity(id="", label="")
            return found or Entity(id=str(code), label=str(code))
        text = self._names.text(dimension, code)
        return Entity(id=text, label=text)

    def is_called(self, dimension: str, code: int, wanted: str) -> bool:
        """Whether the name of a code, or whatever else it is known by, holds a folded text without line breaks."""
        if isinstance(DIMENSIONS[dimension].values, Named):
            return code in self.holding(dimension, wanted)
        return wanted in folded(self._names.text(dimension, code))

    def holding(self, dimension: str, wanted: str) -> Collection[int]:
        """The keys or accounts that a folded text without line breaks is found in."""
        if (dimension, wanted) not in self._found:
            self._found[dimension, wanted] = {
                row_id
                for row_id, _, _, texts in self._connection.execute(_SQL[dimension])
                if wanted in folded(texts) and self._may_see(dimension, row_id)
            }
        return self._found[dimension, wanted]

    def _named(self, dimension: str, code: int) -> Entity | None:
        column = DIMENSIONS[dimension].column
        if dimension not in self._read:
            few = self._names.column_size(column) <= ALL_AT_ONCE
            self._read[dimension] = self._entities(dimension, _SQL[dimension]) if few else {}
        known = self._read[dimension]
        if code not in known:
            known[code] = self._entities(dimension, f"select * from ({_SQL[dimension]}) where id = ?", code).get(code)
        return known[code]

    def _entities(self, dimension: str, sql: str, *values: int) -> dict[int, Entity | None]:
        return {
            row_id: Entity(id=str(row_id), label=label)
            if provider is None
            else Entity(id=str(row_id), label=label, provider=provider)
            for row_id, label, provider, _ in self._connection.execute(sql, values)
            if self._may_see(dimension, row_id)
        }

    def _may_see(self, dimension: str, row_id: int) -> bool:
        return self._only_key is None or (dimension, row_id) == ("api_key", self._only_key)
