"""The price of an event: what it is frozen at when the event is stored."""

import sqlite3
from collections.abc import Iterator

import msgspec

from ingestd.pricebook.matching import Catalogue
from ingestd.pricebook.tariff import Offer, Tariff
from shared.model_names import MatchedBy, edited_ways
from shared.normalization import Tokens
from shared.price_versions import bundled_versions, edited_versions, rules_of
from shared.prices import ONE, Billable, Price, Source, billed_tier, cost, dimensions, matching

TARIFFS_MAX = 4_096
"""Most combinations of names kept in memory: clients choose some of the names, so there is a bound."""


class Priced(msgspec.Struct, frozen=True, gc=False):
    """What an event costs at API prices: nano-dollars, or None where no price was in force."""

    cost_nanos: int | None
    price_id: int | None = None
    matched_by: MatchedBy | None = None


UNPRICED = Priced(None)
NOTHING = Priced(0)
"""No price and no tokens either: a failure of an unknown model costs nothing."""

_TariffKey = tuple[str, str, str, str]


class PriceBook:
    """Prices of one connection, with what was found out about names kept in memory.

    Versions are read when an event asks for them. `refresh` notices versions and rules that queryd has added since.
    """

    def __init__(self, connection: sqlite3.Connection) -> None:
        self._connection = connection
        self._catalogue = Catalogue(connection)
        self._tariffs: dict[_TariffKey, Tariff] = {}
        self._edition = self._read_edition()
        self._edited_models = self._read_edited_models()

    @classmethod
    def load(cls, connection: sqlite3.Connection) -> "PriceBook":
        return cls(connection)

    def refresh(self) -> bool:
        """Forget what was found out if prices or rules have changed in the file; cheap enough for every batch."""
        edition = self._read_edition()
        if edition == self._edition:
            return False
        self._edition = edition
        self._edited_models = self._read_edited_models()
        self._catalogue = Catalogue(self._connection)
        self._tariffs.clear()
        return True

    def price(self, event: Billable, tokens: Tokens, *, api_key_id: int = 0, credential_id: int = 0) -> Priced:
        """The cost of an event by the version in force when it began; the ids are what rules on them look at.

        A miss reads the file. Raises what SQLite raises.
        """
        key = (
            event.provider,
            event.model,
            event.alias,
            billed_tier(event.service_tier, event.response_service_tier),
        )
        tariff = self._tariffs.get(key)
        if tariff is None:
            if len(self._tariffs) >= TARIFFS_MAX:
                self._tariffs.clear()
            tariff = self._tariffs[key] = self._tariff(*key)
        offer = tariff.at(event.occurred_at)
        if offer is None:
            return NOTHING if tokens.is_zero else UNPRICED
        price = offer.price
        if offer.rules and price.multiplier:
            found = dimensions(event, api_key_id, credential_id)
            factors = [rule.multiplier for rule in matching(offer.rules, found, event.occurred_at)]
            nanos = cost(tokens, price, [factor for factor in factors if factor != ONE])
        else:
            nanos = cost(tokens, price)
        return Priced(nanos, price.id, offer.matched_by)

    def _tariff(self, provider: str, model: str, alias: str, service_tier: str) -> Tariff:
        edited = [list(self._edited(source, provider, model, alias)) for source in (Source.MANUAL, Source.SYNCED)]
        found = self._catalogue.find(provider, model, alias)
        bundled = (
            [self._offer(price, found.match.matched_by) for price in bundled_versions(self._connection, found.model_id)]
            if found is not None
            else []
        )
        return Tariff([*edited, bundled], service_tier)

    def _edited(self, source: Source, provider: str, model: str, alias: str) -> Iterator[Offer]:
        """Versions of the first spelling that has any; those for the event's provider hide those for any."""
        for way in edited_ways(model, alias) if self._edited_models else ():
            if way.spelling.name not in self._edited_models:
                continue
            versions = edited_versions(self._connection, source, way.spelling.name, provider)
            own = [version for version in versions if version.provider] or versions
            if own:
                yield from (self._offer(price, way.matched_by) for price in own)
                return

    def _offer(self, price: Price, matched_by: MatchedBy) -> Offer:
        return Offer(price, matched_by, rules_of(self._connection, price.model))

    def _read_edited_models(self) -> frozenset[str]:
        rows = self._connection.execute("select distinct lower(model) from price where retired_at is null")
        return frozenset(row[0] for row in rows)

    def _read_edition(self) -> tuple[object, ...]:
        row = self._connection.execute(
            "select (select max(id) from price), (select count(retired_at) from price),"
            " (select max(id) from price_rule), (select count(retired_at) from price_rule),"
            " (select text from meta where key = 'bundled_prices')"
        ).fetchone()
        return tuple(row)
