"""What a consumer delivers, and the protocol every consumer follows."""

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Literal, Protocol

from ingestd.cpa.errors import CpaError

Transport = Literal["pop", "subscribe", "http"]

REFRESH = b'{"refresh":true}'
"""Broadcast to subscribers when CPA reloaded credentials or configuration (contract 1.6)."""
SUPPORT_REFRESH = b'{"support_refresh":true}'
"""The greeting of every subscription since v7.1.39; it announces that the message above exists."""


@dataclass(frozen=True, slots=True)
class Delivery:
    """Payloads that have left CPA and exist nowhere else until they are committed."""

    payloads: list[bytes]
    """Event payloads, byte for byte as CPA encoded them, in CPA's order."""
    transport: Transport
    refresh: bool = False
    """CPA said that its credentials or configuration changed."""
    full: bool = False
    """More is probably waiting: come back at once."""
    lost: int = 0
    """Payloads that CPA announced in this delivery but that a broken reply did not bring."""


class Consumer(Protocol):
    """A way events leave CPA. One thread at a time receives; `close` may be called from any."""

    @property
    def trouble(self) -> CpaError | None:
        """What keeps this consumer from working as it is meant to, or None."""

    @property
    def connected(self) -> bool:
        """Whether CPA answered the last time it was asked."""

    def receive(self, limit: int) -> Delivery:
        """Take what is there now, at most `limit` payloads (at least 1), without waiting for events.

        Blocks no longer than CPA takes to answer, bounded by the request timeout for each way tried. Raises
        `CpaError`; its `retry_after` tells when CPA is asked again, and until then the error is only repeated.
        """

    def close(self) -> None:
        """Stop taking events out of CPA. What was taken already can still be received; then deliveries are empty."""


def drop_control_messages(messages: Sequence[bytes]) -> tuple[list[bytes], bool]:
    """The event payloads among `messages`, and whether one of the others asked for a refresh.

    Control messages and JSON nulls are no events. Everything else is, however broken: refusing it is the decoder's.
    """
    payloads = [m for m in messages if len(m) > len(SUPPORT_REFRESH) or not _is_control(m)]
    return payloads, len(payloads) != len(messages) and REFRESH in messages


def _is_control(message: bytes) -> bool:
    return message in (REFRESH, SUPPORT_REFRESH) or message.strip() in (b"", b"null")
