"""One account's look-up: which calls it takes, and what is made of their answers (contract A3, A6 to A10)."""

from collections.abc import Callable, Mapping
from typing import Final

from msgspec.structs import replace

from ingestd.accounts.api_call import ApiCall, LookupFailed, Subject
from ingestd.quota import claude, codex, google, kimi, xai
from ingestd.quota.fields import Fields
from ingestd.quota.rows import Answer, InvalidAnswer, Row
from shared.quota_providers import QUOTA_PROVIDERS

_BEFORE_OTHERS: Final = ("unauthorized", "payment_required", "forbidden")
"""Of several failures the one that says what to do: an early 401 matters more than a later 500."""


def look_up(call: ApiCall, subject: Subject) -> Answer:
    """What the account has left, as its provider says. Raises `LookupFailed`."""
    try:
        return _PROVIDERS[subject.provider](call, subject)
    except InvalidAnswer as problem:
        raise LookupFailed("invalid_answer", str(problem)) from problem


def _codex(call: ApiCall, subject: Subject) -> Answer:
    answer = codex.usage(call.ask("codex.usage"), subject.plan_hint)
    said = _if_possible(call, "codex.reset_credits") if answer.reset_credits else None
    if said is None:
        return answer
    try:
        listed = codex.reset_credits(said)
    except InvalidAnswer:
        return answer
    return replace(answer, reset_credits_expire_at=next(iter(listed.expire_at), None))


def _claude(call: ApiCall, _: Subject) -> Answer:
    answer = claude.usage(call.ask("claude.usage"))
    profile = _if_possible(call, "claude.profile")
    return answer if profile is None else replace(answer, plan=claude.profile(profile))


def _gemini_cli(call: ApiCall, subject: Subject) -> Answer:
    _require_project(subject)
    rows = google.gemini_cli(call.ask("gemini-cli.quota"))
    said = _if_possible(call, "gemini-cli.code_assist")
    return Answer(rows=rows if said is None else [*rows, *google.code_assist_credits(said)])


def _antigravity(call: ApiCall, subject: Subject) -> Answer:
    """Three hosts in turn until one names a group. An empty answer is an answer, if no other is better."""
    _require_project(subject)
    failures: list[LookupFailed] = []
    rows: list[Row] | None = None
    for place in (1, 2, 3):
        try:
            rows = google.antigravity(call.ask(f"antigravity.quota.{place}"))
        except InvalidAnswer as problem:
            failures.append(LookupFailed("invalid_answer", str(problem)))
        except LookupFailed as failure:
            failures.append(failure)
        if rows:
            break
    if rows is None:
        raise _foremost(failures)
    answer = Answer(rows=rows)
    for place in (1, 2):
        said = _if_possible(call, f"antigravity.tier.{place}")
        tier = google.tier(said) if said is not None else None
        if tier is not None:
            return replace(answer, plan=tier.plan, tier_id=tier.tier_id, tier_name=tier.tier_name)
    return answer


def _kimi(call: ApiCall, _: Subject) -> Answer:
    return kimi.usages(call.ask("kimi.usages"))


def _xai(call: ApiCall, _: Subject) -> Answer:
    """A week's credits and a month's money; either will do."""
    found: dict[str, list[Row]] = {}
    failures: list[LookupFailed] = []
    readers: dict[str, Callable[[Fields], list[Row]]] = {"xai.weekly": xai.weekly, "xai.monthly": xai.monthly}
    for name, read in readers.items():
        try:
            found[name] = read(call.ask(name))
        except InvalidAnswer as problem:
            failures.append(LookupFailed("invalid_answer", str(problem)))
        except LookupFailed as failure:
            failures.append(failure)
    if not found:
        raise _foremost(failures)
    return Answer(rows=xai.in_order(found.get("xai.weekly", []), found.get("xai.monthly", [])))


_PROVIDERS: Final[Mapping[str, Callable[[ApiCall, Subject], Answer]]] = {
    "codex": _codex,
    "claude": _claude,
    "gemini-cli": _gemini_cli,
    "antigravity": _antigravity,
    "kimi": _kimi,
    "xai": _xai,
}
assert _PROVIDERS.keys() == QUOTA_PROVIDERS  # noqa: S101 - queryd says by that list who can be asked


def _require_project(subject: Subject) -> None:
    if not subject.project:
        raise LookupFailed("missing_project")


def _if_possible(call: ApiCall, name: str) -> Fields | None:
    """A call whose answer is welcome and not needed."""
    try:
        return call.ask(name)
    except LookupFailed:
        return None


def _foremost(failures: list[LookupFailed]) -> LookupFailed:
    for trouble in _BEFORE_OTHERS:
        for failure in failures:
            if failure.trouble == trouble:
                return failure
    timeouts = [failure for failure in failures if failure.trouble == "timeout"]
    return (timeouts or failures)[0]
