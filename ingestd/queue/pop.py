"""Pop: `LPOP usage N` on one lasting connection. The default, and the way with the smallest gap."""

from ingestd.cpa.address import Address
from ingestd.cpa.backoff import Backoff
from ingestd.cpa.errors import CpaError, ErrorKind, Interrupted
from ingestd.queue.delivery import Delivery, drop_control_messages
from ingestd.queue.pop_size import PopSize
from ingestd.queue.resp_connection import RespConnection


class PopConsumer:
    """Pops over RESP. Reconnects by itself, as `backoff` allows."""

    def __init__(self, address: Address, backoff: Backoff) -> None:
        self._link = RespConnection(address)
        self._backoff = backoff
        self._pop_size = PopSize()
        self._closed = False

    @property
    def trouble(self) -> CpaError | None:
        return self._backoff.error

    @property
    def connected(self) -> bool:
        return self._link.is_open

    def receive(self, limit: int) -> Delivery:
        if self._closed:
            return Delivery([], "pop")
        if self._link.is_open:
            self._link.close_if_stale()
        if not self._link.is_open:
            with self._backoff.attempt():
                self._link.open()
        count = self._pop_size.count(limit)
        try:
            items = self._link.pop(count)
        except CpaError as error:
            self._backoff.failed(error)
            raise
        if items.broken is None:
            self._backoff.succeeded()
        else:
            self._backoff.failed(Interrupted(ErrorKind.INTERRUPTED, str(items.broken)))
        self._pop_size.learn(items.payloads)
        payloads, refresh = drop_control_messages(items.payloads)
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
