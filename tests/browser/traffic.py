"""Requests that happen while a test looks on."""

import time
from dataclasses import replace
from datetime import UTC
from itertools import count

from tests.browser.world import World
from tests.cpa.traffic.attempt import Attempt, payload

_numbers = count(1)


def another(world: World, *, failed: bool = False) -> bytes:
    """A request like the company's last one that succeeded, or failed, ended at this moment."""
    number = next(_numbers)
    template = next(one for one in reversed(world.attempts) if plain(one) and (one.failure is not None) == failed)
    started = time.time_ns() - template.latency_ms * 1_000_000
    return payload(replace(template, started=started, request_id=f"{number:08x}"), world.now.tzinfo or UTC)


def plain(attempt: Attempt) -> bool:
    """A request of the usual kind: it generates, and its tokens are known unless it failed."""
    return attempt.generate and (attempt.failure is not None or bool(attempt.usage.tokens))
