"""What can be asked of ingestd: the registry of commands. A new one is a function and an entry."""

import sqlite3
from collections import Counter
from collections.abc import Callable, Mapping, Sequence
from functools import partial
from types import MappingProxyType
from typing import Any

import msgspec
from msgspec.structs import replace

from ingestd import models_dev, updates
from ingestd.accounts.endpoints import InvalidOverride
from ingestd.accounts.refresh import Item
from ingestd.accounts.switches import Action
from ingestd.backup import BackupError
from ingestd.commands import Cancelled, CommandError, Kind, Progress, Stopping
from ingestd.cpa.errors import CpaError
from ingestd.decode import Reason
from ingestd.replay import Time, discard, newest, reasons, replay
from ingestd.reprice import Changes, Repricing, Scope
from ingestd.tasks import Work
from shared import clock
from shared.prices import Price

REPRICED_MODELS_SHOWN = 200
_LOOK_SECONDS = 0.25


def _refresh_metadata(work: Work, _arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    credentials = work.metadata.refresh_credentials(work.connection, clock.now())
    progress(0.5)
    return {"credentials": credentials, "keys": work.metadata.refresh_keys(work.connection, clock.now())}


def _replay_rejected(work: Work, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Read rejected messages again; unless told, those whose time cannot be get the time of their arrival."""
    asked = arguments.get("time")
    up_to = newest(work.connection)
    wanted = arguments.get("reason")
    counted = {reason: n for reason, n in reasons(work.connection, up_to).items() if wanted in (None, reason)}
    total, done = sum(counted.values()), 0
    for reason in counted:
        time = Time(asked) if asked else Time.ARRIVAL if reason == Reason.IMPOSSIBLE_TIME else Time.AS_IS

        def step(collector: sqlite3.Connection, time: Time = time, reason: str = reason) -> int:
            return replay(collector, work.inbox, time, up_to=up_to, now=clock.now(), reason=reason)

        while read := work.handover.call(step, partial(progress, done / total)):
            done += read
            progress(done / total)
    return {"messages": done}


def _back_up(work: Work, _arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Make a backup now, or wait for the one under way."""
    process = work.backup
    begun = not process.running
    try:
        process.start()
        while (made := process.poll(_LOOK_SECONDS)) is None:
            progress(process.progress)
    except BackupError as problem:
        raise CommandError(str(problem)) from problem
    except (Cancelled, Stopping):
        if begun:
            process.stop()
        raise
    return {"file": made.file, "bytes": made.size, "requests": made.requests}


def _discard_rejected(work: Work, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Remove rejected messages; what was set aside after they were looked at stays."""
    up_to, reason = int(arguments["up_to"]), arguments.get("reason")
    counted = reasons(work.connection, up_to)
    total = max(1, sum(n for each, n in counted.items() if reason in (None, each)))
    done = 0
    while removed := discard(work.connection, up_to=up_to, reason=reason):
        done += removed
        progress(done / total)
    return {"messages": done}


def _check_update(work: Work, _: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    if not work.settings.update_url:
        raise CommandError("UPDATE_URL is not set, so there is nobody to ask")
    progress(0.0)
    return updates.check(work.connection, work.settings.update_url, clock.now())


def _sync_models_dev(work: Work, _: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    try:
        data = models_dev.fetch(work.settings.models_dev_url)
        progress(0.5)
        return models_dev.preview(work.connection, data, clock.now())
    except models_dev.Unreachable as problem:
        raise CommandError(str(problem)) from problem


def _scope(arguments: Mapping[str, Any]) -> Scope:
    models = arguments.get("models")
    end = arguments.get("end")
    return Scope(
        arguments.get("start") or 0, Scope().end if end is None else end, None if models is None else tuple(models)
    )


def _preview_reprice(work: Work, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    return _told(Repricing(work.connection, _scope(arguments), progress).preview())


def _preview_price(work: Work, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    draft = msgspec.convert(arguments["price"], Price)
    scope = Scope(start=draft.effective_from, models=(draft.model,))
    return _told(Repricing(work.connection, scope, progress, draft).preview())


def _reprice(work: Work, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    return _told(Repricing(work.connection, _scope(arguments), progress).run())


def _refresh_quota(work: Work, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
    """Ask providers what accounts have left; each is written as it comes, so that a stop loses nothing."""
    asked = arguments.get("credentials")
    try:
        items = work.accounts.refresh(
            work.connection,
            None if asked is None else {int(each) for each in asked},
            lambda done, total: progress(done / max(1, total)),
        )
    except (CpaError, InvalidOverride) as problem:
        raise CommandError(str(problem)) from problem
    return _items(items)


def _switch(action: Action) -> Callable[[Work, Mapping[str, Any], Progress], Mapping[str, Any]]:
    def run(work: Work, arguments: Mapping[str, Any], progress: Progress) -> Mapping[str, Any]:
        credentials = [int(each) for each in arguments["credentials"]]
        items = []
        for done, credential in enumerate(credentials):
            progress(done / len(credentials))
            until_reset = arguments.get("restore") == "at_reset"
            items.append(
                work.accounts.switches.switch(work.connection, credential, action, "person", until_reset=until_reset)
            )
        return _items(items)

    return run


def _items(items: Sequence[Item]) -> Mapping[str, Any]:
    """What came of each account, and how many of each outcome."""
    counted = Counter(item.outcome for item in items)
    return {"items": msgspec.to_builtins(items)} | {name: counted[name] for name in ("done", "failed", "skipped")}


def _told(changes: Changes) -> Mapping[str, Any]:
    """The models that change most; the sums hold all of them."""
    told: Mapping[str, Any] = msgspec.to_builtins(replace(changes, models=changes.models[:REPRICED_MODELS_SHOWN]))
    return told


KINDS: Mapping[str, Kind] = MappingProxyType(
    {
        "refresh_metadata": Kind(
            _refresh_metadata, "fetch names and states of credentials and keys now", resumable=True
        ),
        "check_update": Kind(_check_update, "which version of this program is the newest", resumable=True),
        "backup": Kind(_back_up, "make a verified backup now"),
        "discard_rejected": Kind(_discard_rejected, "remove messages that were set aside", resumable=True),
        "replay_rejected": Kind(_replay_rejected, "read the messages that were set aside again", resumable=True),
        "sync_models_dev": Kind(_sync_models_dev, "compare prices with models.dev", resumable=True),
        "preview_reprice": Kind(_preview_reprice, "what pricing stored requests anew would change", resumable=True),
        "refresh_quota": Kind(_refresh_quota, "ask providers what accounts have left", resumable=True),
        "disable_credentials": Kind(_switch("disable"), "have CPA leave accounts alone", resumable=True),
        "enable_credentials": Kind(_switch("enable"), "have CPA use accounts again", resumable=True),
        "restore_credentials": Kind(_switch("restore"), "have CPA forget that accounts cool down", resumable=True),
        "preview_price": Kind(_preview_price, "what a price would change before it is entered", resumable=True),
        "reprice": Kind(_reprice, "price stored requests anew, by the prices of now", resumable=True),
    }
)
