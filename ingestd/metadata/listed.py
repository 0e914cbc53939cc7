"""What CPA's lists say of one credential, read with suspicion: everything is optional, nothing is trusted."""

from collections import Counter
from collections.abc import Iterator, Mapping, Sequence
from typing import Any

import msgspec

from ingestd.cpa.management import PROVIDER_LISTS
from ingestd.moments import moment
from shared.redaction import mask, redact

AUTH_FILES = "auth-files"
TEXT_CHARACTERS = 200
COMPATIBLE = "openai-compatibility"

MODELS_MAX = 200
"""Models of one entry that are kept: whoever passes a whole marketplace through lists no more than that by hand."""


class Listed(msgspec.Struct, frozen=True, kw_only=True):
    """One credential. Fields as in `shared.schema.metadata.CredentialMetadata`; no secret among them."""

    auth_index: str
    auth_type: str  # as events spell it: oauth | apikey
    provider: str
    label: str
    name: str = ""
    email: str = ""
    account_type: str = ""
    plan: str = ""
    project: str = ""
    note: str = ""
    prefix: str = ""
    base_url: str = ""
    key_mask: str = ""
    priority: int | None = None
    weight: int | None = None
    status: str = ""
    status_message: str = ""
    disabled: int = 0
    unavailable: int = 0
    next_retry_after: int | None = None
    last_refresh: int | None = None
    subscription_until: int | None = None
    models: str = ""
    excluded_models: str = ""


def auth_file(entry: Mapping[str, Any]) -> Listed | None:
    """An entry of `/auth-files` (contract 5.2), or None when it has no index to be known by."""
    auth_index = _text(entry.get("auth_index"))
    if not auth_index:
        return None
    account_type, account = _text(entry.get("account_type")), _text(entry.get("account"))
    key = account if account_type == "api_key" else ""
    token = entry.get("id_token")
    token = token if isinstance(token, dict) else {}
    provider, name = _text(entry.get("provider") or entry.get("type")), _text(entry.get("name"))
    email = _text(entry.get("email"))
    label = _text(entry.get("label"))
    if key and label == key:
        label = ""
    return Listed(
        auth_index=auth_index,
        auth_type="apikey" if key else "oauth",
        provider=provider,
        label=label or email or name or provider,
        name=name,
        email=email,
        account_type=account_type,
        plan=_text(token.get("plan_type")),
        project=_text(entry.get("project_id")),
        note=_text(entry.get("note")),
        key_mask=mask(key),
        priority=_number(entry.get("priority")),
        weight=_number(entry.get("weight")),
        status=_text(entry.get("status")),
        status_message=_text(redact(str(entry.get("status_message") or "")[:4_096], key)),
        disabled=int(entry.get("disabled") is True),
        unavailable=int(entry.get("unavailable") is True),
        next_retry_after=moment(entry.get("next_retry_after")),
        last_refresh=moment(entry.get("last_refresh")),
        subscription_until=moment(token.get("chatgpt_subscription_active_until")),
    )


class Signals(msgspec.Struct, frozen=True, kw_only=True):
    """What a newer CPA observed of an account's quota on the way: the headers of the last answer that named any.

    `quota.observed_at` and `quota.signals` of an auth file, names spelled as Go spells headers.
    """

    auth_index: str
    provider: str
    observed_at: int
    headers: Mapping[str, str]


def signals(entry: Mapping[str, Any]) -> Signals | None:
    """An entry's, or None where there are none: older CPAs list no quota."""
    quota = entry.get("quota")
    if not isinstance(quota, dict) or not isinstance(quota.get("signals"), dict):
        return None
    auth_index, observed_at = _text(entry.get("auth_index")), moment(quota.get("observed_at"))
    if not auth_index or observed_at is None:
        return None
    return Signals(
        auth_index=auth_index,
        provider=_text(entry.get("provider") or entry.get("type")).lower(),
        observed_at=observed_at,
        headers={name: value for name, value in quota["signals"].items() if isinstance(value, str)},
    )


def provider_entries(listed_in: str, entries: Sequence[Mapping[str, Any]]) -> list[Listed]:
    """The entries of a list of upstream keys (contract 5.3), once each: two may share one index (contract 6)."""
    found: dict[str, Listed] = {}
    for entry in entries:
        for one in _compatible(entry) if listed_in == COMPATIBLE else _keyed(listed_in, entry):
            found.setdefault(one.auth_index, one)
    return list(found.values())


