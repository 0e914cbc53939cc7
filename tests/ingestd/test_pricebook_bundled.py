"""The bundled prices against genai-prices' own calculation, upgrades of the package, and failures of the compiler."""

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

from ingestd.pricebook import bundled, compiler
from ingestd.pricebook.bundle import BundledModelLine, BundledProviderLine, Version
from ingestd.pricebook.tariff import Offer, Tariff
from shared.database import open_writer
from shared.migrations import migrate
from shared.model_names import MatchedBy
from shared.normalization import Tokens
from shared.price_versions import bundled_versions, price_of
from shared.prices import Price, Rates, Source, cost, rates

NOW = 1_795_000_000_000_000
FOUR = ("input_mtok", "cache_read_mtok", "cache_write_mtok", "output_mtok")
FLAT = Rates(*[1_000_000] * 4)


@pytest.fixture
def connection(tmp_path) -> Iterator:
    opened = open_writer(tmp_path / "app.db", "ingestd")
    migrate(opened, NOW)
    yield opened
    opened.close()


def tariff(line: BundledModelLine, tier: str) -> Tariff:
    offers = [
        Offer(
            Price(
                n,
                Source.BUNDLED,
                line.provider,
                line.model,
                version.service_tier,
                version.effective_from,
                version.rates,
                version.context_tiers,
                daily=(version.daily_from, version.daily_until or 0) if version.daily_from is not None else None,
            ),
            MatchedBy.AS_SENT,
        )
        for n, version in enumerate(line.versions, start=1)
    ]
    return Tariff([offers], tier)


def library_cost(model: ModelInfo, at: datetime, tier: str, tokens: Tokens) -> Fraction:
    """Nano-dollars by genai-prices itself, of the four prices that CPA's figures can be charged by."""
    found = model.get_prices(at, {"service_tier": tier} if tier else None)
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


def test_every_bundled_price_equals_what_the_library_itself_calculates():
    chance = random.Random(20261124)
    models = {(provider.id, model.id): model for provider in data.providers for model in provider.models}
    checked = 0
    for line in compiler.lines():
        if isinstance(line, BundledProviderLine):
            continue
        model = models[line.provider, line.model]
        tiers = {version.service_tier for version in line.versions} | {"", "flex"}
        for tier in sorted(tiers):
            priced = tariff(line, tier)
            for at in moments(model, chance):
                into = chance.choice([0, 1, 900, 150_000, 200_000, 200_001, 272_001, 600_000])
                read = chance.randint(0, into)
                tokens = Tokens(into, read, chance.randint(0, into - read), chance.choice([0, 7, 8_000]))
                offer = priced.at(int(at.timestamp()) * 1_000_000 + at.microsecond)
                expected = library_cost(model, at, tier, tokens)
                if offer is None:
                    assert expected == 0
                    continue
                # Half a nano-dollar is our rounding; the rest is prices that a reseller computed to 16 digits.
                most = Fraction(1, 2) + Fraction(tokens.total, 2_000)
                exact = all(
                    Fraction(str(part)) * 10**6 % 1 == 0
                    for part in _amounts(model.get_prices(at, {"service_tier": tier}))
                )
                difference = abs(cost(tokens, offer.price) - expected)
                assert difference <= (Fraction(1, 2) if exact else most), (line.provider, line.model, tier, at)
                checked += 1
    assert checked > 5_000


def _amounts(price: ModelPrice) -> Iterator:
    for name in FOUR:
        part = getattr(price, name)
        if part is not None:
            yield from [part] if not hasattr(part, "tiers") else [part.base, *(tier.price for tier in part.tiers)]


def test_only_models_that_are_not_priced_by_the_token_are_left_out():
    compiled = {(line.provider, line.model) for line in compiler.lines() if isinstance(line, BundledModelLine)}
    for provider in data.providers:
        for model in provider.models:
            prices = model.prices if isinstance(model.prices, list) else [ConditionalPrice(prices=model.prices)]
            by_token = any(p.prices.input_mtok is not None or p.prices.output_mtok is not None for p in prices)
            assert ((provider.id, model.id) in compiled) == by_token, (provider.id, model.id)


def test_a_child_process_compiles_what_this_one_would_and_is_told_no_secrets(monkeypatch):
    monkeypatch.setenv("CPA_MANAGEMENT_KEY", "made-up-secret")
    seen: dict = {}
    run = subprocess.run

    def spying(command, **options):
        seen.update(options["env"])
        return run(command, **options)

    monkeypatch.setattr(subprocess, "run", spying)
    assert bundled.compile_lines() == list(compiler.lines())
    assert "made-up-secret" not in seen.values()
    assert "PYTHONPATH" in seen


def test_the_collector_never_loads_the_library_itself():
    code = "import sys, ingestd.pricebook.book, ingestd.pricebook.bundled; print('genai_prices' in sys.modules)"
    shown = subprocess.run([sys.executable, "-c", code], capture_output=True, text=True, check=True)
    assert shown.stdout.strip() == "False"


