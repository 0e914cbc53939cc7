"""The models that CPA's traffic names most, with what their sellers publish: a new catalogue that disagrees fails here.

Dollars per million tokens: input, cache read, cache write (five minutes), output; "-" where the seller lists none. The
pages were read in November 2026: A platform.claude.com/docs/en/about-claude/pricing, O
developers.openai.com/api/docs/pricing, G ai.google.dev/gemini-api/docs/pricing, X docs.x.ai/developers/pricing, K
platform.kimi.ai/docs/pricing, D api-docs.deepseek.com/quick_start/pricing, Z docs.z.ai/guides/overview/pricing, M
platform.minimax.io/docs/pricing/overview, Q alibabacloud.com/help/en/model-studio/model-pricing.
"""

from decimal import Decimal

import pytest

from ingestd.pricebook.catalogue_format import read
from ingestd.pricebook.matching import Catalogue
from ingestd.pricebook.versions import PricedVersion, VersionsOverTime
from shared.model_names import MatchedBy
from shared.price_versions import catalogue_versions
from shared.prices import Rates, rates

NOW = 1_795_600_000_000_000  # 2026-11-25

PUBLISHED = """
A claude  claude-opus-5-5             4    0.20  5     20    2026-11-24
A claude  claude-opus-5               5    0.50  6.25  25    2026-11-24
A claude  claude-opus-4-8             5    0.50  6.25  25    2026-11-24
A claude  claude-opus-4-7             5    0.50  6.25  25    2026-11-24
A claude  claude-opus-4-6             5    0.50  6.25  25    2026-11-24
A claude  claude-opus-4-5             5    0.50  6.25  25    2026-11-24
A claude  claude-fable-5-1            10   0.25  12.5  50    2026-11-24
A claude  claude-fable-5-2            8    0.20  10    40    2026-10-26
A claude  claude-sonnet-5-5           2    0.10  2.5   10    2026-10-03
A claude  claude-sonnet-5             2    0.20  2.5   10    2026-11-24
A claude  claude-sonnet-4-6           3    0.30  3.75  15    2026-11-24
A claude  claude-sonnet-4-5           3    0.30  3.75  15    2026-11-24
A claude  claude-haiku-5-5            0.10 0.01  0.125 0.50  2026-11-24
A claude  claude-haiku-4-5            1    0.10  1.25  5     2026-11-24
O codex   gpt-5.5                     5    0.50  -     30    2026-10-26
O codex   gpt-5.6-sol                 4    0.40  5     20    2026-10-26
O codex   gpt-5.6-terra               2    0.20  2.5   12    2026-10-26
O codex   gpt-5.6-luna                0.20 0.02  0.25  1.20  2026-10-26
O codex   gpt-6-sol                   2    0.20  2.5   10    2026-10-26
O codex   gpt-6.1-sol                 2    0.10  2.5   10    2026-10-26
O codex   gpt-6-astra                 10   1     12.5  50    2026-10-26
O codex   gpt-6.1-terra               1    0.05  1.25  5     2026-10-26
O codex   gpt-5.4                     2.5  0.25  -     15    2026-10-26
O codex   gpt-5.4-mini                0.75 0.075 -     4.5   2026-10-26
O codex   gpt-5.3-codex               1.75 0.175 -     14    2026-10-26
O codex   gpt-5.2                     1.75 0.175 -     14    2026-10-26
O codex   gpt-5.1-codex-max           1.25 0.125 -     10    2026-10-26
O codex   gpt-5                       1.25 0.125 -     10    2026-10-26
O codex   gpt-image-2                 5    1.25  -     30    2026-10-26
G gemini  gemini-3.1-pro-preview      2    0.20  -     12    2026-10-26
G gemini  gemini-4-argon              2    0.10  -     10    2026-10-26
G gemini  gemini-3.6-flash            0.75 0.075 -     3.75  2026-10-26
G gemini  gemini-3.7-flash            0.75 0.075 -     3.75  2026-10-26
G gemini  gemini-3.8-flash            0.75 0.075 -     3.75  2026-10-26
G gemini  gemini-3.5-flash            1.5  0.15  -     9     2026-10-26
G gemini  gemini-3.5-flash-lite       0.30 0.03  -     2.5   2026-10-26
G gemini  gemini-2.5-pro              1.25 0.125 -     10    2026-10-26
G gemini  gemini-2.5-flash            0.30 0.03  -     2.5   2026-10-26
X xai     grok-4.7                    2    0.50  -     6     2026-11-24
X xai     grok-4.6                    2    0.50  -     6     2026-11-24
X xai     grok-4.5                    2    0.30  -     6     2026-11-24
X xai     grok-4.3                    1.25 0.20  -     2.5   2026-11-24
K kimi    kimi-k3                     3    0.30  3     15    2026-10-26
K kimi    kimi-k2.7-code              0.95 0.19  -     4     2026-10-26
K kimi    kimi-k2.7-code-highspeed    1.9  0.38  -     8     2026-10-26
K kimi    kimi-k2.6                   0.95 0.16  -     4     2026-10-26
K kimi    kimi-k2.5                   0.60 0.10  -     3     2026-10-26
D x       deepseek-flash              0.15 0.003 -     0.60  2026-11-24
D x       deepseek-v4-flash           0.15 0.003 -     0.60  2026-11-24
D x       deepseek-v4-pro             0.66 0.022 -     1.98  2026-11-24
Z x       glm-5.2                     1.4  0.26  -     4.4   2026-10-26
Z x       glm-5.3                     1.4  0.26  -     4.4   2026-10-26
Z x       glm-5.3-flash               0.15 0.03  -     0.50  2026-10-26
M x       minimax-m3                  0.30 0.06  -     1.2   2026-10-26
M x       minimax-m2.7                0.30 0.06  0.375 1.2   2026-10-26
Q x       qwen3-coder-plus            1    0.20  1.25  5     2026-11-25
Q x       qwen3-max                   1.2  0.24  1.5   6     2026-11-25
Q x       qwen3.5-plus                0.4  0.04  0.5   2.4   2026-11-25
"""

