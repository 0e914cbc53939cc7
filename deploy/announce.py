"""`python -m deploy.announce`: once both daemons run, say where the dashboard is and whether CPA answers.

What it says is what the daemons say of themselves at `/api/v1/status`; it asks CPA nothing, so it costs no strike.
"""

import json
import ssl
import sys
import time
import urllib.error
import urllib.request
from typing import Any

from shared.settings import Settings, SettingsError, load

WAIT_SECONDS = 60.0
SETTLE_SECONDS = 10.0
"""How long a daemon that has just started may take to know more before what it knows is told."""
_EVERY = ("", "0.0.0.0", "::")  # noqa: S104 - compared with, not listened on


def address(settings: Settings) -> str:
    """What a person on this machine opens."""
    host = "127.0.0.1" if settings.app_host in _EVERY else settings.app_host
    scheme = "https" if settings.tls_enabled else "http"
    return f"{scheme}://{f'[{host}]' if ':' in host else host}:{settings.app_port}{settings.app_base_path}/"


def sentences(status: dict[str, Any]) -> list[str]:
    """What the collector knows of CPA: good news in one sentence, or each error with its remedy."""
    errors = [problem["message"] for problem in status["problems"] if problem["severity"] == "error"]
    collector = status.get("ingestd") or {}
    if errors:
        return errors
    if not (collector.get("queue") or {}).get("connected"):
        return []
    enabled = (collector.get("statistics") or {}).get("enabled")
    return ["answers, key accepted, " + ("statistics on" if enabled else "whether statistics are on is not known yet")]


def known(status: dict[str, Any]) -> bool:
    """Nothing more will be learnt by waiting a little."""
    statistics = (status.get("ingestd") or {}).get("statistics") or {}
    return bool(sentences(status)) and statistics.get("enabled") is not None


def main() -> int:
    try:
        settings = load()
    except SettingsError:
        return 0  # the daemons name every mistake
    url = address(settings)
    begun = time.monotonic()
    found: list[str] = []
    answered = False
    while time.monotonic() < begun + WAIT_SECONDS:
        time.sleep(0.5)
        status = _status(url)
        if status is None:
            continue
        answered = True
        if not status:
            found = ["is shown once you have signed in"]
            break
        found = sentences(status)
        if known(status) or (found and time.monotonic() > begun + SETTLE_SECONDS):
            break
    if not answered:
        return 0  # queryd has said why it does not listen
    lines = [("Dashboard", url), ("Zone", f"{settings.tz.key} (days begin there; TZ in .env sets another)")]
    lines += [("CPA", sentence) for sentence in found or ["has not answered yet; the log says why once it is known"]]
    print("\n" + "\n".join(f"  {name:<12}{text}" for name, text in lines) + "\n", flush=True)  # noqa: T201 - for a person
    return 0


def _status(url: str) -> dict[str, Any] | None:
    """None while nothing answers; empty when that asks for a password."""
    own = ssl.create_default_context()
    own.check_hostname, own.verify_mode = False, ssl.CERT_NONE  # to this machine itself, and nothing secret is sent
    try:
        # `address` fixes the scheme.
        with urllib.request.urlopen(f"{url}api/v1/status", timeout=5, context=own) as answer:  # noqa: S310 - see above
            status = json.load(answer)
    except urllib.error.HTTPError as problem:
        return {} if problem.code == 401 else None
    except (urllib.error.URLError, OSError, ValueError):
        return None
    return status if isinstance(status, dict) else None


if __name__ == "__main__":
    sys.exit(main())
