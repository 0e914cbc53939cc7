"""Management documents for the accounts that the generated traffic uses, so that the two match."""

import json
import threading
import time
from collections.abc import Callable
from datetime import tzinfo

import msgspec

from tests.cpa.accounts import AUTH_DIR, CLIENT_KEYS, CREDENTIALS, Credential
from tests.cpa.management import Reply, Request, json_reply
from tests.cpa.recorded import RecordedDocuments
from tests.cpa.tally import Tally
from tests.cpa.traffic.attempt import rfc3339_nano
from tests.cpa.traffic.company import DEAR_JOB, WORKLOADS

KEY_LISTS = {
    "gemini-api-key": "gemini",
    "interactions-api-key": "gemini-interactions",
    "claude-api-key": "claude",
    "codex-api-key": "codex",
    "xai-api-key": "xai",
    "vertex-api-key": "vertex",
}


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
        self._loaded = time.time_ns()
        self._touched: dict[str, int] = {}
        self._lock = threading.Lock()

    def is_disabled(self, credential: Credential) -> bool:
        return credential.auth_index in self._disabled

    def touch(self, credential: Credential, at: int) -> None:
        """CPA rewrote an account's file, as it does when it refreshes a token."""
        self._touched[credential.auth_index] = at

    def reply(self, request: Request) -> Reply | None:
        if request.path == "auth-files/status" and request.method == "PATCH":
            return self._switch(request)
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
            "id_token": {"chatgpt_account_id": f"acc-{account.auth_index}", "plan_type": account.plan}
            if account.plan
            else None,
        }
        entry |= {name: value for name, value in optional.items() if value}
        return {name: entry[name] for name in sorted(entry)}

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
