"""Every setting, once: name, default, meaning and how its text is read.

The real environment beats the `.env` file; `NAME_FILE` reads NAME from a file (for secrets); all mistakes are
reported together before anything starts. `.env.example` is this table, printed (`python -m shared.settings`).
"""

import ipaddress
import os
import re
from collections.abc import Callable, Mapping
from dataclasses import dataclass, field, fields
from pathlib import Path
from typing import Any, Literal, NamedTuple
from urllib.parse import SplitResult, urlsplit
from zoneinfo import ZoneInfo, available_timezones

from dotenv import dotenv_values

from shared import durations
from shared.redaction import without_login

QueueMode = Literal["auto", "pop", "subscribe", "http"]
Network = ipaddress.IPv4Network | ipaddress.IPv6Network

PLACEHOLDERS = frozenset(
    {"replace-with-your-login-password", "your-login-password", "your-password", "changeme", "change-me"}
)
"""Passwords of examples (the first is the incumbent's): whoever copies one has not chosen any."""

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


Source = Literal["environment", "env_file", "secret_file", "default"]
"""Where a value came from: the process's environment, the .env file, the file that NAME_FILE names, the table."""


@dataclass(frozen=True, slots=True)
class Reading:
    """How one setting was read, for whoever looks it up; `shown` is None for a secret, "" for what is not set."""

    name: str
    shown: str | None
    source: Source
    path: str | None = None  # of the .env file or of the secret's


class _Found(NamedTuple):
    text: str
    source: Source
    path: Path | None = None


def _text(text: str) -> str:
    return text


def _flag(text: str) -> bool:
    known = {"true": True, "1": True, "yes": True, "on": True, "false": False, "0": False, "no": False, "off": False}
    known |= {"t": True, "f": False}  # as Go reads them
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


_LEVELS = {"trace": "debug", "fatal": "error", "panic": "error"}
"""Levels that the incumbent's logger has beside ours."""


def _level(text: str) -> str:
    return _one_of("debug", "info", "warning", "warn", "error")(_LEVELS.get(text.lower(), text))


def _url(text: str) -> str:
    parts: SplitResult = urlsplit(text)
    if parts.scheme not in ("http", "https") or not parts.hostname or parts.query or parts.fragment:
        raise ValueError("an http:// or https:// address")
    _ = parts.port  # raises for a port that is no number
    return text.rstrip("/")


_CPA_PATHS = re.compile(
    r"(?:/management\.html|/v0/management|/v1beta|/v1)(?:/(?:chat/completions|messages|responses|models))?/*(?:#.*)?$"
)
"""Paths below CPA's root that people copy from a client's settings, or from the address of its management page."""


def _cpa_url(text: str) -> str:
    """Where CPA's root is: the paths that lead to its parts are taken off, a reverse proxy's stays."""
    return _url(_CPA_PATHS.sub("", text))


def _optional_url(text: str) -> str:
    return _url(text) if text else ""


def _base_path(text: str) -> str:
    path = text.rstrip("/")
    if path and (not path.startswith("/") or any(mark in path for mark in ('"', "<", ">", "?", "#", " ", "//"))):
        raise ValueError("empty, or a path that starts with /")
    return path


