"""The catalogue against genai-prices' own calculation, and what an upgrade of it does to a file."""

import random
import subprocess
import sys
from collections.abc import Iterator
from datetime import UTC, date, datetime, timedelta
from fractions import Fraction

import pytest
from genai_prices import data
from genai_prices.types import (
    ConditionalPrice,
    ModelInfo,
    ModelPrice,
    StartDateConstraint,
    TimeOfDateConstraint,
    Usage,
)

from ingestd.pricebook import catalogue, catalogue_format
from ingestd.pricebook.catalogue_format import Model, Seller, Version
from ingestd.pricebook.versions import PricedVersion, VersionsOverTime
from shared.database import open_writer
from shared.migrations import migrate
from shared.model_names import MatchedBy
from shared.normalization import Tokens
from shared.price_versions import catalogue_versions, price_of
from shared.prices import Charge, ContextTier, Hours, Price, Rates, Source, cost
from tools.catalogue import genai
from tools.catalogue.__main__ import TARGET, compiled

NOW = 1_795_000_000_000_000
FOUR = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "output_mtok")
FLAT = Rates(*[1_000_000] * 4)


@pytest.fixture
def connection(tmp_path) -> Iterator:
    opened = open_writer(tmp_path / "app.db", "ingestd")
    migrate(opened, NOW)
    yield opened
    opened.close()


def over_time(seller: str, model: Model, tier: str) -> VersionsOverTime:
    versions = [
        PricedVersion(
            Price(
                n,
                Source.BUNDLED,
                seller,
                model.model,
                version.service_tier,
                catalogue.microseconds(version.since),
                catalogue.rates(version.rates),
                tuple(ContextTier(above, catalogue.rates(prices)) for above, prices in version.context_tiers),
                hours=None if version.hours is None else Hours(*version.hours),
            ),
            MatchedBy.AS_SENT,
        )
        for n, version in enumerate(model.versions, start=1)
    ]
    return VersionsOverTime([versions], tier)


def context(tier: str, model: ModelInfo) -> dict[str, str] | None:
    """What the package is asked for instead of a tier."""
    fast = any(variant.when == {"speed": "fast"} for variant in model.price_variants or ())
    if tier in ("priority", "fast") and fast:
        return {"speed": "fast"}
    return {"service_tier": tier} if tier else None


def library_cost(model: ModelInfo, at: datetime, tier: str, tokens: Tokens) -> Fraction:
    """Nano-dollars by genai-prices itself, of the four prices that CPA's figures can be charged by."""
    found = model.get_prices(at, context(tier, model))
    price = ModelPrice(**{name: getattr(found, name) for name in FOUR if getattr(found, name) is not None})
    usage = Usage(
        input_tokens=tokens.input,
        cache_read_tokens=tokens.cache_read,
        cache_write_tokens=tokens.cache_write,
        output_tokens=tokens.output,
    )
    return Fraction(price.calc_price(usage)["total_price"]) * 10**9


def moments(model: ModelInfo, chance: random.Random) -> list[datetime]:
    """Around every change of the model's prices, and anywhere."""
    found = [datetime(2026, 4, 25, tzinfo=UTC) + timedelta(seconds=chance.randrange(86_400 * 400))]
    for price in model.prices if isinstance(model.prices, list) else []:
        if isinstance(price.constraint, StartDateConstraint):
            start = datetime.combine(price.constraint.start_date, datetime.min.time(), UTC)
            found += [start, start - timedelta(microseconds=1)]
        elif isinstance(price.constraint, TimeOfDateConstraint):
            for edge in (price.constraint.start_time, price.constraint.end_time):
                moment = datetime.combine(date(2026, 11, 1), edge)
                found += [moment, moment - timedelta(microseconds=1)]
    return found


def test_every_price_equals_what_the_library_itself_calculates():
    chance = random.Random(20261124)
    models = {(provider.id, model.id): model for provider in data.providers for model in provider.models}
    checked = 0
    for seller, line in ((seller.id, line) for seller, lines in genai.sellers() for line in lines):
        model = models[seller, line.model]
        tiers = {version.service_tier for version in line.versions} | {"", "flex"}
        for tier in sorted(tiers):
            priced = over_time(seller, line, tier)
            for at in moments(model, chance):
                into = chance.choice([0, 1, 900, 150_000, 200_000, 200_001, 272_001, 600_000])
                read = chance.randint(0, into)
                out = 0 if any(version.rates[5:] for version in line.versions) else chance.choice([0, 7, 8_000])
                tokens = Tokens(into, read, chance.randint(0, into - read), out)
                found = priced.at(int(at.timestamp()) * 1_000_000 + at.microsecond)
                expected = library_cost(model, at, tier, tokens)
                if found is None:
                    assert expected == 0
                    continue
                # Half a nano-dollar is our rounding; the rest is prices that a reseller computed to 16 digits.
                most = Fraction(1, 2) + Fraction(tokens.total, 2_000)
                exact = all(
                    Fraction(str(part)) * 10**6 % 1 == 0
                    for part in _amounts(model.get_prices(at, context(tier, model)))
                )
                difference = abs(cost(tokens, Charge(found.price)) - expected)
                assert difference <= (Fraction(1, 2) if exact else most), (seller, line.model, tier, at)
                checked += 1
    assert checked > 5_000