STEPS = """
claude  claude-haiku-5-5        100000  0.50 0.05  0.625 2.50
codex   gpt-5.5                 272000  10   1     10    45
codex   gpt-5.6-sol             272000  8    0.80  10    30
codex   gpt-5.4                 272000  5    0.50  5     22.5
codex   gpt-6-sol               272000  4    0.40  5     15
gemini  gemini-3.1-pro-preview  200000  4    0.40  4     18
gemini  gemini-2.5-pro          200000  2.5  0.25  2.5   15
xai     grok-4.7                199999  4    1     4     12
xai     grok-4.3                199999  2.5  0.40  2.5   5
x       qwen3-coder-plus        32000   1.8  0.36  2.25  9
x       qwen3-coder-plus        128000  3    0.60  3.75  15
x       qwen3-coder-plus        256000  6    1.2   7.5   60
x       qwen3-max               32000   2.4  0.48  3     12
x       qwen3-max               128000  3    0.60  3.75  15
x       qwen3.5-plus            256000  0.5  0.05  0.625 3
x       minimax-m3              512000  0.60 0.12  0.60  2.4
"""

TIERS = """
claude  claude-opus-5-5    priority  8     0.40  10     40
claude  claude-opus-5      priority  10    1     12.5   50
claude  claude-opus-4-8    priority  10    1     12.5   50
claude  claude-fable-5-2   priority  16    0.40  20     80
codex   gpt-5.5            priority  12.5  1.25  12.5   75
codex   gpt-5.5            flex      2.5   0.25  2.5    15
codex   gpt-5.6-sol        fast      8     0.80  10     40
codex   gpt-5.4            priority  5     0.50  5      30
codex   gpt-5              flex      0.625 0.0625 0.625 5
gemini  gemini-4-argon     priority  3.6   0.18  3.6    18
gemini  gemini-4-argon     flex      1     0.05  1      5
gemini  gemini-3.8-flash   priority  1.35  0.135 1.35   6.75
xai     grok-4.7           priority  4     1     4      12
"""


def micros(price: str) -> int:
    return int(Decimal(price) * 1_000_000)


def lines(table: str) -> list[list[str]]:
    return [line.split() for line in table.strip().splitlines()]


@pytest.fixture(scope="module")
def listed(seeded):
    catalogue = Catalogue(read())

    def price(provider: str, model: str, tier: str = ""):
        found = catalogue.find(provider, model)
        assert found is not None, model
        versions = catalogue_versions(seeded, found.seller, found.model)
        over_time = VersionsOverTime([[PricedVersion(each, MatchedBy.AS_SENT) for each in versions]], tier)
        at = over_time.at(NOW + 12 * 3_600 * 1_000_000)  # noon: nobody's peak
        assert at is not None
        return at.price

    return price


@pytest.mark.parametrize("line", lines(PUBLISHED), ids=lambda line: line[2])
def test_a_models_price_is_the_published_one(listed, line):
    _page, provider, model, into, read_price, write, out, _read_on = line
    price = listed(provider, model)
    found = price.rates
    assert (found.input, found.cache_read, found.output) == (micros(into), micros(read_price), micros(out))
    if write != "-":
        assert found.cache_write == micros(write)
    if provider == "claude":
        assert found.cache_write_1h == 2 * found.input


@pytest.mark.parametrize("line", lines(STEPS), ids=lambda line: f"{line[1]} {line[2]}")
def test_its_context_steps_are_the_published_ones(listed, line):
    provider, model, above, *dollars = line
    price = listed(provider, model)
    found, step = rates(price, int(above) + 1)
    assert step == int(above)
    assert (found.input, found.cache_read, found.cache_write, found.output) == tuple(map(micros, dollars))
    assert rates(price, int(above))[0] != found


@pytest.mark.parametrize("line", lines(TIERS), ids=lambda line: f"{line[1]} {line[2]}")
def test_its_service_tiers_are_the_published_ones(listed, line):
    provider, model, tier, *dollars = line
    price = listed(provider, model, tier)
    assert price.service_tier == tier
    found = price.rates
    assert Rates(found.input, found.cache_read, found.cache_write, found.output) == Rates(*map(micros, dollars))