def _hosts(text: str) -> tuple[str, ...]:
    names = tuple(part.strip().lower().rstrip(".") for part in text.split(",") if part.strip())
    for name in names:
        bare = name.removeprefix(".")
        if name != "*" and (not bare or any(mark in bare for mark in "/@*[] ") or ":" in bare):
            raise ValueError("host names without scheme and port, separated by commas; .example.com takes in all below")
    return names


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
    Setting("CPA_BASE_URL", None, _cpa_url, "Where CLIProxyAPI answers, such as http://127.0.0.1:8317"),
    Setting("CPA_MANAGEMENT_KEY", None, _text, "The plain text of CPA's remote-management.secret-key, or its MANAGEMENT_PASSWORD", secret=True),
    Setting("APP_PORT", "8080", _whole(0, 65535), "Port of the dashboard and its API"),
    Setting("APP_BASE_PATH", "", _base_path, "Path under which a reverse proxy serves the dashboard, such as /usage"),
    Setting("CPA_PUBLIC_URL", "", _optional_url, "Address of CPA for the browser's way back; empty: the dashboard's own origin"),
    Setting("APP_HOST", "", _text, "Address to listen on; empty: all interfaces"),
    Setting("APP_ALLOWED_HOSTS", "", _hosts, "More host names, by commas, under which browsers may reach the dashboard; IP addresses, localhost, APP_HOST and CPA_PUBLIC_URL's always may"),
    Setting("TRUSTED_PROXY_CIDRS", "127.0.0.0/8,::1/128", _networks, "Proxies whose forwarded headers count"),
    Setting("AUTH_ENABLED", "", _optional_flag, "Ask for a password; empty: only when LOGIN_PASSWORD is set"),
    Setting("LOGIN_PASSWORD", "", _text, "The dashboard's password", secret=True),
    Setting("AUTH_SESSION_TTL", "168h", _duration("1m", "87600h"), "How long a login lasts"),
    Setting("METRICS_TOKEN", "", _text, "A token that opens /metrics to monitoring; empty: open to whoever may use the API", secret=True),
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
    Setting("REDIS_QUEUE_MODE", "auto", _one_of("auto", "pop", "subscribe", "http"), "How events leave CPA: auto, pop, subscribe or http. pop, which auto begins with, loses least; http loses the answer under way when ingestd is killed; beside another subscriber, subscribe has nothing kept while it is away"),
    Setting("WORK_DIR", "./data", _text, "Folder of app.db, logs/ and backups/; a relative path counts from the .env file"),
    Setting("LOG_LEVEL", "info", _level, "debug, info, warning or error"),
    Setting("LOG_FORMAT", "auto", _one_of("auto", "text", "json"), "Standard output: text for people, json for programs; auto: text on a terminal"),
    Setting("LOG_FILE_ENABLED", "true", _flag, "Write logs/ beside standard output"),
    Setting("LOG_RETENTION_DAYS", "7", _whole(0, 3650), "Days of log files to keep; 0 keeps all"),
    Setting("BACKUP_ENABLED", "true", _flag, "Write backups/"),
    Setting("BACKUP_INTERVAL", "24h", _duration("1m", "8760h"), "How often"),
    Setting("BACKUP_RETENTION_DAYS", "7", _whole(0, 3650), "Days of backups to keep; 0 keeps all"),
    Setting("EVENT_RETENTION_DAYS", "0", _whole(0, 36500), "Days of single requests to keep; 0 keeps all. Figures stay either way"),
    Setting("MODELS_DEV_URL", "https://models.dev/api.json", _url, "Where prices can be compared with, on request"),
    Setting("UPDATE_URL", "", _optional_url, "Where the newest version is asked for, on request only: what answers as GitHub's releases/latest; empty: nowhere"),
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
    app_allowed_hosts: tuple[str, ...]
    trusted_proxy_cidrs: tuple[Network, ...]
    auth_enabled: bool | None
    login_password: str = field(repr=False)
    auth_session_ttl: int
    metrics_token: str = field(repr=False)
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
    log_format: str
    log_file_enabled: bool
    log_retention_days: int
    backup_enabled: bool
    backup_interval: int
    backup_retention_days: int
    event_retention_days: int
    models_dev_url: str
    update_url: str
    tls_enabled: bool
    tls_cert_file: str
    tls_key_file: str
    folder: Path
    """Folder of the `.env` file (or the current one): where relative paths start."""
    env_file: Path = Path(".env")
    """What was read beside the environment, whether it exists or not."""
    readings: tuple[Reading, ...] = field(default=(), repr=False, compare=False)
    """How each was read, in the order of the table."""

    @property
    def secrets(self) -> tuple[str, ...]:
        """Every secret among the values, such as a log must not hold."""
        values = [getattr(self, setting.name.lower()) for setting in SETTINGS if setting.secret]
        return tuple(value for value in values if value)

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
    readings: list[Reading] = []
    for setting in SETTINGS:
        text: str | None = None
        try:
            found = _look_up(setting.name, environ, written, path.absolute()) or _Found(
                setting.default or "", "default"
            )
            text = found.text
            if not text and setting.default is None:
                mistakes.append(f"{setting.name} is required: {setting.meaning}")
                continue
            values[setting.name.lower()] = setting.read(text if setting.secret else text.strip())
            readings.append(_reading(setting, found))
        except ValueError as problem:
            shown = f" (got {text!r})" if text and not setting.secret else ""
            mistakes.append(f"{setting.name} must be {problem}{shown}")
    if not mistakes:
        if values["auth_enabled"] and not values["login_password"]:
            mistakes.append("LOGIN_PASSWORD is required when AUTH_ENABLED is true")
        if values["auth_enabled"] is not False and values["login_password"].strip().lower() in PLACEHOLDERS:
            mistakes.append("LOGIN_PASSWORD must be one of your own, not that of an example")
        if values["tls_enabled"] and not (values["tls_cert_file"] and values["tls_key_file"]):
            mistakes.append("TLS_CERT_FILE and TLS_KEY_FILE are required when TLS_ENABLED is true")
    if mistakes:
        raise SettingsError("\n".join(mistakes))
    return Settings(folder=folder, env_file=path.absolute(), readings=tuple(readings), **values)


def _look_up(name: str, environ: Mapping[str, str], written: Mapping[str, str], env_file: Path) -> _Found | None:
    places: tuple[tuple[Mapping[str, str], Source, Path | None], ...] = (
        (environ, "environment", None),
        (written, "env_file", env_file),
    )
    for values, source, path in places:
        if values.get(name, "") != "":
            return _Found(values[name], source, path)
        if values.get(f"{name}_FILE", "") != "" and f"{name}_FILE" not in _NAMES:
            secret = env_file.parent / values[f"{name}_FILE"]
            try:
                text = secret.read_text("utf-8").rstrip("\r\n")
            except OSError as problem:
                raise ValueError(f"readable from {name}_FILE: {problem.strerror}") from None
            return _Found(text, "secret_file", secret) if text else None
    return None


def _reading(setting: Setting, found: _Found) -> Reading:
    """What may be told of a value: a secret only as being set, an address without the login that it may hold."""
    path = None if found.path is None else str(found.path)
    if setting.secret:
        return Reading(setting.name, None if found.text else "", found.source, path)
    text = found.text.strip()
    return Reading(setting.name, without_login(text) if "@" in text else text, found.source, path)


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


_NO_SETTINGS = {"folder", "env_file", "readings"}
assert {setting.name.lower() for setting in SETTINGS} == {item.name for item in fields(Settings)} - _NO_SETTINGS  # noqa: S101 - the table and the record are one thing; a slip must not start


if __name__ == "__main__":
    print(example(), end="")  # noqa: T201 - this is the command's whole output