def test_a_new_file_is_priced_at_once_and_a_second_start_does_nothing(connection, monkeypatch):
    added = bundled.refresh(connection, NOW)
    assert added > 2_000
    assert connection.execute("select text from meta where key = 'bundled_prices'").fetchone()[0].startswith("genai")
    monkeypatch.setattr(bundled, "compile_lines", lambda: pytest.fail("compiled again"))
    assert bundled.refresh(connection, NOW) == 0


def lines(*versions: Version, model: str = "gpt-x") -> list:
    return [
        BundledProviderLine("openai", "OpenAI", None, None),
        BundledModelLine("openai", model, ["equals", model], versions),
    ]


OLD = Version("", 0, None, None, FLAT, ())
NEW = Version("", NOW, None, None, Rates(2_000_000, 1, 1, 1), ())


def test_an_upgrade_adds_the_new_versions_and_leaves_the_known_ones_as_they_are(connection):
    assert bundled.install(connection, lines(OLD), "package 1", NOW) == 1
    assert bundled.install(connection, lines(OLD, NEW), "package 2", NOW + 5) == 1
    rows = connection.execute("select id, bundle, recorded_at, retired_at from bundled_price order by id").fetchall()
    assert rows == [(1, "package 1", NOW, None), (2, "package 2", NOW + 5, None)]


def test_a_version_that_a_package_takes_back_is_retired_and_goes_on_explaining(connection):
    bundled.install(connection, lines(OLD), "package 1", NOW)
    bundled.install(connection, lines(NEW), "package 2", NOW + 5)
    assert [price.effective_from for price in bundled_versions(connection, 1)] == [NOW]
    kept = price_of(connection, 1)
    assert kept is not None
    assert kept.rates == FLAT


def test_a_model_that_a_package_no_longer_has_keeps_its_price(connection):
    bundled.install(connection, lines(OLD), "package 1", NOW)
    bundled.install(connection, lines(OLD, model="gpt-y"), "package 2", NOW + 5)
    assert len(bundled_versions(connection, 1)) == 1


def test_a_catalogue_that_breaks_off_leaves_the_file_as_it_was(connection):
    bundled.install(connection, lines(OLD), "package 1", NOW)

    def broken():
        yield from lines(NEW)
        raise RuntimeError("the disk went away")

    with pytest.raises(RuntimeError):
        bundled.install(connection, broken(), "package 2", NOW + 5)
    assert [price.effective_from for price in bundled_versions(connection, 1)] == [0]
    assert connection.execute("select text from meta where key = 'bundled_prices'").fetchone()[0] == "package 1"


@pytest.mark.parametrize(
    "program",
    ["import sys; sys.exit(3)", "print('not a line')", "pass", 'print(\'{"type":"provider"}\')'],
)
def test_a_compiler_that_fails_says_so_and_changes_nothing(connection, monkeypatch, program):
    run = subprocess.run
    monkeypatch.setattr(subprocess, "run", lambda _command, **options: run([sys.executable, "-c", program], **options))
    with pytest.raises(bundled.BundleFailed):
        bundled.refresh(connection, NOW)
    assert connection.execute("select count(*) from bundled_price").fetchone()[0] == 0


def test_a_compiler_that_hangs_is_given_up(connection, monkeypatch):
    run = subprocess.run
    monkeypatch.setattr(bundled, "COMPILE_SECONDS", 0.05)
    monkeypatch.setattr(
        subprocess,
        "run",
        lambda _command, **options: run([sys.executable, "-c", "import time; time.sleep(60)"], **options),
    )
    with pytest.raises(bundled.BundleFailed, match="did not run"):
        bundled.refresh(connection, NOW)


def test_bundled_versions_never_take_the_ids_of_edited_ones(connection, monkeypatch):
    monkeypatch.setattr(bundled, "EDITED_PRICE_IDS_FROM", 2)
    with pytest.raises(bundled.BundleFailed, match="no ids are left"):
        bundled.install(connection, lines(OLD, NEW), "package 1", NOW)


def test_prices_are_the_published_ones():
    """A few by hand, so that not everything rests on the library: dollars per million, as their vendors list them."""
    compiled = {(line.provider, line.model): line for line in compiler.lines() if isinstance(line, BundledModelLine)}
    sonnet = tariff(compiled["anthropic", "claude-sonnet-4-5"], "").at(NOW)
    gpt = tariff(compiled["openai", "gpt-5.4"], "").at(NOW)
    gemini = tariff(compiled["google", "gemini-2.5-pro"], "").at(NOW)
    assert sonnet is not None
    assert gpt is not None
    assert gemini is not None
    assert sonnet.price.rates == Rates(3_000_000, 300_000, 3_750_000, 15_000_000)
    assert gpt.price.rates == Rates(2_500_000, 250_000, 2_500_000, 15_000_000)
    assert rates(gpt.price, 272_001) == (Rates(5_000_000, 500_000, 5_000_000, 22_500_000), 272_000)
    assert rates(gemini.price, 1)[0].input == 1_250_000
    assert rates(gemini.price, 200_001)[0].input == 2_500_000
