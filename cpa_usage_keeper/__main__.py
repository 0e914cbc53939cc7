"""`cpa-usage-keeper COMMAND`, or `python -m cpa_usage_keeper COMMAND`.

Exit codes: 0 done, 1 it could not be done or a check failed, 2 settings or arguments cannot be used.
"""

import argparse
import gc
import os
import sys
from pathlib import Path

PROGRAMS = Path(__file__).resolve().parent / "programs"
"""Where an installed wheel has `ingestd`, `queryd` and `shared`, so that none of them is a package of everybody's; a
checkout has them beside this package."""

DAEMONS = ("ingestd", "queryd")
OF_INGESTD = ("check", "backup", "restore")


def find_programs() -> None:
    """Have this process and those it starts find the programs."""
    folder = str(PROGRAMS if PROGRAMS.is_dir() else Path(__file__).resolve().parent.parent)
    if folder not in sys.path:
        sys.path.insert(0, folder)
    known = os.environ.get("PYTHONPATH", "")
    if folder not in known.split(os.pathsep):
        os.environ["PYTHONPATH"] = os.pathsep.join(filter(None, (folder, known)))


def parser() -> argparse.ArgumentParser:
    """The commands and what they take."""
    made = argparse.ArgumentParser(
        "cpa-usage-keeper", description="Keeps, prices and shows what a CLIProxyAPI was used for."
    )
    made.add_argument("--version", action="store_true", help="print the version")
    commands = made.add_subparsers(dest="command", metavar="COMMAND")
    commands.add_parser("run", help="collect and answer: both daemons, until stopped")
    commands.add_parser("ingestd", help="the collector alone")
    commands.add_parser("queryd", help="the dashboard and its API alone")
    commands.add_parser("check", help="prove that the columns equal the rows")
    commands.add_parser("backup", help="make a verified backup now")
    restore = commands.add_parser("restore", help="put a backup in place, with both daemons stopped")
    restore.add_argument("file", help="a name in backups/ of WORK_DIR, or any path")
    imports = commands.add_parser(
        "import", help="bring in requests, names and prices from elsewhere, also while the daemons run"
    )
    imports.add_argument(
        "file", type=Path, help="app.db of CPA Usage Keeper (Willxup), an export of CPA, or an export as JSON Lines"
    )
    imports.add_argument("--dry-run", action="store_true", help="only say what would be done")
    imports.add_argument("--without-prices", action="store_true", help="leave its prices and rules out")
    health = commands.add_parser("health", help="ask a daemon on this machine whether all is well")
    health.add_argument("daemon", nargs="?", choices=DAEMONS, default="queryd")
    commands.add_parser("settings", help="print every setting as .env.example")
    return made


def main(arguments: list[str] | None = None) -> int:
    find_programs()
    known = parser()
    asked = known.parse_args(arguments)
    if asked.version:
        from shared import __version__  # noqa: PLC0415 - found only now

        print(__version__)  # noqa: T201 - the command's output
        return 0
    if asked.command is None:
        known.print_help()
        return 2
    if asked.command in DAEMONS:
        return _become(asked.command)
    if asked.command in OF_INGESTD:
        return _become("ingestd", asked.command, *([asked.file] if asked.command == "restore" else []))
    if asked.command == "settings":
        return _become("shared.settings")
    return _with_settings(asked)


def _become(*command: str) -> int:
    """This process becomes the program: what supervises the one supervises the other."""
    sys.stdout.flush()
    os.execv(sys.executable, [sys.executable, "-m", *command])  # noqa: S606 - our own program


def _with_settings(asked: argparse.Namespace) -> int:
    from shared import settings  # noqa: PLC0415 - found only now

    try:
        chosen = settings.load()
    except settings.SettingsError as mistakes:
        print(f"The settings cannot be used:\n{mistakes}", file=sys.stderr)  # noqa: T201 - the command's output
        return 2
    if asked.command == "run":
        from cpa_usage_keeper.running import run  # noqa: PLC0415 - the same

        return run()
    if asked.command == "health":
        from cpa_usage_keeper.health import check  # noqa: PLC0415 - the same

        return check(chosen, asked.daemon)
    from cpa_usage_keeper.importing import import_file  # noqa: PLC0415 - the same

    gc.set_threshold(200_000, 20, 20)  # rows are many and hold no cycles
    return import_file(chosen, asked.file, dry_run=asked.dry_run, with_prices=not asked.without_prices)


if __name__ == "__main__":
    sys.exit(main())
