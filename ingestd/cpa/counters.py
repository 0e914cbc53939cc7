"""CPA's counters of attempts, credential by credential, since it started (contract 2, 5.2).

Accounts are counted by their auth index. Upstream keys are counted by base URL and the raw key; what is kept of those
is a digest, from which `key_indexes` finds the auth index that events name.
"""

import hashlib
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from typing import Any, Final

BUCKETS: Final = 20
"""CPA keeps so many spans of ten minutes, oldest first; the last is under way."""


@dataclass(frozen=True, slots=True)
class Counter:
    """`success + failed`: only their sum can be compared with events (contract 0)."""

    attempts: int = 0
    recent: tuple[int, ...] = (0,) * BUCKETS

    def plus(self, other: "Counter") -> "Counter":
        """Both together: CPA sums what two entries of one key come to."""
        recent = tuple(one + more for one, more in zip(self.recent, other.recent, strict=True))
        return Counter(self.attempts + other.attempts, recent)


@dataclass(frozen=True, slots=True)
class Counters:
    """One reading. No secret is in it."""

    accounts: Mapping[str, Counter] = field(default_factory=dict)  # by auth index
    keys: Mapping[bytes, Counter] = field(default_factory=dict)  # by digest

    @property
    def total(self) -> int:
        return sum(each.attempts for each in (*self.accounts.values(), *self.keys.values()))

    def by_auth_index(self, indexes: Mapping[bytes, str]) -> dict[str, Counter]:
        """Every counter whose auth index is known; `indexes` are those of keys."""
        found = dict(self.accounts)
        for digest, counter in self.keys.items():
            if index := indexes.get(digest):
                found[index] = found.get(index, Counter()).plus(counter)
        return found


def counters(files: Sequence[Mapping[str, Any]], key_usage: Any) -> Counters:
    """What `/auth-files` and `/api-key-usage` say; what is no counter there is left out."""
    accounts: dict[str, Counter] = {}
    for entry in files:
        index = entry.get("auth_index")
        if isinstance(index, str) and index:
            accounts[index] = accounts.get(index, Counter()).plus(_counter(entry))
    keys: dict[bytes, Counter] = {}
    for provider, entries in key_usage.items() if isinstance(key_usage, dict) else ():
        for key, entry in entries.items() if isinstance(entries, dict) else ():
            if isinstance(entry, dict):
                keys[_digest(str(provider), key)] = _counter(entry)
    return Counters(accounts, keys)


def key_indexes(provider: str, entries: Sequence[Mapping[str, Any]]) -> dict[bytes, str]:
    """Auth indexes by digest, of a list of upstream keys. `provider`: as the list's events name it."""
    return {
        _digest(name, f"{base_url}|{key}"): index
        for name, base_url, key, index in _keyed(provider, entries)
        if isinstance(key, str) and isinstance(index, str) and index
    }


def _keyed(provider: str, entries: Sequence[Mapping[str, Any]]) -> Iterator[tuple[str, str, Any, Any]]:
    for entry in entries:
        base_url = entry.get("base-url")
        base_url = base_url.strip() if isinstance(base_url, str) else ""
        keys = entry.get("api-key-entries")
        if isinstance(keys, list):  # openai-compatibility: counted under its own name
            name = str(entry.get("name") or provider)
            for key in keys:
                if isinstance(key, dict):
                    yield name, base_url, key.get("api-key"), key.get("auth-index")
        else:
            yield provider, base_url, entry.get("api-key"), entry.get("auth-index")


def _digest(provider: str, key: str) -> bytes:
    return hashlib.sha256(f"{provider.strip().lower()}\0{key}".encode("utf-8", "surrogatepass")).digest()


def _counter(entry: Mapping[str, Any]) -> Counter:
    listed = entry.get("recent_requests")
    spans = [_attempts(span) if isinstance(span, dict) else 0 for span in listed] if isinstance(listed, list) else []
    recent = tuple([0] * BUCKETS + spans)[-BUCKETS:]
    return Counter(_attempts(entry), recent)


def _attempts(entry: Mapping[str, Any]) -> int:
    counted = (entry.get(name) for name in ("success", "failed"))
    return sum(value for value in counted if isinstance(value, int) and not isinstance(value, bool) and value > 0)
