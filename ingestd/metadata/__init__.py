"""Names and states of credentials and client keys, as CPA's management API lists them.

`listed` reads what CPA answers, `store` keeps it; `Metadata` here fetches the lists one by one. A list that fails
touches no other's rows, and one that this CPA does not have (404) touches none.
"""

import sqlite3
import time
from collections.abc import Callable
from functools import partial

import structlog

from ingestd.cpa.errors import CpaError, ErrorKind
from ingestd.cpa.management import PROVIDER_LISTS, ManagementClient, NotOffered
from ingestd.metadata.listed import (
    AUTH_FILES,
    Listed,
    Signals,
    auth_file,
    provider_entries,
    signals,
    with_distinct_labels,
)
from ingestd.metadata.store import MetadataStore

_RETRY_SECONDS = 1.0
"""A list that fails for its own reasons holds the next one up by this at most."""

log = structlog.get_logger()


class Metadata:
    """Fetches and stores. Used by the worker; nothing is raised for what CPA refuses."""

    def __init__(self, management: ManagementClient, store: MetadataStore) -> None:
        self._management = management
        self._store = store
        self._known: dict[str, list[Listed]] = {}
        """The last good answer of each list: labels are told apart across lists."""
        self._signals: list[Signals] = []
        """What the last answer says of quota, until it is kept."""

    def refresh_credentials(self, connection: sqlite3.Connection, now: int) -> str:
        """The auth files: what changes often. Gives what happened, in words."""
        said = self._refresh(connection, now, {AUTH_FILES: self._auth_files})
        self._store.keep_signals(connection, self._signals, now)
        self._signals = []
        return said

    def refresh_keys(self, connection: sqlite3.Connection, now: int) -> str:
        """The clients' keys and the upstream keys of CPA's configuration."""
        fetches: dict[str, Callable[[], list[Listed]]] = {
            name: partial(self._provider_keys, name) for name in PROVIDER_LISTS
        }
        said = self._refresh(connection, now, fetches)
        try:
            keys = self._management.client_keys()
        except CpaError as error:
            return f"{said}; api-keys: {error.kind}"
        self._store.keep_client_keys(connection, keys, now)
        return f"{said}; {len(keys)} client keys"

    def _refresh(self, connection: sqlite3.Connection, now: int, fetches: dict[str, Callable[[], list[Listed]]]) -> str:
        failed: list[str] = []
        for name, fetch in fetches.items():
            try:
                self._known[name] = fetch()
            except NotOffered:
                continue
            except CpaError as error:
                failed.append(f"{name}: {error.kind}")
                if error.kind is not ErrorKind.PROTOCOL:
                    if error.retry_after > _RETRY_SECONDS:
                        break  # CPA is not to be asked for now
                    time.sleep(error.retry_after)
        fresh = [name for name in fetches if name in self._known]
        labelled = with_distinct_labels(self._known)
        for name in fresh:
            self._store.keep_credentials(connection, name, labelled[name], now)
        credentials = sum(len(labelled[name]) for name in fresh)
        return "; ".join([f"{credentials} credentials", *failed])

    def _auth_files(self) -> list[Listed]:
        entries = self._management.auth_files()
        self._signals = [observed for entry in entries if (observed := signals(entry)) is not None]
        return [found for entry in entries if (found := auth_file(entry)) is not None]

    def _provider_keys(self, name: str) -> list[Listed]:
        return provider_entries(name, self._management.provider_keys(name))
