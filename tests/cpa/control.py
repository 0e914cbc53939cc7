"""The stand-in's own HTTP paths, outside CPA's: for whoever drives a stand-in that runs as a process.

* `GET /stand-in/counters`: what became of every payload, and strikes, connections, subscribers.
* `GET`, `PUT /stand-in/faults`: the faults; PUT takes a JSON object of the ones to change.
  Beside the fields of `Faults`: `management`, `statistics` (bool), `refuse_seconds` (number), `ban` (an address),
  `missing` (management paths that answer 404, all of them).
* `POST /stand-in/publish`: the body's lines are payloads. `/publish-error` likewise, for the errors channel.
* `POST /stand-in/count`: results that no event reports: `{"auth_index": "…", "succeeded": 6, "failed": 0}`.
* `POST /stand-in/refresh`, `/drop` (all connections), `/restart` (which lifts every ban).
"""

import threading
from dataclasses import fields
from typing import TYPE_CHECKING, Any

import msgspec

from tests.cpa.faults import Faults
from tests.cpa.management import Reply, Request, json_reply

if TYPE_CHECKING:
    from tests.cpa.stand_in import StandIn

_FAULTS = {field.name: field.type for field in fields(Faults) if not field.name.startswith("_")}
_OK = b'{"status":"ok"}'


class _Unreported(msgspec.Struct):
    auth_index: str
    succeeded: int = 0
    failed: int = 0


class StandInControl:
    def __init__(self, stand_in: "StandIn") -> None:
        self._stand_in = stand_in

    def reply(self, request: Request) -> Reply:
        match request.method, request.path.removeprefix("/stand-in/"):
            case "GET", "counters":
                return json_reply(self._counters())
            case "GET", "faults":
                return json_reply(self._faults())
            case "PUT", "faults":
                return self._change(request.body)
            case "POST", "count":
                return self._count(request.body)
            case "POST", name:
                return self._act(name, request.body)
        return json_reply({"error": "unknown path"}, 404)

    def _act(self, name: str, body: bytes) -> Reply:
        stand_in = self._stand_in
        match name:
            case "publish":
                stand_in.publish_many(body.splitlines())
            case "publish-error":
                for line in body.splitlines():
                    stand_in.publish_error(line)
            case "refresh":
                stand_in.queue.refresh()
            case "drop":
                # Later, so that this answer is not dropped with the rest.
                threading.Timer(0.05, stand_in.drop_connections).start()
            case "restart":
                threading.Timer(0.05, stand_in.restart).start()
            case _:
                return json_reply({"error": "unknown path"}, 404)
        return Reply(200, _OK)

    def _counters(self) -> dict[str, int]:
        stand_in = self._stand_in
        return {
            **stand_in.queue.snapshot(),
            "waiting": stand_in.queue.waiting(),
            "subscribers": stand_in.queue.subscribers(),
            "strikes": stand_in.strikes,
            "connections": stand_in.connections,
        }

    def _faults(self) -> dict[str, object]:
        stand_in = self._stand_in
        faults = {name: getattr(stand_in.faults, name) for name in _FAULTS}
        switches = {"management": stand_in.queue.enabled, "statistics": stand_in.queue.statistics}
        return {**faults, **switches, "missing": sorted(stand_in.hidden)}

    def _count(self, body: bytes) -> Reply:
        try:
            found = msgspec.json.decode(body, type=_Unreported)
        except msgspec.DecodeError as error:
            return json_reply({"error": str(error)}, 400)
        self._stand_in.count_unreported(found.auth_index, found.succeeded, found.failed)
        return Reply(200, _OK)

    def _change(self, body: bytes) -> Reply:
        try:
            changes = msgspec.json.decode(body, type=dict[str, Any])
            for name, value in changes.items():
                self._set(name, value)
        except (msgspec.DecodeError, ValueError) as error:
            return json_reply({"error": str(error)}, 400)
        return json_reply(self._faults())

    def _set(self, name: str, value: Any) -> None:
        stand_in = self._stand_in
        if name in _FAULTS:
            setattr(stand_in.faults, name, msgspec.convert(value, _FAULTS[name]))
        elif name == "management":
            stand_in.set_management(msgspec.convert(value, bool))
        elif name == "statistics":
            stand_in.queue.statistics = msgspec.convert(value, bool)
        elif name == "missing":
            stand_in.hide(*msgspec.convert(value, list[str]))
        elif name == "ban":
            stand_in.access.ban(msgspec.convert(value, str))
        elif name == "refuse_seconds":
            stand_in.refuse_connections()
            threading.Timer(msgspec.convert(value, float), stand_in.accept_connections).start()
        else:
            raise ValueError(f"no such fault: {name}")