def with_distinct_labels(lists: Mapping[str, Sequence[Listed]]) -> dict[str, list[Listed]]:
    """The same, with what tells equal labels apart added to them: the file, the key's mask, or the index."""
    taken = Counter(one.label for several in lists.values() for one in several)
    named = {
        name: [_renamed(one, _longer(one)) if taken[one.label] > 1 else one for one in several]
        for name, several in lists.items()
    }
    taken = Counter(one.label for several in named.values() for one in several)
    return {
        name: [_renamed(one, f"{one.label} #{one.auth_index[:4]}") if taken[one.label] > 1 else one for one in several]
        for name, several in named.items()
    }


def _keyed(listed_in: str, entry: Mapping[str, Any]) -> Iterator[Listed]:
    auth_index = _text(entry.get("auth-index"))
    if not auth_index:
        return  # no live credential: nothing that an event could name
    masked = mask(_text(entry.get("api-key")))
    prefix, base_url = _text(entry.get("prefix")), address(entry.get("base-url"))
    excluded = entry.get("excluded-models")
    provider = PROVIDER_LISTS[listed_in]
    yield Listed(
        auth_index=auth_index,
        auth_type="apikey",
        provider=provider,
        label=f"{prefix} {masked}" if prefix else masked or provider,
        account_type="api_key",
        prefix=prefix,
        base_url=base_url,
        key_mask=masked,
        priority=_number(entry.get("priority")),
        weight=_number(entry.get("weight")),
        disabled=int(isinstance(excluded, list) and "*" in excluded),
        models=_models(entry.get("models")),
        excluded_models=_json([text for each in _each(excluded) if (text := _text(each)) and text != "*"]),
    )


def _compatible(entry: Mapping[str, Any]) -> Iterator[Listed]:
    name = _text(entry.get("name"))
    keys = entry.get("api-key-entries")
    of_keys: list[Mapping[str, Any]] = [key for key in keys if isinstance(key, dict)] if isinstance(keys, list) else []
    models = _models(entry.get("models"))
    for key in of_keys or [entry]:
        auth_index = _text(key.get("auth-index"))
        if not auth_index:
            continue
        masked = mask(_text(key.get("api-key")))
        yield Listed(
            auth_index=auth_index,
            auth_type="apikey",
            provider=f"openai-compatible-{name.lower()}" if name else COMPATIBLE,
            label=name or masked or COMPATIBLE,
            name=name,
            account_type="api_key" if masked else "",
            prefix=_text(entry.get("prefix")),
            base_url=address(entry.get("base-url")),
            key_mask=masked,
            priority=_number(entry.get("priority")),
            weight=_number(key.get("weight")),
            disabled=int(entry.get("disabled") is True),
            models=models,
        )


def address(value: object) -> str:
    """A base URL without what may be secret in it: user, password, query."""
    scheme, found, rest = _text(value).partition("://")
    if not found:
        return ""
    host, slash, path = rest.partition("/")
    return f"{scheme}://{host.rpartition('@')[2]}{slash}{path.partition('?')[0].partition('#')[0]}"


def _models(value: object) -> str:
    """The models that an entry names, once each, with what clients call them."""
    found: dict[tuple[str, str], None] = {}
    for each in _each(value):
        if isinstance(each, dict) and (name := _text(each.get("name"))):
            found[name, _text(each.get("alias")) or name] = None
    return _json(list(found)[:MODELS_MAX])


def _each(value: object) -> Sequence[object]:
    return value if isinstance(value, list) else ()


def _json(values: Sequence[object]) -> str:
    return msgspec.json.encode(values[:MODELS_MAX]).decode() if values else ""


def _longer(one: Listed) -> str:
    return f"{one.label} ({one.key_mask or one.name.removesuffix('.json')})" if one.key_mask or one.name else one.label


def _renamed(one: Listed, label: str) -> Listed:
    return msgspec.structs.replace(one, label=label)


def _text(value: object) -> str:
    """Text from outside: what is not text is empty, what is long is cut, what cannot be stored is replaced."""
    if not isinstance(value, str):
        return ""
    return value.strip()[:TEXT_CHARACTERS].encode("utf-8", "replace").decode("utf-8")


def _number(value: object) -> int | None:
    return value if isinstance(value, int) and not isinstance(value, bool) and abs(value) < 2**63 else None
