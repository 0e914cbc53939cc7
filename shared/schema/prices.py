"""Price versions and rules. A version is never overwritten: a change adds one, so a frozen cost stays explicable.

Two tables of one shape, because two daemons write: ingestd what comes with the program (`bundled_price`), queryd what
a person enters or applies from a sync (`price`). Their ids do not overlap, so `event.price_id` is one number.

Prices are integers: micro-dollars per million tokens, which is the same as pico-dollars per token ($2.50 per million
= 2500000). Multipliers are in millionths. Times are UTC epoch microseconds; `effective_from` 0 = always.
"""

import peewee

from shared.schema.base import IngestTable, QueryTable

EDITED_PRICE_IDS_FROM = 1_000_000
"""Ids below are bundled versions, ids from here on are edited ones."""


class BundledProvider(IngestTable):
    """A seller of models in the bundled catalogue, in the catalogue's order."""

    id = peewee.TextField(primary_key=True)
    position = peewee.IntegerField()
    name = peewee.TextField()
    provider_match = peewee.TextField(null=True)  # JSON clause (shared.model_names) over names of providers
    model_match = peewee.TextField(null=True)  # the same over names of models: which of them it makes

    class Meta:
        table_name = "bundled_provider"
        without_rowid = True


class BundledModel(IngestTable):
    """A model of a bundled provider, and how its name is recognized."""

    id = peewee.AutoField()
    provider = peewee.TextField()
    position = peewee.IntegerField()
    model = peewee.TextField()
    match = peewee.TextField()  # JSON clause

    class Meta:
        table_name = "bundled_model"
        indexes = ((("provider", "position"), False), (("provider", "model"), True))


class BundledPrice(IngestTable):
    """A version out of the bundle. It is retired when a newer bundle still has the model, but not this version."""

    id = peewee.IntegerField(primary_key=True, constraints=[peewee.Check(f"id > 0 and id < {EDITED_PRICE_IDS_FROM}")])
    model_id = peewee.IntegerField(index=True)
    service_tier = peewee.TextField()  # empty: the base prices
    effective_from = peewee.BigIntegerField()
    daily_from = peewee.IntegerField(null=True)  # seconds after midnight UTC: a version for a part of each day
    daily_until = peewee.IntegerField(null=True)  # exclusive, at most 86400
    input_price = peewee.BigIntegerField()
    cache_read_price = peewee.BigIntegerField()
    cache_write_price = peewee.BigIntegerField()
    output_price = peewee.BigIntegerField()
    context_tiers = peewee.TextField()  # JSON list of shared.prices.ContextTier, by rising threshold
    bundle = peewee.TextField()  # the package version it came with
    recorded_at = peewee.BigIntegerField()
    retired_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "bundled_price"


class Price(QueryTable):
    """A version that a person entered, or applied from a sync."""

    id = peewee.IntegerField(primary_key=True, constraints=[peewee.Check(f"id >= {EDITED_PRICE_IDS_FROM}")])
    source = peewee.TextField(constraints=[peewee.Check("source in ('manual', 'synced')")])
    provider = peewee.TextField()  # as events spell it; empty: any
    model = peewee.TextField()
    service_tier = peewee.TextField()  # empty: the base prices
    effective_from = peewee.BigIntegerField()
    input_price = peewee.BigIntegerField()
    cache_read_price = peewee.BigIntegerField()
    cache_write_price = peewee.BigIntegerField()
    output_price = peewee.BigIntegerField()
    context_tiers = peewee.TextField()
    multiplier = peewee.BigIntegerField()
    origin = peewee.TextField()  # what it was synced from, such as `models.dev: openai/gpt-5.4`
    recorded_at = peewee.BigIntegerField()
    retired_at = peewee.BigIntegerField(null=True)

    class Meta:
        indexes = ((("model",), False),)


class PriceRule(QueryTable):
    """A factor on the cost of the requests that match it. Matching rules multiply."""

    id = peewee.AutoField()
    model = peewee.TextField()  # the priced model it belongs to; empty: every model
    key = peewee.TextField()  # shared.prices.RuleKey
    value = peewee.TextField()  # compared exactly
    multiplier = peewee.BigIntegerField()
    effective_from = peewee.BigIntegerField()
    recorded_at = peewee.BigIntegerField()
    retired_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "price_rule"


PRICE_TABLES: tuple[type[IngestTable] | type[QueryTable], ...] = (
    BundledProvider,
    BundledModel,
    BundledPrice,
    Price,
    PriceRule,
)