def _amounts(price: ModelPrice) -> Iterator:
    for name in FOUR:
        part = getattr(price, name)
        if part is not None:
            yield from [part] if not hasattr(part, "tiers") else [part.base, *(tier.price for tier in part.tiers)]


def test_only_models_that_are_not_priced_by_the_token_are_left_out():
    sold = {(seller.id, line.model) for seller, lines in genai.sellers() for line in lines}
    for provider in data.providers:
        for model in provider.models:
            prices = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
            by_token = any(p.prices.input_mtok is not None or p.prices.output_mtok is not None for p in prices)
            assert ((provider.id, model.id) in sold) == by_token, (provider.id, model.id)


def test_the_catalogue_is_what_the_locked_package_and_our_tables_compile_to():
    assert TARGET.read_bytes() == catalogue_format.read() == compiled(), "run make catalogue"


def test_every_price_says_whose_it_is_from_which_page_and_when_that_was_read():
    seller: Seller | None = None
    for line in catalogue.lines(catalogue_format.read()):
        if isinstance(line, Seller):
            seller = line
            assert seller.name
        else:
            assert seller is not None
            assert (line.page or seller.page).startswith("https://"), (seller.id, line.model)
            assert date.fromisoformat(line.read or seller.read) <= date(2026, 11, 26)


def test_no_daemon_needs_the_package():
    code = "import sys, ingestd.__main__, queryd.__main__; print('genai_prices' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_a_new_file_is_priced_at_once_and_a_second_start_does_nothing(connection):
    data = catalogue_format.read()
    assert catalogue.seed(connection, data, NOW) > 2_000
    assert connection.execute("select text from meta where key = 'catalogue'").fetchone()[0].startswith("genai")
    assert catalogue.seed(connection, data, NOW) == 0


def lines(*versions: Version, model: str = "gpt-x") -> list:
    return [
        Seller("openai", "OpenAI", "https://openai.example", "2026-11-24"),
        Model(model, True, (model,), (), versions),
    ]


def live(connection) -> list[int]:
    return [price.effective_from for price in catalogue_versions(connection, "openai", "gpt-x")]


OLD = Version("", "", (1_000_000,) * 4)
NEW = Version("", "2026-11-18", (2_000_000, 1, 1, 1))
NEW_FROM = catalogue.microseconds(NEW.since)


def test_an_upgrade_adds_the_new_versions_and_leaves_the_known_ones_as_they_are(connection):
    assert catalogue.install(connection, lines(OLD), "package 1", NOW) == 1
    assert catalogue.install(connection, lines(OLD, NEW), "package 2", NOW + 5) == 1
    rows = connection.execute(
        "select id, catalogue, recorded_at, retired_at from catalogue_price order by id"
    ).fetchall()
    assert rows == [(1, "package 1", NOW, None), (2, "package 2", NOW + 5, None)]


def test_a_version_that_a_catalogue_takes_back_is_retired_and_goes_on_explaining(connection):
    catalogue.install(connection, lines(OLD), "package 1", NOW)
    catalogue.install(connection, lines(NEW), "package 2", NOW + 5)
    assert live(connection) == [NEW_FROM]
    kept = price_of(connection, 1)
    assert kept is not None
    assert kept.rates == FLAT


def test_a_model_that_a_catalogue_no_longer_has_keeps_its_price(connection):
    catalogue.install(connection, lines(OLD), "package 1", NOW)
    catalogue.install(connection, lines(OLD, model="gpt-y"), "package 2", NOW + 5)
    assert live(connection) == [0]


def test_a_catalogue_that_breaks_off_leaves_the_file_as_it_was(connection):
    catalogue.install(connection, lines(OLD), "package 1", NOW)

    def broken():
        yield from lines(NEW)
        raise RuntimeError("the disk went away")

    with pytest.raises(RuntimeError):
        catalogue.install(connection, broken(), "package 2", NOW + 5)
    assert live(connection) == [0]
    assert connection.execute("select text from meta where key = 'catalogue'").fetchone()[0] == "package 1"


def test_a_model_before_any_seller_is_no_catalogue(connection):
    with pytest.raises(catalogue.CatalogueError, match="no seller"):
        catalogue.install(connection, lines(OLD)[1:], "package 1", NOW)


def test_the_catalogues_versions_never_take_the_ids_of_edited_ones(connection, monkeypatch):
    monkeypatch.setattr(catalogue, "EDITED_PRICE_IDS_FROM", 2)
    with pytest.raises(catalogue.CatalogueError, match="no ids are left"):
        catalogue.install(connection, lines(OLD, NEW), "package 1", NOW)
