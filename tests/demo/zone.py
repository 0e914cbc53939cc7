"""The zone of this machine, by name: figures are by local days, and a person expects their own."""

import os
from pathlib import Path
from zoneinfo import ZoneInfo, ZoneInfoNotFoundError

_LINK = Path("/etc/localtime")
_NAMED = Path("/etc/timezone")


def machine_zone() -> str:
    """What TZ says, else where /etc/localtime leads, else what /etc/timezone names, else UTC."""
    candidates = [os.environ.get("TZ", "").removeprefix(":"), _LINK.resolve().as_posix().partition("/zoneinfo/")[2]]
    if _NAMED.is_file():
        candidates.append(_NAMED.read_text("utf-8").strip())
    for name in candidates:
        if name and _known(name):
            return name
    return "UTC"


def _known(name: str) -> bool:
    try:
        ZoneInfo(name)
    except (ZoneInfoNotFoundError, ValueError, OSError):
        return False
    return True
