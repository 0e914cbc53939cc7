"""Price versions and rules, and how events are charged. A version is never overwritten: a change adds one, so that a
frozen cost stays explicable.

Two tables of versions, because two daemons write: ingestd what comes with the program (`catalogue_price`), queryd what
a person enters or applies from a sync (`price`). Their ids do not overlap.

Prices are integers: micro-dollars per million tokens, which is the same as pico-dollars per token ($2.50 per million
= 2500000). Multipliers are in millionths. Times are UTC epoch microseconds; `effective_from` 0 = always.
"""

import peewee

from shared.schema.base import IngestTable, QueryTable

EDITED_PRICE_IDS_FROM = 1_000_000
"""Ids below are the catalogue's versions, ids from here on are edited ones."""


class Seller(IngestTable):
    """Who charges the catalogue's prices: the maker of a model, or somebody who resells it."""

    id = peewee.TextField(primary_key=True)
    name = peewee.TextField()
    currency = peewee.TextField()  # of its price list; other than USD, the prices are converted

    class Meta:
        without_rowid = True


class CatalogueModel(IngestTable):
    """A model of a seller, the page its prices are from, and when that was read."""

    id = peewee.AutoField()
    seller = peewee.TextField()
    model = peewee.TextField()
    maker = peewee.IntegerField()  # 1: the seller made it
    page = peewee.TextField()
    read_on = peewee.TextField()  # a date

    class Meta:
        table_name = "catalogue_model"
        indexes = ((("seller", "model"), True),)


class CataloguePrice(IngestTable):
    """A version out of the catalogue. It is retired when a newer catalogue has the model, but not this version."""

    id = peewee.IntegerField(primary_key=True, constraints=[peewee.Check(f"id > 0 and id < {EDITED_PRICE_IDS_FROM}")])
    model_id = peewee.IntegerField(index=True)
    service_tier = peewee.TextField()  # empty: the base prices
    effective_from = peewee.BigIntegerField()
    hours = peewee.TextField()  # JSON shared.prices.Hours: only then; empty: always
    input_price = peewee.BigIntegerField()
    cache_read_price = peewee.BigIntegerField()
    cache_write_price = peewee.BigIntegerField()  # kept for five minutes
    output_price = peewee.BigIntegerField()
    cache_write_1h_price = peewee.BigIntegerField(null=True)  # null: as for five minutes
    image_price = peewee.BigIntegerField(null=True)  # output that is an image; null: as other output
    context_tiers = peewee.TextField()  # JSON list of shared.prices.ContextTier, by rising threshold
    image_sizes = peewee.TextField()  # JSON list: the tokens an image can have, largest first
    catalogue = peewee.TextField()  # the one it came with
    recorded_at = peewee.BigIntegerField()
    retired_at = peewee.BigIntegerField(null=True)

    class Meta:
        table_name = "catalogue_price"


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
    cache_write_1h_price = peewee.BigIntegerField(null=True)
    ends = peewee.IntegerField(default=0)  # 1: from `effective_from` on this source has no price here
    recorded_by = peewee.TextField(default="")
    undoes = peewee.IntegerField(null=True)  # the version that this one takes back
    image_price = peewee.BigIntegerField(null=True)  # output that is an image; null: as other output

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
    effective_until = peewee.BigIntegerField(null=True)
    hours = peewee.TextField(default="")  # JSON shared.prices.Hours: only then; empty: always
    recorded_by = peewee.TextField(default="")
    retired_by = peewee.TextField(default="")

    class Meta:
        table_name = "price_rule"


class PriceSetting(QueryTable):
    """A choice about prices, by name: shared.price_versions.Settings."""

    name = peewee.TextField(primary_key=True)
    value = peewee.BigIntegerField()
    edited_at = peewee.BigIntegerField()
    edited_by = peewee.TextField()

    class Meta:
        table_name = "price_setting"
        without_rowid = True


class Charge(IngestTable):
    """How events are charged: `event.charge_id`, and the column `charge`. With an event's tokens it is all that its
    cost follows from. Rows are never changed.
    """

    id = peewee.AutoField()
    price_id = peewee.IntegerField(null=True)  # null: nothing is known to charge by
    matched_by = peewee.TextField()  # shared.model_names.MatchedBy: how the price was found; empty: not recorded
    factors = peewee.TextField()  # JSON list of shared.prices.Factor
    marks = peewee.IntegerField()  # shared.prices.Mark

    class Meta:
        indexes = ((("price_id", "matched_by", "factors", "marks"), True),)


PRICE_TABLES: tuple[type[IngestTable] | type[QueryTable], ...] = (
    Seller,
    CatalogueModel,
    CataloguePrice,
    Price,
    PriceRule,
    PriceSetting,
    Charge,
)
