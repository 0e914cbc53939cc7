"""When CPA may be asked again after it did not give events."""

import threading
import time
from collections.abc import Callable, Iterator
from contextlib import contextmanager, nullcontext
from typing import Final

from ingestd.cpa.errors import CpaError, ErrorKind

MINUTE: Final = 60.0
HOUR: Final = 3600.0

_WAITS: Final[dict[ErrorKind, tuple[float, ...]]] = {
    # CPA forgets a wrong key only after two idle hours, at the next hourly clean-up (contract 1.4): three tries, then
    # gaps that are long enough for that. Five would ban the address, for the whole management API.
    ErrorKind.WRONG_KEY: (10 * MINUTE, 30 * MINUTE, 3.25 * HOUR),
    # To ask during a ban costs no strike (contract 1.4), and a restart of CPA lifts it: CPA keeps events for a minute.
    ErrorKind.BANNED: (15.0, 20.0, 25.0),
    ErrorKind.HOME_MODE: (MINUTE, 5 * MINUTE),
    # No strike comes of it, and whoever turns management on looks at the page right then.
    ErrorKind.MANAGEMENT_DISABLED: (2.0, 5.0, 15.0, 30.0),
    ErrorKind.REMOTE_DISABLED: (MINUTE, 5 * MINUTE),
    ErrorKind.TLS_MISMATCH: (30.0, MINUTE, 5 * MINUTE),
    ErrorKind.CERTIFICATE: (30.0, MINUTE, 5 * MINUTE),
    ErrorKind.PROTOCOL: (2.0, 10.0, 30.0, MINUTE),
    ErrorKind.QUEUE_MISSING: (5 * MINUTE,),
    ErrorKind.SUBSCRIBE_MISSING: (5 * MINUTE,),
    ErrorKind.RESP_DISABLED: (MINUTE, 5 * MINUTE),
}
_ORDINARY: Final = (0.25, 1.0, 2.0, 4.0, 8.0, 15.0, 30.0)
"""Seconds between tries while CPA restarts or the network is away: well within its retention of 60 s."""


class Backoff:
    """Counts failures, and says when the next try is due. Safe to share between threads.

    A wrong key is kept in `key`, which everything that presents the same key to the same CPA shares: a second try
    elsewhere would be a second strike. A ban is not: the queue and the management API may be banned apart, since
    CPA believes the addresses that proxies name. `monotonic` gives seconds.
    """

    def __init__(self, key: "Backoff | None" = None, *, monotonic: Callable[[], float] = time.monotonic) -> None:
        self._key = key
        self._monotonic = monotonic
        self._unproven = threading.Lock()
        self._proven = False
        self._error: CpaError | None = None
        self._failures = 0
        self._due = 0.0

    @property
    def error(self) -> CpaError | None:
        """The last failure since the last success, of the key first."""
        return (self._key.error if self._key else None) or self._error

    @property
    def wait(self) -> float:
        """Seconds until a try is due; 0 when it is."""
        own = max(0.0, self._due - self._monotonic())
        return max(own, self._key.wait) if self._key else own

    def check(self) -> None:
        """Raise the last failure again while it is too early to ask."""
        wait = self.wait
        if wait > 0 and (error := self.error) is not None:
            raise error.due_in(wait)

    @contextmanager
    def attempt(self) -> Iterator[None]:
        """Present the key to CPA in this block and remember how it went; raises instead while no try is due.

        Until CPA has accepted the key, one way at a time: several wrong tries at once would be as many strikes.
        """
        key = self._key or self
        with nullcontext() if key._proven else key._unproven:  # noqa: SLF001  (of the same class)
            self.check()
            try:
                yield
            except CpaError as error:
                self.failed(error)
                raise
            self.succeeded()
            key.proven()

    def failed(self, error: CpaError) -> None:
        """Remember a failure, put off the next try, and note in the error when that is."""
        if self._key is not None and error.kind is ErrorKind.WRONG_KEY:
            self._key.failed(error)
            return
        self._failures += 1
        waits = _WAITS.get(error.kind, _ORDINARY)
        wait = waits[min(self._failures, len(waits)) - 1]
        if error.kind is ErrorKind.WRONG_KEY:
            self._proven = False
        self._due = max(self._due, self._monotonic() + wait)
        self._error = error
        error.retry_after = wait

    def succeeded(self) -> None:
        """CPA served this way: nothing is wrong with it any more. Says nothing of the key."""
        self._error, self._failures, self._due = None, 0, 0.0

    def proven(self) -> None:
        """CPA accepted the key."""
        self._proven = True
        self.succeeded()
