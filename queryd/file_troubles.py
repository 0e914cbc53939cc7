"""That the file cannot be read is told in the log once, whoever asks meanwhile, and so is that it can be again."""

import threading
from collections.abc import Iterator
from contextlib import contextmanager

import structlog

from queryd.errors import Refusal
from queryd.shapes import ErrorCode

LASTING: frozenset[ErrorCode] = frozenset(
    {"starting", "no_collector", "schema_mismatch", "damaged", "unusable_folder", "disk_failed"}
)
"""What the file, and not one question, is refused for: it lasts, and everybody meets it."""

log = structlog.get_logger("queryd")


class FileTroubles:
    """Remembers what the file is refused for."""

    def __init__(self) -> None:
        self._lock = threading.Lock()
        self._code: str | None = None

    @contextmanager
    def told(self) -> Iterator[None]:
        """Around an attempt to read the file: takes note of a refusal that is LASTING."""
        try:
            yield
        except Refusal as refusal:
            if refusal.code in LASTING:
                self._refused(refusal)
            raise

    def readable(self) -> None:
        """The file can be read."""
        if self._code is None:
            return
        with self._lock:
            ended, self._code = self._code, None
        if ended is not None:
            log.info("trouble.ended", code=ended)

    def _refused(self, refusal: Refusal) -> None:
        with self._lock:
            known, self._code = self._code, refusal.code
        if known != refusal.code:
            log.warning("trouble.began", code=refusal.code, message=refusal.message)
