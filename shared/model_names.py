"""One model has many names: what a price's name can mean, and the spellings under which an event's model is sought.

CPA and its users decorate names: thinking suffixes `(high)`, a context suffix `[1m]`, a configured prefix `team-a/`,
`models/`, date stamps, vendor prefixes, Antigravity's `-high` and `-thinking`, `gemini-claude-…`, `4-1` for `4.1`.
Each spelling says what was taken off, so that a price line can show how it was found.
"""

import re
from collections.abc import Callable, Iterator
from enum import StrEnum
from typing import Any, NamedTuple

import msgspec

NAME_CHARACTERS = 200
"""Longer names are cut before they are looked up: they come from clients."""

SPELLINGS_MAX = 16
"""Most spellings of a name in each group; a name with more decoration than that is nobody's."""


class MatchedBy(StrEnum):
    """How an event found its price."""

    AS_SENT = "as_sent"
    ALIAS = "alias"
    UNDECORATED = "undecorated"
    UNDECORATED_ALIAS = "undecorated_alias"


class Decoration(StrEnum):
    """What was taken off a name (or, for `preview`, added; for `punctuation`, written otherwise)."""

    MODELS_PREFIX = "models_prefix"
    THINKING_SUFFIX = "thinking_suffix"
    PREFIX = "prefix"
    DATE = "date"
    CONTEXT = "context"
    EFFORT = "effort"
    WRAPPER = "wrapper"
    PREVIEW = "preview"
    PUNCTUATION = "punctuation"


class Spelling(NamedTuple):
    """A name to look for, in lower case."""

    name: str
    removed: tuple[Decoration, ...]
    prefix: str  # the path before the name, if one was taken off: perhaps a vendor


class Match(NamedTuple):
    """How the names of an event lead to a price: by which of them, and in which spelling."""

    matched_by: MatchedBy
    spelling: Spelling


Clause = list[Any]
"""A condition on a name: ["equals", text], ["starts_with", …], ["ends_with", …], ["contains", …], ["regex", …],
["or", clause, …] or ["and", clause, …]."""

_CONTEXT = re.compile(r"^(.+?)\s*\[\d+[km]\]$")
_THINKING_SUFFIX = re.compile(r"^(.+?)\s*\([^()]*\)$")
_DATE = re.compile(r"^(.+?)[-@](?:20\d{2}-?(?:0[1-9]|1[0-2])-?(?:0[1-9]|[12]\d|3[01])|latest|00\d)$")
_COMPACT_DATE = re.compile(r"-(20\d{2})(0[1-9]|1[0-2])(0[1-9]|[12]\d|3[01])(?=-|:|$)")
_EFFORT = re.compile(r"^(.+?)-(?:minimal|low|medium|high|xhigh|thinking)$")
_DOTTED = re.compile(r"(?<![\d.])(\d{1,2})\.(\d{1,2})(?![\d.])")
_DASHED = re.compile(r"(?<![\d.])(?<!\d-)(\d{1,2})-(\d{1,2})(?=-|$)(?!-\d)")
_WRAPPER = re.compile(r"^gemini-(claude-.+|gpt-.+)$")


def spellings(name: str) -> list[list[Spelling]]:
    """The names under which `name` may be known, likeliest first, in two groups.

    The first group takes off what no vendor puts on a model's own name, and dates; the second what can be a part of
    one (`-high`, `-thinking`), so it is sought only when nothing knows the first.
    """
    sent = Spelling(name.strip().lower()[:NAME_CHARACTERS], (), "")
    steps = (_without_models, _without_suffix, _without_context, _without_prefix, _without_wrapper, _without_date)
    plain = list(_grow([sent], steps))
    known = {spelling.name for spelling in plain}
    guesses = _grow(plain, (_without_effort, _without_date, _as_preview, _repunctuated))
    return [plain[:SPELLINGS_MAX], [guess for guess in guesses if guess.name not in known][:SPELLINGS_MAX]]


def matches(clause: Clause, name: str) -> bool:
    """Whether a clause holds for a name in lower case. Raises ValueError for an unknown kind of clause."""
    kind, *rest = clause
    if kind in ("or", "and"):
        results = (matches(part, name) for part in rest)
        return any(results) if kind == "or" else all(results)
    text: str = rest[0]
    match kind:
        case "equals":
            return name == text
        case "starts_with":
            return name.startswith(text)
        case "ends_with":
            return name.endswith(text)
        case "contains":
            return text in name
        case "regex":
            return re.search(text, name) is not None
    raise ValueError(f"unknown kind of clause: {kind}")


def parse_clause(text: str) -> Clause:
    """A clause as the file keeps it. Raises msgspec.DecodeError."""
    clause: Clause = msgspec.json.decode(text, type=list)
    return clause


