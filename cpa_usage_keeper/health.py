"""`cpa-usage-keeper health [DAEMON]`: whether a daemon of this machine does its work, for containers and scripts.

queryd is asked at /healthz, wherever APP_HOST, APP_BASE_PATH and TLS_ENABLED have it listen; ingestd is judged by the
heartbeat in the file.
"""

import sqlite3
import ssl
import sys
import urllib.error
import urllib.request
from contextlib import closing

import msgspec

from shared import clock, heartbeat
from shared.database import open_reader
from shared.settings import Settings

TIMEOUT_SECONDS = 5.0
_ANSWER_BYTES = 1_000
_EVERY = {"": "127.0.0.1", "0.0.0.0": "127.0.0.1", "::": "::1"}  # noqa: S104 - compared with, not listened on


def check(chosen: Settings, daemon: str) -> int:
    """0 when all is well; else 1, with one sentence on standard error."""
    trouble = ingestd_trouble(chosen) if daemon == "ingestd" else queryd_trouble(chosen)
    if trouble is not None:
        print(trouble, file=sys.stderr)  # noqa: T201 - the command's output
    return 0 if trouble is None else 1


def address(chosen: Settings) -> str:
    """Where queryd answers to this machine."""
    host = _EVERY.get(chosen.app_host, chosen.app_host)
    scheme = "https" if chosen.tls_enabled else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{chosen.app_port}{chosen.app_base_path}/healthz"


def queryd_trouble(chosen: Settings) -> str | None:
    """What is wrong with queryd, or None."""
    own = ssl.create_default_context()
    own.check_hostname, own.verify_mode = False, ssl.CERT_NONE  # to this machine itself, and nothing secret is sent
    opener = urllib.request.build_opener(urllib.request.ProxyHandler({}), urllib.request.HTTPSHandler(context=own))
    url = address(chosen)
    try:
        with opener.open(url, timeout=TIMEOUT_SECONDS) as answer:
            alive = msgspec.json.decode(answer.read(_ANSWER_BYTES)) == {"status": "ok"}
    except msgspec.MsgspecError:  # the page, for instance: below another base path that is any address
        alive = False
    except urllib.error.HTTPError as problem:
        return f"{url} answers {problem.code}"
    except (urllib.error.URLError, OSError) as problem:
        return f"{url} does not answer: {getattr(problem, 'reason', problem)}"
    return None if alive else f"{url} is not answered by queryd: is APP_BASE_PATH the one that it was started with?"


def ingestd_trouble(chosen: Settings) -> str | None:
    """What is wrong with ingestd, or None."""
    try:
        with closing(open_reader(chosen.database)) as reader:
            row = reader.execute("select at, state, detail from heartbeat where daemon = 'ingestd'").fetchone()
    except sqlite3.Error as problem:
        return f"{chosen.database} cannot be read: {problem}"
    if row is None:
        return "ingestd has never run"
    at, state, detail = row
    try:
        written = msgspec.json.decode(detail, type=heartbeat.Detail).uptime
    except msgspec.MsgspecError:
        written = None
    age = heartbeat.age(at, written, now=clock.now(), here=heartbeat.uptime())
    if age > heartbeat.STALE:
        return f"ingestd has said nothing for {age / clock.SECOND:.0f} s"
    return None if state != "stopped" else "ingestd is stopped"
