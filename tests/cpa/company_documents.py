"""Management documents for the accounts that the generated traffic uses, so that the two match."""

import json
import threading
import time
from collections.abc import Callable, Sequence
from datetime import UTC, datetime, timedelta, tzinfo

import msgspec

from tests.cpa.accounts import AUTH_DIR, CLIENT_KEYS, CREDENTIALS, Credential
from tests.cpa.management import Reply, Request, json_reply
from tests.cpa.recorded import RecordedDocuments
from tests.cpa.tally import Tally
from tests.cpa.traffic.attempt import NANOSECONDS, rfc3339_nano
from tests.cpa.traffic.company import DEAR_JOB, WORKLOADS

KEY_LISTS = {
    "gemini-api-key": "gemini",
    "interactions-api-key": "gemini-interactions",
    "claude-api-key": "claude",
    "codex-api-key": "codex",
    "xai-api-key": "xai",
    "vertex-api-key": "vertex",
}
_EDITABLE = ("note", "priority", "weight", "websockets", "request_retry")
"""Fields of PATCH /auth-files/fields that GET /auth-files shows."""


class CompanyDocuments:
    """Answers for the company's accounts; what it does not know is replayed from the recordings.

    `changed` is called after a change that CPA would announce with a refresh message.
    """

    def __init__(self, zone: tzinfo) -> None:
        self.tally = Tally(zone)
        self.changed: Callable[[], None] = lambda: None
        self._zone = zone
        self._recorded = RecordedDocuments()
        self._keys = [client.key for client in CLIENT_KEYS]
        self._disabled: set[str] = set()
        self._edited: dict[str, dict[str, object]] = {}
        self._loaded = time.time_ns()
        self._touched: dict[str, int] = {}
        self._lock = threading.Lock()

    def is_disabled(self, credential: Credential) -> bool:
        return credential.auth_index in self._disabled

    def touch(self, credential: Credential, at: int) -> None:
        """CPA rewrote an account's file, as it does when it refreshes a token."""
        self._touched[credential.auth_index] = at

    def published(self, payloads: Sequence[bytes]) -> None:
        """The feed has counted its attempts, which are more than its events."""

    def count(self, auth_index: str, succeeded: int, failed: int) -> None:
        self.tally.count_unreported(auth_index, succeeded, failed, time.time_ns())

    def restart(self) -> None:
        self.tally.reset()

    def tokens(self) -> dict[str, bool]:
        return {one.auth_index: one.provider != "vertex" for one in CREDENTIALS if one.file}

    def reply(self, request: Request) -> Reply | None:
        if request.path == "auth-files/fields" and request.method == "PATCH":
            return self._edit(request)
        if request.path == "auth-files/status" and request.method == "PATCH":
            return self._switch(request)
        if request.path == "reset-quota" and request.method == "POST":
            return _reset(request)
        if request.path == "api-keys" and request.method in ("PUT", "PATCH", "DELETE"):
            return self._change_keys(request)
        if request.method == "GET":
            document = self._document(request)
            if document is not None:
                return json_reply(document)
        return self._recorded.reply(request)

    def _document(self, request: Request) -> object | None:
        path = request.path
        if path in KEY_LISTS:
            return {path: [_key_entry(one) for one in _keys_of(KEY_LISTS[path])]}
        documents: dict[str, Callable[[], object]] = {
            "api-keys": lambda: {path: self._keys or None},
            "openai-compatibility": lambda: {path: _compatible_providers()},
            "api-key-usage": self._key_usage,
            "auth-files": lambda: {"files": self._files(request.query)},
            "auth-files/models": lambda: {"models": _models_of(request.query.get("name", [""])[0])},
            "config": self._config,
        }
        return documents[path]() if path in documents else None

    def _files(self, query: dict[str, list[str]]) -> list[dict[str, object]]:
        name, index = (query.get(field, [None])[0] for field in ("name", "auth_index"))
        accounts = sorted((one for one in CREDENTIALS if one.file), key=lambda one: one.file.lower())
        return [
            self._file(account)
            for account in accounts
            if name in (None, account.file) and index in (None, account.auth_index)
        ]

    def _file(self, account: Credential) -> dict[str, object]:
        now = time.time_ns()
        disabled = self.is_disabled(account)
        touched = rfc3339_nano(self._touched.get(account.auth_index, self._loaded), self._zone)
        entry: dict[str, object] = {
            "account_type": "oauth",
            "auth_index": account.auth_index,
            "created_at": rfc3339_nano(self._loaded, self._zone),
            "disabled": disabled,
            "id": account.file,
            "label": account.email or account.provider,
            "modtime": touched,
            "name": account.file,
            "path": f"{AUTH_DIR}/{account.file}",
            "provider": account.provider,
            "runtime_only": False,
            "size": 200 + len(account.file) * 7,
            "source": "file",
            "type": account.provider,
            "updated_at": touched,
        }
        entry |= self.tally.results(account.auth_index, now) | self.tally.health(account.auth_index, now)
        if disabled:
            entry |= {"status": "disabled", "status_message": "disabled via management API"}
        optional = {
            "account": account.email,
            "email": account.email,
            "project_id": account.project,
            "priority": account.priority,
            "note": account.note,
            "weight": account.weight,
            "id_token": self._id_token(account) if account.plan else None,
        }
        optional |= self._edited.get(account.auth_index, {})
        entry |= {name: value for name, value in optional.items() if value is not None and value not in (0, "")}
        return {name: entry[name] for name in sorted(entry)}

    def _id_token(self, account: Credential) -> dict[str, object]:
        """What CPA reads from a Codex account's token; the subscription's bounds come in two forms (measured)."""
        begins = datetime.fromtimestamp(self._loaded // NANOSECONDS, UTC).replace(day=1, hour=0, minute=0, second=0)
        ends = (begins + timedelta(days=32)).replace(day=1)
        personal = account.plan != "team"
        token: dict[str, object] = {"chatgpt_account_id": f"acc-{account.auth_index}"}
        if personal:
            token["chatgpt_subscription_active_start"] = begins.isoformat()
        token["chatgpt_subscription_active_until"] = ends.isoformat() if personal else int(ends.timestamp())
        return token | {"plan_type": account.plan}

    def _edit(self, request: Request) -> Reply:
        """Keep the fields that the list of accounts shows."""
        try:
            change = msgspec.json.decode(request.body, type=dict[str, object])
        except msgspec.DecodeError:
            return json_reply({"error": "invalid request body"}, 400)
        account = next((one for one in CREDENTIALS if one.file and one.file == change.get("name")), None)
        fields = {name: value for name, value in change.items() if name != "name"}
        if account is None:
            return json_reply({"error": "auth file not found"}, 404)
        if not fields:
            return json_reply({"error": "no fields to update"}, 400)
        shown = {name: value for name, value in fields.items() if name in _EDITABLE}
        with self._lock:
            self._edited[account.auth_index] = self._edited.get(account.auth_index, {}) | shown
        self.touch(account, time.time_ns())
        self.changed()
        return json_reply({"status": "ok"})

    def _key_usage(self) -> dict[str, dict[str, object]]:
        usage: dict[str, dict[str, object]] = {}
        now = time.time_ns()
        for one in sorted((one for one in CREDENTIALS if one.key), key=lambda one: (one.base_url, one.key)):
            counters = usage.setdefault(one.compat_name.lower() or one.provider, {})
            counters[f"{one.base_url}|{one.key}"] = self.tally.results(one.auth_index, now)
        return {name: usage[name] for name in sorted(usage)}

    def _config(self) -> dict[str, object]:
        recorded = self._recorded.reply(Request("GET", "config"))
        config: dict[str, object] = json.loads(recorded.body) if recorded else {}
        lists: dict[str, object] = {
            path: [_key_entry(one, index=False) for one in _keys_of(provider)] for path, provider in KEY_LISTS.items()
        }
        lists |= {"api-keys": self._keys, "openai-compatibility": _compatible_providers(index=False), "proxy-url": ""}
        return {name: lists.get(name, value) for name, value in config.items()}

    def _switch(self, request: Request) -> Reply:
        try:
            change = msgspec.json.decode(request.body, type=_FileSwitch)
        except msgspec.DecodeError:
            return json_reply({"error": "invalid request body"}, 400)
        account = next((one for one in CREDENTIALS if one.file and one.file == change.name), None)
        if account is None:
            return json_reply({"error": "auth file not found"}, 404)
        with self._lock:
            (self._disabled.add if change.disabled else self._disabled.discard)(account.auth_index)
        self.touch(account, time.time_ns())
        self.changed()
        return json_reply({"status": "ok", "disabled": change.disabled})

    def _change_keys(self, request: Request) -> Reply:
        with self._lock:
            try:
                if request.method == "PUT":
                    self._keys = msgspec.json.decode(request.body, type=list[str])
                elif request.method == "PATCH":
                    change = msgspec.json.decode(request.body, type=_KeyChange)
                    self._keys = [change.new if key == change.old else key for key in self._keys]
                else:
                    gone = request.query.get("value", [""])
                    self._keys = [key for key in self._keys if key not in gone]
            except msgspec.DecodeError:
                return json_reply({"error": "invalid body"}, 400)
        self.changed()
        return json_reply({"status": "ok"})


def _reset(request: Request) -> Reply:
    """CPA forgets the cooldown of an account, of which there is none here (contract 5.4)."""
    try:
        index = msgspec.json.decode(request.body, type=dict[str, str]).get("auth_index", "")
    except msgspec.DecodeError:
        return json_reply({"error": "invalid body"}, 400)
    if not index:
        return json_reply({"error": "auth_index is required"}, 400)
    if index not in {one.auth_index for one in CREDENTIALS}:
        return json_reply({"error": "auth not found"}, 404)
    return json_reply({"status": "ok", "auth_index": index, "models": []})


class _FileSwitch(msgspec.Struct):
    name: str
    disabled: bool


class _KeyChange(msgspec.Struct):
    old: str
    new: str


def _keys_of(provider: str) -> list[Credential]:
    return [one for one in CREDENTIALS if one.key and one.provider == provider]


def _models(credential: Credential) -> list[dict[str, str]]:
    models = {model for workload in (*WORKLOADS, DEAR_JOB) for model, _ in workload.models if credential in model.pool}
    names = sorted((model.name, model.alias.removeprefix(f"{credential.prefix}/") or model.name) for model in models)
    return [{"name": name, "alias": alias} for name, alias in names]


def _models_of(file: str) -> list[dict[str, str]]:
    account = next((one for one in CREDENTIALS if one.file and one.file == file), None)
    return [{"id": model["name"]} for model in _models(account)] if account else []


def _key_entry(one: Credential, *, index: bool = True) -> dict[str, object]:
    entry: dict[str, object] = {"api-key": one.key}
    if one.base_url:
        entry["base-url"] = one.base_url
    entry |= {"proxy-url": "", "models": _models(one)}
    return entry | ({"auth-index": one.auth_index} if index else {})


def _compatible_providers(*, index: bool = True) -> list[dict[str, object]]:
    providers: dict[str, dict[str, object]] = {}
    for one in CREDENTIALS:
        if not one.compat_name:
            continue
        own = {"auth-index": one.auth_index} if index else {}
        if one.compat_name in providers:
            entries = providers[one.compat_name]["api-key-entries"]
            if isinstance(entries, list):
                entries.append({"api-key": one.key, "proxy-url": ""} | own)
            continue
        provider: dict[str, object] = {"name": one.compat_name, "disabled": False}
        provider |= {"prefix": one.prefix} if one.prefix else {}
        provider["base-url"] = one.base_url
        if one.key:
            provider["api-key-entries"] = [{"api-key": one.key, "proxy-url": ""} | own]
        provider["models"] = _models(one)
        providers[one.compat_name] = provider | ({} if one.key else own)
    return list(providers.values())
