"""One log line per unit of work: text on a terminal, JSON otherwise, and the same JSON in `WORK_DIR/logs`.

Times are in the configured zone. Secrets go before a line is written, those of the settings and whatever looks like
one; a traceback names lines and never the values of variables: among those may be what a person searched for.
"""

import logging
import logging.handlers
import os
import sys
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path
from typing import Any
from zoneinfo import ZoneInfo

import structlog
from structlog.typing import EventDict, Processor, WrappedLogger

from shared.redaction import redact, redact_json

FILE_BYTES = 20 * 1024 * 1024
"""A log file that grew to this within a day is set aside, so that a storm of errors cannot fill the disk."""

ACCESS_LOG = "access"
"""The logger of one line a request, which writes to a file of its own."""

ACCESS_BYTES = 5 * 1024 * 1024
ACCESS_FILES = 3
"""The access log is so many files of so many bytes at most, whatever comes in: some 75,000 requests."""


def configure(
    daemon: str,
    *,
    level: str,
    zone: ZoneInfo,
    folder: Path | None,
    keep_days: int,
    console_format: str = "auto",
    secrets: Sequence[str] = (),
) -> None:
    """Set up logging for this process; `folder` is None when no files are wanted, `keep_days` 0 keeps all.

    `console_format`: text, json, or auto for text where standard output is a terminal. `secrets` never stand in a
    line, whatever they look like.
    """
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

    without_secrets = redactor(secrets)
    as_json = formatter(
        structlog.processors.format_exc_info, without_secrets, structlog.processors.JSONRenderer(ensure_ascii=False)
    )
    terminal = sys.stdout.isatty()
    as_text = formatter(
        structlog.processors.format_exc_info,
        without_secrets,
        _time_of_day,
        structlog.dev.ConsoleRenderer(
            timestamp_key="at",
            colors=terminal and "NO_COLOR" not in os.environ,
            pad_event_to=0,
            exception_formatter=structlog.dev.plain_traceback,
        ),
    )
    console = logging.StreamHandler(sys.stdout)
    console.setFormatter(as_text if console_format == "text" or (console_format == "auto" and terminal) else as_json)
    handlers: list[logging.Handler] = [console]
    no_file: OSError | None = None
    if folder is not None:
        try:
            folder.mkdir(parents=True, exist_ok=True)
            file = DailyFile(folder, daemon, zone=zone, keep_days=keep_days)
        except OSError as problem:  # a folder that may only be read is no reason to say nothing at all
            no_file = problem
        else:
            file.setFormatter(as_json)
            handlers.append(file)
    _configure_access(daemon, folder if no_file is None else None, as_json)
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
    if no_file is not None:
        structlog.get_logger(daemon).warning(
            "no log file",
            folder=str(folder),
            reason=no_file.strerror,
            remedy="let this user write it, or set LOG_FILE_ENABLED=false",
        )


def redactor(secrets: Sequence[str]) -> Processor:
    """The last look at a line before it is rendered: without `secrets`, and without anything that looks like one."""
    known = tuple(sorted((secret for secret in secrets if secret), key=len, reverse=True))

    def clean(value: Any, name: str) -> Any:
        if isinstance(value, bool | int | float) or value is None:
            return value
        if isinstance(value, dict):
            return {redact(str(key), *known): clean(item, str(key)) for key, item in value.items()}
        if isinstance(value, list | tuple | set | frozenset):
            return [clean(item, name) for item in value]
        text = value if isinstance(value, str) else repr(value)
        return redact_json(redact(text, *known), name)

    def redact_event(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
        return {key: value if key in ("at", "level") else clean(value, key) for key, value in event.items()}

    return redact_event


def _configure_access(daemon: str, folder: Path | None, formatter: logging.Formatter) -> None:
    """`access.log` of the daemon that serves HTTP; nowhere else, so that a page that polls hides nothing."""
    access = logging.getLogger(ACCESS_LOG)
    access.propagate = False
    for old in access.handlers[:]:
        access.removeHandler(old)
        old.close()
    access.setLevel(logging.INFO)
    if folder is None or daemon != "queryd":
        access.addHandler(logging.NullHandler())
        return
    file = logging.handlers.RotatingFileHandler(
        folder / "access.log", maxBytes=ACCESS_BYTES, backupCount=ACCESS_FILES - 1, encoding="utf-8", delay=True
    )
    file.setFormatter(formatter)
    access.addHandler(file)


def _time_of_day(_: WrappedLogger, __: str, event: EventDict) -> EventDict:
    """Who watches a terminal knows the day."""
    event["at"] = event["at"][11:19]
    return event


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
        written = {path.name.split(".log")[0] for path in self._folder.glob(f"{self._daemon}-*.log*")}
        kept = sorted(written | {f"{self._daemon}-{self._day}"})  # today's may not have a line yet
        for name in kept[: -self._keep_days]:
            for path in self._folder.glob(f"{name}.log*"):
                path.unlink(missing_ok=True)
