"""The rows that names and price rules of a source are about, and what is left of its prices to enter."""

import sqlite3
from typing import NamedTuple

import msgspec

from ingestd.dimensions import Dimensions
from ingestd.imports.source import (
    NO_COUNTERS,
    NO_HEADERS,
    CredentialAlias,
    Edits,
    PriceEntry,
    PriceRuleEntry,
)
from ingestd.pricebook.book import PriceBook
from ingestd.usage_event import UsageEvent
from shared.database import transaction
from shared.prices import ONE, Price, Rule, RuleKey

_KEYS = {
    "model": RuleKey.MODEL,
    "model_alias": RuleKey.ALIAS,
    "api_group_key": RuleKey.API_KEY,
    "auth_index": RuleKey.CREDENTIAL,
    "endpoint": RuleKey.ENDPOINT,
    "executor_type": RuleKey.EXECUTOR_TYPE,
    "reasoning_effort": RuleKey.REASONING_EFFORT,
    "service_tier": RuleKey.SERVICE_TIER,
    "response_service_tier": RuleKey.RESPONSE_SERVICE_TIER,
}


class Subjects(NamedTuple):
    """Rows and records for what a person had entered: ids instead of keys, so that no secret goes any further.

    `same`: models whose price there is the catalogue's, and which are left to it.
    """

    labels: tuple[tuple[str, int, str], ...]  # kind, id of the row, label
    prices: tuple[Price, ...]
    rules: tuple[Rule, ...]
    same: tuple[str, ...]


def left_to_enter(edits: Edits, book: PriceBook, now: int) -> tuple[list[PriceEntry], list[str]]:
    """(prices to enter, models whose price is the catalogue's): a price without rules that is the same as ours is
    left to the catalogue, which knows its context and service tiers as well.
    """
    entries, same = [], []
    for entry in edits.prices:
        ours = book.current("", entry.price.model, now)
        if not entry.rules and entry.price.multiplier == ONE and ours is not None and _equal(entry.price, ours):
            same.append(entry.price.model)
        else:
            entries.append(entry)
    return entries, same


def subjects(
    connection: sqlite3.Connection, dimensions: Dimensions, book: PriceBook, edits: Edits, now: int
) -> Subjects:
    """The rows, made where there are none yet. A rule on something that this program has no rules on is left out."""
    entries, same = left_to_enter(edits, book, now)
    try:
        with transaction(connection):
            labels = [("api_key", dimensions.api_key(each.key, now), each.label) for each in edits.keys]
            labels += [
                ("credential", dimensions.credential(_stand_in(each), now), each.label)
                for each in edits.credentials
                if each.auth_index
            ]
            rules = [
                Rule(0, entry.price.model, key, value, rule.multiplier, 0)
                for entry in entries
                for rule in entry.rules
                if (key := _KEYS.get(rule.key)) is not None
                and rule.multiplier != ONE
                and (value := _value(dimensions, key, rule, now))
            ]
    except BaseException:
        dimensions.forget()
        raise
    return Subjects(tuple(labels), tuple(entry.price for entry in entries), tuple(rules), tuple(same))


def _value(dimensions: Dimensions, key: RuleKey, rule: PriceRuleEntry, now: int) -> str:
    if key is RuleKey.API_KEY:
        return str(dimensions.api_key(rule.value, now))
    if key is RuleKey.CREDENTIAL:
        return str(dimensions.credential(_stand_in(CredentialAlias(rule.value, "", "", "", "")), now))
    return rule.value


def _equal(theirs: Price, ours: Price) -> bool:
    """Whether what it charges is what we charge; 0 for cache writes is what it has where nobody entered any."""
    one, other = theirs.rates, ours.rates
    return (
        (one.input, one.cache_read, one.output) == (other.input, other.cache_read, other.output)
        and one.cache_write in (0, other.cache_write)
        and ours.multiplier == ONE
        and other.image is None
    )


_NOBODY = UsageEvent(0, NO_COUNTERS, None, 0, False, True, 0, "", 0, 0, *("",) * 16, NO_HEADERS)


def _stand_in(alias: CredentialAlias) -> UsageEvent:
    """An event that no one sent, for the row of an account that has none."""
    return msgspec.structs.replace(
        _NOBODY,
        provider=alias.provider,
        auth_type=alias.auth_type,
        auth_index=alias.auth_index,
        source=alias.account,
    )
