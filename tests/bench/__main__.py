"""`make bench`: JSON on standard output, progress on standard error."""

import argparse
import json
import os
import platform
import shutil
import sqlite3
import sys
import tempfile
from importlib import metadata
from pathlib import Path
from typing import Any

from tests.bench import answering, bare_read, beside, collecting, credentials, crowded, exporting, opening, reference

BESIDE = [f"beside.{part}" for part in beside.PARTS]
PARTS = [
    "size", "collecting", "beside", *BESIDE, "answering", "bare_read", "credentials", "crowded", "exporting", "opening",
]  # fmt: skip


def main() -> None:
    parser = argparse.ArgumentParser(prog="python -m tests.bench", description=__doc__)
    parser.add_argument("only", nargs="*", choices=[*PARTS, []], help="parts to run")
    only = parser.parse_args().only or [part for part in PARTS if part not in BESIDE]
    report: dict[str, Any] = {"machine": _machine()}
    folder = Path(tempfile.mkdtemp(prefix="bench-", dir=_cache()))
    _leave_out_development_tools(folder / "left out")
    try:
        if "size" in only:
            report["bytes_per_event"] = reference.bytes_per_event(reference.file())
        if "collecting" in only:
            print("collecting …", file=sys.stderr)
            report["collecting"] = collecting.measure(folder / "collecting")
        if chosen := [part for part in beside.PARTS if {"beside", f"beside.{part}"} & set(only)]:
            report["beside"] = beside.measure(folder / "beside", chosen)
        if "answering" in only:
            print("answering …", file=sys.stderr)
            report["answering"] = answering.measure(folder / "answering")
        if "bare_read" in only:
            print("bare reads …", file=sys.stderr)
            report["bare_read"] = bare_read.measure(reference.file())
        if "credentials" in only:
            print("credentials …", file=sys.stderr)
            report["credentials"] = credentials.measure(folder / "credentials")
        if "crowded" in only:
            print("crowded …", file=sys.stderr)
            report["crowded"] = crowded.measure(folder / "crowded")
        if "exporting" in only:
            print("exporting …", file=sys.stderr)
            report["exporting"] = exporting.measure(folder / "exporting")
        if "opening" in only:
            print("opening …", file=sys.stderr)
            report["opening"] = opening.measure(folder / "opening")
    finally:
        shutil.rmtree(folder)
    json.dump(report, sys.stdout, indent=1)
    print()


def _leave_out_development_tools(folder: Path) -> None:
    """What only a development environment has is not measured: structlog imports rich where it can, 4 MiB a daemon."""
    folder.mkdir()
    (folder / "rich.py").write_text("raise ImportError('no part of the product')\n")
    os.environ["PYTHONPATH"] = str(folder)


def _cache() -> Path:
    reference.CACHE.mkdir(parents=True, exist_ok=True)
    return reference.CACHE


def _machine() -> dict[str, Any]:
    return {
        "cores": len(os.sched_getaffinity(0)),
        "load_before": round(os.getloadavg()[0], 2),
        "python": platform.python_version(),
        "sqlite": sqlite3.sqlite_version,
        "numpy": metadata.version("numpy"),
        "events": reference.EVENTS,
    }


if __name__ == "__main__":
    main()
