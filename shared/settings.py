"""Every setting, once: name, default, meaning and how its text is read.

The real environment beats the `.env` file; `NAME_FILE` reads NAME from a file (for secrets); all mistakes are
reported together before anything starts. `.env.example` is this table, printed (`python -m shared.settings`).
"""

import ipaddress
import os
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

from shared import durations

QueueMode = Literal["auto", "pop", "subscribe", "http"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

CPA_PORT = 8317  # CPA's own default, for a base URL or queue address without a port


class SettingsError(Exception):
    """One or more settings cannot be used; the text lists them all, a line each, without any secret's value."""


@dataclass(frozen=True, slots=True)
class Setting:
    name: str
    default: str | None  # None: required
    read: Callable[[str], Any]
    meaning: str
    secret: bool = False


def _text(text: str) -> str:
    return text


def _flag(text: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    try:
        return known[text.lower()]
    except KeyError:
        raise ValueError("true or false") from None


def _optional_flag(text: str) -> bool | None:
    return _flag(text) if text else None


def _whole(low: int, high: int) -> Callable[[str], int]:
    def read(text: str) -> int:
        number = int(text) if text.isascii() and text.isdigit() else -1
        if not low <= number <= high:
            raise ValueError(f"a whole number from {low} to {high}")
        return number

    return read


def _duration(low: str, high: str) -> Callable[[str], int]:
    def read(text: str) -> int:
        microseconds = durations.parse(text)
        if not durations.parse(low) <= microseconds <= durations.parse(high):
            raise ValueError(f"a duration from {low} to {high}")
        return microseconds

    return read


def _one_of(*choices: str) -> Callable[[str], str]:
    def read(text: str) -> str:
        if text.lower() not in choices:
            raise ValueError("one of " + ", ".join(choices))
        return text.lower()

    return read


def _url(text: str) -> str:
    parts: SplitResult = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an http:// or https:// address")
    _ = parts.port  # raises for a port that is no number
    return text.rstrip("/")


def _optional_url(text: str) -> str:
    return _url(text) if text else ""


def _base_path(text: str) -> str:
    path = text.rstrip("/")
    if path and (not path.startswith("/") or any(mark in path for mark in ('"', "<", ">", "?", "#", " ", "//"))):
        raise ValueError("empty, or a path that starts with /")
    return path


def _networks(text: str) -> tuple[Network, ...]:
    networks = tuple(ipaddress.ip_network(part.strip(), strict=False) for part in text.split(",") if part.strip())
    if any(network.prefixlen == 0 for network in networks):
        raise ValueError("networks that are not the whole internet, which would let anyone forge an address")
    return networks


def _zone(text: str) -> ZoneInfo:
    if text not in available_timezones():
        raise ValueError("an IANA zone such as Asia/Shanghai, Europe/Berlin or UTC")
    return ZoneInfo(text)


def _queue_address(text: str) -> str:
    if not text:
        return ""
    parts = urlsplit(text if "://" in text else f"redis://{text}")
    if parts.scheme not in ("redis", "rediss") or not parts.hostname or parts.path.strip("/"):
        raise ValueError("host:port, or rediss://host:port")
    _ = parts.port
    return text


SETTINGS: tuple[Setting, ...] = (
    Setting("CPA_BASE_URL", None, _url, "Where CLIProxyAPI answers, such as http://127.0.0.1:8317"),
    Setting("CPA_MANAGEMENT_KEY", None, _text, "The plain text of CPA's remote-management.secret-key, or its MANAGEMENT_PASSWORD", secret=True),
    Setting("APP_PORT", "8080", _whole(0, 65535), "Port of the dashboard and its API"),
    Setting("APP_BASE_PATH", "", _base_path, "Path under which a reverse proxy serves the dashboard, such as /usage"),
    Setting("CPA_PUBLIC_URL", "", _optional_url, "Address of CPA for the browser's way back; empty: the dashboard's own origin"),
    Setting("APP_HOST", "", _text, "Address to listen on; empty: all interfaces"),
    Setting("TRUSTED_PROXY_CIDRS", "127.0.0.0/8,::1/128", _networks, "Proxies whose forwarded headers count"),
    Setting("AUTH_ENABLED", "", _optional_flag, "Ask for a password; empty: only when LOGIN_PASSWORD is set"),
    Setting("LOGIN_PASSWORD", "", _text, "The dashboard's password", secret=True),
    Setting("AUTH_SESSION_TTL", "168h", _duration("1m", "87600h"), "How long a login lasts"),
    Setting("TZ", "Asia/Shanghai", _zone, "Zone of statistics, display, log times and the daily clean-up"),
    Setting("REQUEST_TIMEOUT", "30s", _duration("100ms", "10m"), "How long CPA may take to answer, HTTP and queue"),
    Setting("TLS_SKIP_VERIFY", "false", _flag, "Accept any certificate of CPA"),
    Setting("QUOTA_AUTO_REFRESH_ENABLED", "false", _flag, "Refresh quota while a page is being looked at"),
    Setting("QUOTA_AUTO_REFRESH_INTERVAL", "5m", _duration("60s", "720h"), "How often, at least 60s"),
    Setting("QUOTA_REFRESH_WORKER_LIMIT", "10", _whole(1, 100), "How many credentials at once"),
    Setting("REDIS_QUEUE_ADDR", "", _queue_address, "CPA's queue, host:port; empty: the host of CPA_BASE_URL and its port, else 8317"),
    Setting("REDIS_QUEUE_TLS", "false", _flag, "Speak TLS to the queue (implied by an https base URL)"),
    Setting("REDIS_QUEUE_BATCH_SIZE", "10000", _whole(1, 100_000), "Most events taken in one go"),
    Setting("REDIS_QUEUE_IDLE_INTERVAL", "1s", _duration("10ms", "30s"), "Longest pause between looks at an idle queue"),
    Setting("REDIS_QUEUE_MODE", "auto", _one_of("auto", "pop", "subscribe", "http"), "How events leave CPA: auto, pop, subscribe or http"),
    Setting("WORK_DIR", "./data", _text, "Folder of app.db, logs/ and backups/; a relative path counts from the .env file"),
    Setting("LOG_LEVEL", "info", _one_of("debug", "info", "warning", "warn", "error"), "debug, info, warning or error"),
    Setting("LOG_FILE_ENABLED", "true", _flag, "Write logs/ beside standard output"),
    Setting("LOG_RETENTION_DAYS", "7", _whole(0, 3650), "Days of log files to keep; 0 keeps all"),
    Setting("BACKUP_ENABLED", "true", _flag, "Write backups/"),
    Setting("BACKUP_INTERVAL", "24h", _duration("1m", "8760h"), "How often"),
    Setting("BACKUP_RETENTION_DAYS", "7", _whole(0, 3650), "Days of backups to keep; 0 keeps all"),
    Setting("EVENT_RETENTION_DAYS", "0", _whole(0, 36500), "Days of single requests to keep; 0 keeps all. Figures stay either way"),
    Setting("TLS_ENABLED", "false", _flag, "Serve the dashboard over https itself"),
    Setting("TLS_CERT_FILE", "", _text, "Certificate, relative to the .env file"),
    Setting("TLS_KEY_FILE", "", _text, "Its private key, relative to the .env file"),
)  # fmt: skip


@dataclass(frozen=True, slots=True, kw_only=True)
class Settings:
    """What `SETTINGS` read. Durations in microseconds; secrets are left out of `repr`."""

    cpa_base_url: str
    cpa_management_key: str = field(repr=False)
    app_port: int
    app_base_path: str
    cpa_public_url: str
    app_host: str
    trusted_proxy_cidrs: tuple[Network, ...]
    auth_enabled: bool | None
    login_password: str = field(repr=False)
    auth_session_ttl: int
    tz: ZoneInfo
    request_timeout: int
    tls_skip_verify: bool
    quota_auto_refresh_enabled: bool
    quota_auto_refresh_interval: int
    quota_refresh_worker_limit: int
    redis_queue_addr: str
    redis_queue_tls: bool
    redis_queue_batch_size: int
    redis_queue_idle_interval: int
    redis_queue_mode: QueueMode
    work_dir: str
    log_level: str
    log_file_enabled: bool
    log_retention_days: int
    backup_enabled: bool
    backup_interval: int
    backup_retention_days: int
    event_retention_days: int
    tls_enabled: bool
    tls_cert_file: str
    tls_key_file: str
    folder: Path
    """Folder of the `.env` file (or the current one): where relative paths start."""

    @property
    def work_folder(self) -> Path:
        return self.folder / self.work_dir

    @property
    def database(self) -> Path:
        return self.work_folder / "app.db"

    @property
    def auth_required(self) -> bool:
        """A password that is set counts as a wish for one, unless AUTH_ENABLED says no."""
        return bool(self.login_password) if self.auth_enabled is None else self.auth_enabled

    @property
    def queue_host(self) -> str:
        return self._queue().hostname or "127.0.0.1"

    @property
    def queue_port(self) -> int:
        return self._queue().port or CPA_PORT

    @property
    def queue_tls(self) -> bool:
        return self.redis_queue_tls or self._queue().scheme in ("https", "rediss")

    def _queue(self) -> SplitResult:
        address = self.redis_queue_addr or self.cpa_base_url
        return urlsplit(address if "://" in address else f"redis://{address}")


def load(environment: Mapping[str, str] | None = None, env_file: Path | None = None) -> Settings:
    """Settings from the environment, then from `env_file` (default: `.env` in the current folder, if it exists).

    Raises `SettingsError` with every mistake at once.
    """
    environ = os.environ if environment is None else environment
    path = env_file or Path(environ.get("ENV_FILE", ".env"))
    written = {name: text for name, text in dotenv_values(path, interpolate=False).items() if text is not None}
    if (env_file or "ENV_FILE" in environ) and not path.exists():
        raise SettingsError(f"ENV_FILE: {path} does not exist")
    folder = path.absolute().parent
    values: dict[str, Any] = {}
    mistakes: list[str] = []
    for setting in SETTINGS:
        text: str | None = None
        try:
            text = _look_up(setting.name, environ, written, folder) or setting.default
            if text is None:
                mistakes.append(f"{setting.name} is required: {setting.meaning}")
                continue
            values[setting.name.lower()] = setting.read(text if setting.secret else text.strip())
        except ValueError as problem:
            shown = f" (got {text!r})" if text and not setting.secret else ""
            mistakes.append(f"{setting.name} must be {problem}{shown}")
    if not mistakes:
        if values["auth_enabled"] and not values["login_password"]:
            mistakes.append("LOGIN_PASSWORD is required when AUTH_ENABLED is true")
        if values["tls_enabled"] and not (values["tls_cert_file"] and values["tls_key_file"]):
            mistakes.append("TLS_CERT_FILE and TLS_KEY_FILE are required when TLS_ENABLED is true")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Settings(folder=folder, **values)


def _look_up(name: str, environ: Mapping[str, str], written: Mapping[str, str], folder: Path) -> str | None:
    for source in (environ, written):
        if source.get(name, "") != "":
            return source[name]
        if source.get(f"{name}_FILE", "") != "" and f"{name}_FILE" not in _NAMES:
            try:
                return (folder / source[f"{name}_FILE"]).read_text("utf-8").rstrip("\r\n")
            except OSError as problem:
                raise ValueError(f"readable from {name}_FILE: {problem.strerror}") from None
    return None


_NAMES = {setting.name for setting in SETTINGS}


def example() -> str:
    """The text of `.env.example`."""
    lines = [
        "# Copy to .env and fill in the first two. Everything else has the default shown.",
        "# The real environment beats this file; NAME_FILE=/path reads NAME from a file.",
    ]
    for setting in SETTINGS:
        lines.append(f"\n# {setting.meaning}")
        lines.append(f"{setting.name}=" if setting.default is None else f"# {setting.name}={setting.default}")
    return "\n".join(lines) + "\n"


assert {setting.name.lower() for setting in SETTINGS} == {item.name for item in fields(Settings)} - {"folder"}  # noqa: S101 - the table and the record are one thing; a slip must not start


if __name__ == "__main__":
    print(example(), end="")  # noqa: T201 - this is the command's whole output
