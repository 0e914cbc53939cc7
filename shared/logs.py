"""One log line per unit of work: pretty on a terminal, JSON otherwise, and the same JSON in `WORK_DIR/logs`.

Times are in the configured zone. Nothing that could hold a secret is ever passed to a logger.
"""

import logging
import logging.handlers
import sys
from datetime import datetime
from pathlib import Path
from zoneinfo import ZoneInfo

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

FILE_BYTES = 20 * 1024 * 1024
"""A log file that grew to this within a day is set aside, so that a storm of errors cannot fill the disk."""


def configure(daemon: str, *, level: str, zone: ZoneInfo, folder: Path | None, keep_days: int) -> None:
    """Set up logging for this process; `folder` is None when no files are wanted, `keep_days` 0 keeps all."""
    number = logging.WARNING if level in ("warn", "warning") else getattr(logging, level.upper())

    def add_time(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        event["at"] = datetime.now(zone).isoformat(timespec="milliseconds")
        return event

    shared_steps: list[Processor] = [
        structlog.contextvars.merge_contextvars,
        structlog.stdlib.add_log_level,
        structlog.stdlib.ExtraAdder(),
        add_time,
    ]
    structlog.configure(
        processors=[
            structlog.stdlib.filter_by_level,
            *shared_steps,
            structlog.stdlib.ProcessorFormatter.wrap_for_formatter,
        ],
        logger_factory=structlog.stdlib.LoggerFactory(),
        wrapper_class=structlog.stdlib.BoundLogger,
        cache_logger_on_first_use=True,
    )

    def formatter(*last: Processor) -> logging.Formatter:
        return structlog.stdlib.ProcessorFormatter(
            foreign_pre_chain=shared_steps,
            processors=[structlog.stdlib.ProcessorFormatter.remove_processors_meta, *last],
        )

    as_json = formatter(structlog.processors.format_exc_info, structlog.processors.JSONRenderer(ensure_ascii=False))
    as_text = formatter(structlog.dev.ConsoleRenderer(timestamp_key="at", colors=sys.stdout.isatty()))
    console = logging.StreamHandler(sys.stdout)
    console.setFormatter(as_text if sys.stdout.isatty() else as_json)
    handlers: list[logging.Handler] = [console]
    if folder is not None:
        folder.mkdir(parents=True, exist_ok=True)
        file = DailyFile(folder, daemon, zone=zone, keep_days=keep_days)
        file.setFormatter(as_json)
        handlers.append(file)
    root = logging.getLogger()
    for old in root.handlers[:]:
        root.removeHandler(old)
        old.close()
    for handler in handlers:
        root.addHandler(handler)
    root.setLevel(number)
    # One line a request is queryd's own; libraries speak up only when something is wrong, and never name a URL.
    for noisy in ("httpx", "httpcore", "waitress", "waitress.queue", "asyncio"):
        logging.getLogger(noisy).setLevel(max(number, logging.WARNING))


class DailyFile(logging.handlers.BaseRotatingHandler):
    """`<daemon>-YYYY-MM-DD.log` in the zone's days; files older than `keep_days` days are removed at a day's start."""

    def __init__(self, folder: Path, daemon: str, *, zone: ZoneInfo, keep_days: int) -> None:
        self._folder, self._daemon, self._zone, self._keep_days = folder, daemon, zone, keep_days
        self._day = self._today()
        super().__init__(str(self._path(self._day)), "a", encoding="utf-8", delay=True)
        self._remove_old()

    def shouldRollover(self, record: logging.LogRecord) -> bool:  # noqa: N802 - logging's own name
        del record
        return self._today() != self._day or (self.stream is not None and self.stream.tell() > FILE_BYTES)

    def doRollover(self) -> None:  # noqa: N802 - logging's own name
        if self.stream is not None:
            self.stream.close()
            self.stream = None  # the base class opens it again on the next record
        today = self._today()
        if today == self._day:
            self._path(today).replace(self._path(today, ".1"))
        self._day = today
        self.baseFilename = str(self._path(today))
        self._remove_old()

    def _today(self) -> str:
        return datetime.now(self._zone).date().isoformat()

    def _path(self, day: str, suffix: str = "") -> Path:
        return self._folder / f"{self._daemon}-{day}.log{suffix}"

    def _remove_old(self) -> None:
        if not self._keep_days:
            return
        kept = sorted({path.name.split(".log")[0] for path in self._folder.glob(f"{self._daemon}-*.log*")})
        for name in kept[: -self._keep_days]:
            for path in self._folder.glob(f"{name}.log*"):
                path.unlink(missing_ok=True)
