"""The price of an event: what it is frozen at when the event is stored."""

import sqlite3
from collections.abc import Iterator

import msgspec

from ingestd.pricebook.assumptions import Tier, billed_tier, marks
from ingestd.pricebook.catalogue_format import read
from ingestd.pricebook.charges import Charges, Way
from ingestd.pricebook.matching import Catalogue
from ingestd.pricebook.versions import PricedVersion, VersionsOverTime
from shared.model_names import MatchedBy, edited_ways
from shared.normalization import Tokens
from shared.price_versions import (
    catalogue_versions,
    edited_versions,
    price_state,
    rules_of,
    settings,
)
from shared.prices import Billable, Charge, Mark, Price, Source, cost, dimensions, matching

NAMES_MAX = 4_096
"""Most combinations of names kept in memory: clients choose some of the names, so there is a bound."""


class Priced(msgspec.Struct, frozen=True, gc=False):
    """What an event costs at API prices: nano-dollars, or None where that is unknown; and how it was charged."""

    cost_nanos: int | None
    charge_id: int | None = None


UNPRICED = Priced(None)
NOTHING = Priced(0)
"""No price and no tokens either: a failure of an unknown model costs nothing."""

_Names = tuple[str, str, str, str]


class PriceBook:
    """Prices of one connection, with what was found out about names kept in memory.

    Versions are read when an event asks for them. `refresh` notices versions and rules that queryd has added since.
    """

    def __init__(
        self, connection: sqlite3.Connection, catalogue: bytes | None = None, draft: Price | None = None
    ) -> None:
        """`draft`: a version that counts as if a person had just entered it; by such a book nothing may be stored."""
        self._connection = connection
        self._draft = draft
        self._catalogue = Catalogue(read() if catalogue is None else catalogue)
        self.charges = Charges(connection)
        self._versions: dict[_Names, VersionsOverTime] = {}
        self._state = price_state(connection)
        self._read()

    def refresh(self) -> bool:
        """Forget what was found out if prices or rules have changed in the file; cheap enough for every batch."""
        state = price_state(self._connection)
        if state == self._state:
            return False
        self._state = state
        self._read()
        return True

    def forget(self) -> None:
        """After a rollback: what was added to the file with it is gone."""
        self.charges.forget()

    def price(self, event: Billable, tokens: Tokens, *, api_key_id: int = 0, credential_id: int = 0) -> Priced:
        """The cost of an event by the version in force when it began; the ids are what rules on them look at.

        A miss reads the file, and a new way of charging is written to it. Raises what SQLite raises.
        """
        nanos, way = self.charged(event, tokens, api_key_id=api_key_id, credential_id=credential_id)
        if way is None:
            return UNPRICED if nanos is None else NOTHING
        return Priced(nanos, self.charges.id(way))

    def charged(
        self, event: Billable, tokens: Tokens, *, api_key_id: int = 0, credential_id: int = 0
    ) -> tuple[int | None, Way | None]:
        """The same, with the way of charging itself; writes nothing."""
        tier = billed_tier(event)
        version = self._names(event, tier).at(event.occurred_at)
        if version is None:
            return (0 if tokens.is_zero else None), None
        price = version.price
        if tokens.unclassified and not (tokens.input or tokens.output):
            return None, (price.id, version.matched_by, (), Mark.TOKENS_UNKNOWN)
        said = marks(event, tokens, price, tier, self._settings)
        factors = (
            matching(version.rules, dimensions(event, api_key_id, credential_id), event.occurred_at)
            if version.rules and price.multiplier
            else ()
        )
        return cost(tokens, Charge(price, factors, said)), (price.id, version.matched_by, factors, said)

    def current(self, provider: str, model: str, now: int) -> Price | None:
        """The base price that a request of that model would be charged by at that moment."""
        found = self._over_time(provider, model, model, "").at(now)
        return None if found is None else found.price

    def names(self, provider: str, model: str, alias: str) -> frozenset[str]:
        """In lower case: the models whose prices and rules can concern a request of those names."""
        listed = self._catalogue.find(provider, model)
        edited = frozenset(way.spelling.name for way in edited_ways(model, alias))
        return edited if listed is None else edited | {listed.model.lower()}

    def _names(self, event: Billable, tier: Tier) -> VersionsOverTime:
        key = (event.provider, event.model, event.alias, tier.name)
        found = self._versions.get(key)
        if found is None:
            if len(self._versions) >= NAMES_MAX:
                self._versions.clear()
            found = self._versions[key] = self._over_time(*key)
        return found

    def _over_time(self, provider: str, model: str, alias: str, service_tier: str) -> VersionsOverTime:
        series = [
            versions
            for source in (Source.MANUAL, Source.SYNCED)
            for versions in self._edited(source, provider, model, alias)
        ]
        found = self._catalogue.find(provider, model)
        if found is not None:
            prices = catalogue_versions(self._connection, found.seller, found.model)
            series.append([self._version(price, found.match.matched_by) for price in prices])
        return VersionsOverTime(series, service_tier)

    def _edited(self, source: Source, provider: str, model: str, alias: str) -> Iterator[list[PricedVersion]]:
        """Versions by spelling, those for the event's provider before those for any.

        Each is a series of its own, so that one that begins later does not switch off the others before.
        """
        for way in edited_ways(model, alias) if self._edited_models else ():
            if way.spelling.name not in self._edited_models:
                continue
            versions = edited_versions(self._connection, source, way.spelling.name, provider)
            draft = self._draft
            if draft is not None and draft.source is source and draft.model.lower() == way.spelling.name:
                versions += [draft] if draft.provider in ("", provider) else []
            for own in (True, False):
                series = [self._version(price, way.matched_by) for price in versions if bool(price.provider) is own]
                if series:
                    yield series

    def _version(self, price: Price, matched_by: MatchedBy) -> PricedVersion:
        return PricedVersion(price, matched_by, rules_of(self._connection, price.model))

    def _read(self) -> None:
        rows = self._connection.execute("select distinct lower(model) from price where retired_at is null")
        drafted = () if self._draft is None else (self._draft.model.lower(),)
        self._edited_models = frozenset((*drafted, *(row[0] for row in rows)))
        self._settings = settings(self._connection)
        self._versions.clear()
        self.charges.forget()