def is_resold(priced_model: str) -> bool:
    """Whether a catalogue's name is a reseller's, with the vendor before it: `qwen/qwen3-max`."""
    return "/" in priced_model


def resold_name(priced_model: str) -> str:
    """The vendor's own name of a resold model, in lower case: `qwen3-max`."""
    return priced_model.rsplit("/", 1)[-1].lower()


def edited_ways(model: str, alias: str) -> Iterator[Match]:
    """The spellings in the order in which edited prices are looked for: both names as they are come first.

    A person who prices an alias means it. The catalogue is never asked for an alias: people call one vendor's model by
    another's name.
    """
    names = [(model, MatchedBy.AS_SENT)] + ([(alias, MatchedBy.ALIAS)] if alias != model else [])
    ways = [(way, spelling) for name, way in names for group in spellings(name) for spelling in group]
    yield from (Match(way, spelling) for way, spelling in ways if not spelling.removed)
    yield from (undecorated(way, spelling) for way, spelling in ways if spelling.removed)


def undecorated(way: MatchedBy, spelling: Spelling) -> Match:
    """The match by one of the ways above in this spelling."""
    if spelling.removed:
        way = MatchedBy.UNDECORATED if way is MatchedBy.AS_SENT else MatchedBy.UNDECORATED_ALIAS
    return Match(way, spelling)


_Step = Callable[[Spelling], Iterator[Spelling]]


def _grow(start: list[Spelling], steps: tuple[_Step, ...]) -> Iterator[Spelling]:
    """Everything that the steps make of `start`, breadth first, each name once."""
    seen = {spelling.name for spelling in start}
    queue = list(start)
    for spelling in queue:
        yield spelling
        for step in steps:
            for found in step(spelling):
                if found.name and found.name not in seen:
                    seen.add(found.name)
                    queue.append(found)


def _without_models(spelling: Spelling) -> Iterator[Spelling]:
    if spelling.name.startswith("models/"):
        yield Spelling(spelling.name[7:], (*spelling.removed, Decoration.MODELS_PREFIX), spelling.prefix)


def _without_suffix(spelling: Spelling) -> Iterator[Spelling]:
    found = _THINKING_SUFFIX.match(spelling.name)
    if found:
        yield Spelling(found[1], (*spelling.removed, Decoration.THINKING_SUFFIX), spelling.prefix)


def _without_context(spelling: Spelling) -> Iterator[Spelling]:
    """Claude Code asks for a million tokens of context by `[1m]` behind any model's name."""
    found = _CONTEXT.match(spelling.name)
    if found:
        yield Spelling(found[1], (*spelling.removed, Decoration.CONTEXT), spelling.prefix)


def _without_prefix(spelling: Spelling) -> Iterator[Spelling]:
    prefix, slash, rest = spelling.name.partition("/")
    if slash and prefix != "models":
        yield Spelling(rest, (*spelling.removed, Decoration.PREFIX), prefix)


def _without_date(spelling: Spelling) -> Iterator[Spelling]:
    dashed = _COMPACT_DATE.sub(r"-\1-\2-\3", spelling.name)
    if dashed != spelling.name:
        yield Spelling(dashed, spelling.removed, spelling.prefix)
    found = _DATE.match(spelling.name)
    if found:
        yield Spelling(found[1], (*spelling.removed, Decoration.DATE), spelling.prefix)


def _without_wrapper(spelling: Spelling) -> Iterator[Spelling]:
    found = _WRAPPER.match(spelling.name)
    if found:
        yield Spelling(found[1], (*spelling.removed, Decoration.WRAPPER), spelling.prefix)


def _without_effort(spelling: Spelling) -> Iterator[Spelling]:
    found = _EFFORT.match(spelling.name)
    if found:
        yield Spelling(found[1], (*spelling.removed, Decoration.EFFORT), spelling.prefix)


def _repunctuated(spelling: Spelling) -> Iterator[Spelling]:
    """`grok-4.1-fast` is also written `grok-4-1-fast`."""
    for pattern, mark in ((_DOTTED, "-"), (_DASHED, ".")):
        found = pattern.sub(rf"\1{mark}\2", spelling.name)
        if found != spelling.name:
            yield Spelling(found, (*spelling.removed, Decoration.PUNCTUATION), spelling.prefix)


def _as_preview(spelling: Spelling) -> Iterator[Spelling]:
    """Google's models are priced under their preview names while Antigravity already drops them."""
    if spelling.name.startswith("gemini-") and not spelling.name.endswith("-preview"):
        yield Spelling(f"{spelling.name}-preview", (*spelling.removed, Decoration.PREVIEW), spelling.prefix)
