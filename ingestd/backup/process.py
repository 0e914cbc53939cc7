"""A backup as a process: neither its work nor its memory is the collector's, whose threads share one lock."""

import subprocess
import sys
import threading

import msgspec

from ingestd.backup import BackupError
from ingestd.backup.make import Made

COMMAND = (sys.executable, "-m", "ingestd", "backup", "--json")
_END_SECONDS = 1.0


class BackupProcess:
    """At most one backup at a time. It reads the same settings as this process: environment and folder are its own."""

    def __init__(self, command: tuple[str, ...] = COMMAND) -> None:
        self._command = command
        self._process: subprocess.Popen[bytes] | None = None
        self._reader: threading.Thread | None = None
        self._lines: list[bytes] = []

    @property
    def running(self) -> bool:
        return self._process is not None

    @property
    def progress(self) -> float:
        """From 0 to 1."""
        told = [line for line in self._lines[-8:] if line.startswith(b'{"progress"')]
        return float(msgspec.json.decode(told[-1])["progress"]) if told else 0.0

    def start(self) -> None:
        """Begin a backup, unless one is under way."""
        if self._process is not None:
            return
        try:
            self._process = subprocess.Popen(  # noqa: S603 - our own program
                self._command, stdin=subprocess.DEVNULL, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
            )
        except OSError as problem:
            raise BackupError(f"the backup could not be started: {problem.strerror}") from problem
        self._lines = []
        self._reader = threading.Thread(target=self._read, args=(self._process, self._lines), daemon=True)
        self._reader.start()

    def poll(self, wait_seconds: float = 0.0) -> Made | None:
        """What was made, or None while it is under way. Raises `BackupError` when it failed."""
        process = self._process
        if process is None:
            raise BackupError("no backup is under way")
        try:
            code = process.wait(wait_seconds)
        except subprocess.TimeoutExpired:
            return None
        self._process = None
        if self._reader is not None:
            self._reader.join(_END_SECONDS)
        last = self._lines[-1] if self._lines else b""
        if code == 0:
            return msgspec.json.decode(last, type=Made)
        raise BackupError(last.decode("utf-8", "replace").strip() or f"the backup ended with {code}")

    def stop(self) -> None:
        """End the one under way; what it left is removed by the next."""
        if self._process is not None:
            self._process.kill()
            self._process.wait()
            self._process = None

    @staticmethod
    def _read(process: "subprocess.Popen[bytes]", lines: list[bytes]) -> None:
        if process.stdout is not None:
            with process.stdout:
                lines.extend(line for line in process.stdout if line.strip())
