"""Pop: `LPOP usage N` on one lasting connection. The default, and the way with the smallest gap."""

from ingestd.source.appetite import Appetite
from ingestd.source.delivery import Delivery, sift
from ingestd.source.link import Address, Link
from ingestd.source.patience import Patience
from ingestd.source.trouble import Condition, Interrupted, SourceError


class PopSource:
    """Pops over RESP. Reconnects by itself, as `patience` allows."""

    def __init__(self, address: Address, patience: Patience) -> None:
        self._link = Link(address)
        self._patience = patience
        self._appetite = Appetite()
        self._closed = False

    @property
    def trouble(self) -> SourceError | None:
        return self._patience.error

    @property
    def connected(self) -> bool:
        return self._link.is_open

    def receive(self, limit: int) -> Delivery:
        if self._closed:
            return Delivery([], "pop")
        if self._link.is_open:
            self._link.close_if_stale()
        if not self._link.is_open:
            with self._patience.presenting():
                self._link.open()
        count = self._appetite.count(limit)
        try:
            items = self._link.pop(count)
        except SourceError as error:
            self._patience.failed(error)
            raise
        if items.broken is None:
            self._patience.succeeded()
        else:
            self._patience.failed(Interrupted(Condition.INTERRUPTED, str(items.broken)))
        self._appetite.ate(items.payloads)
        payloads, refresh = sift(items.payloads)
        return Delivery(
            payloads,
            "pop",
            refresh=refresh,
            full=items.broken is None and items.announced >= count,
            lost=items.announced - len(items.payloads),
        )

    def close(self) -> None:
        self._closed = True
        self._link.close()
