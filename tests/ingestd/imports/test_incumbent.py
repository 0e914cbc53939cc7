"""The incumbent's database: its own sums, once, whatever comes in between, and no secret."""

import shutil
import sqlite3
from contextlib import closing

import msgspec
import pytest

from ingestd import installation
from ingestd.check import compare
from ingestd.decode import decode
from ingestd.imports import importing, open_source
from ingestd.imports.importing import survey
from ingestd.imports.subjects import subjects
from ingestd.normalize import normalize
from ingestd.pricebook.book import PriceBook
from ingestd.usage_event import UsageEvent
from shared.client_keys import key_digest
from shared.event_id import digest
from shared.prices import RuleKey
from tests.ingestd.conftest import NOW, payload
from tests.ingestd.imports.conftest import names, told

SUMS = (
    "count(*), sum(failed), sum(input_tokens), sum(output_tokens), sum(cache_read_tokens),"
    " sum(input_tokens + output_tokens + unclassified_tokens)"
)


@pytest.fixture
def changed(incumbent, tmp_path):
    """A copy of the sample that statements have been applied to."""

    def change(*statements):
        path = tmp_path / "changed.db"
        shutil.copyfile(incumbent, path)
        with closing(sqlite3.connect(path)) as connection, connection:
            for statement in statements:
                connection.execute(statement)
        return path

    return change


@pytest.fixture
def small_batches(monkeypatch):
    monkeypatch.setattr(importing, "BATCH_ROWS", 100)
    monkeypatch.setattr(importing, "BATCH_ROWS_BESIDE", (100, 100))
    monkeypatch.setattr(importing, "CHUNK_ROWS_MAX", 800)
    monkeypatch.setattr(importing, "give_way", lambda _: None)


def by(line, column, table, names_):
    """What the names come to; the sample's sums tell those with most requests."""
    rows = line.connection.execute(
        f"select {column}, {SUMS} from event e join {table} d on d.id = e.{table}_id group by 1"
    )
    found = {row[0]: list(row[1:]) for row in rows}
    return {name: found[name] for name in names_}


def chunks(line):
    return line.connection.execute("select rows, first_ms, last_ms from chunk order by id").fetchall()


def columns_equal_rows(line):
    requests, _, wrong = compare(line.connection)
    assert wrong == []
    return requests


def test_its_own_sums_by_day_model_key_and_account(priced, incumbent, sums, bring):
    report = bring(priced, incumbent)
    assert (report.added, report.known, sum(report.unusable.values())) == (3_000, 0, 0)
    assert by(priced, "name", "model", sums["by_model"]) == sums["by_model"]
    assert by(priced, "auth_index", "credential", sums["by_auth_index"]) == sums["by_auth_index"]
    secret = installation.secret(priced.connection)
    keys = {key_digest(secret, key): figures for key, figures in sums["by_key"].items()}
    assert by(priced, "hmac", "api_key", keys) == keys
    days = f"select date(occurred_at / 1000000 + 8 * 3600, 'unixepoch'), {SUMS} from event group by 1"
    assert {row[0]: list(row[1:]) for row in priced.connection.execute(days)} == sums["by_day_shanghai"]
    (all_,) = priced.connection.execute(f"select {SUMS}, sum(reasoning_tokens) from event").fetchall()
    told = sums["overview"]
    assert all_ == (
        told["total_requests"],
        told["failure_count"],
        told["input_tokens"],
        told["total_tokens"] - told["input_tokens"],
        told["cache_read_tokens"],
        told["total_tokens"],
        told["reasoning_tokens"],
    )
    assert columns_equal_rows(priced) == 3_000
    assert priced.number("select number from meta where key = 'events'") == 3_000


def test_no_raw_key_gets_into_the_file(priced, incumbent, sums, bring, tmp_path):
    bring(priced, incumbent)
    priced.connection.execute("pragma wal_checkpoint(truncate)")
    written = (tmp_path / "app.db").read_bytes()
    assert not [key for key in sums["by_key"] if key.encode() in written]


def test_a_second_import_adds_nothing(priced, incumbent, bring):
    bring(priced, incumbent)
    before = (chunks(priced), priced.number("select count(*) from event"))
    for beside in (False, True):
        report = bring(priced, incumbent, beside=beside)
        assert (report.added, report.known) == (0, 3_000)
    assert (chunks(priced), priced.number("select count(*) from event")) == before


@pytest.mark.parametrize("beside", [False, True])
@pytest.mark.usefixtures("small_batches")
def test_an_import_that_ends_half_way_leaves_whole_batches_and_is_resumed(priced, incumbent, sums, bring, beside):

    def end(entries):
        if entries == 1_300:
            raise KeyboardInterrupt

    with pytest.raises(KeyboardInterrupt):
        bring(priced, incumbent, beside=beside, progress=end)
    assert columns_equal_rows(priced) == 1_300
    report = bring(priced, incumbent, beside=beside)
    assert (report.added, report.known) == (1_700, 1_300)
    assert columns_equal_rows(priced) == 3_000
    assert by(priced, "name", "model", sums["by_model"]) == sums["by_model"]
    assert max(rows for rows, _, _ in chunks(priced)) == 800


def test_what_our_own_collector_has_seen_too_is_one_event(priced, incumbent, bring):
    with closing(sqlite3.connect(incumbent)) as connection:
        raw = [row[0].encode() for row in connection.execute("select raw_message from redis_usage_inboxes")]
    priced.store(*raw)
    collected = {row[0] for row in priced.connection.execute("select digest from event")}
    assert collected == {digest(each) for each in raw}
    report = bring(priced, incumbent)
    assert (report.added, report.known) == (3_000 - len(raw), len(raw))
    assert collected <= {row[0] for row in priced.connection.execute("select digest from event")}


def test_tokens_and_costs_are_those_of_our_own_collector(priced, incumbent, bring):
    bring(priced, incumbent)
    with closing(sqlite3.connect(incumbent)) as connection:
        raw = [row[0].encode() for row in connection.execute("select raw_message from redis_usage_inboxes")]
    book = PriceBook(priced.connection)
    priced_ones = 0
    for message in raw:
        event = decode(message)
        assert isinstance(event, UsageEvent)
        tokens, _ = normalize(event)
        cost, _ = book.charged(event, tokens)
        stored = priced.connection.execute(
            "select input_tokens, cache_read_tokens, cache_write_tokens, output_tokens, reasoning_tokens,"
            " unclassified_tokens, cost_nanos from event where occurred_at = ?",
            (event.occurred_at,),
        ).fetchall()
        assert stored == [(*msgspec.structs.astuple(tokens), cost)]
        priced_ones += cost is not None
    assert priced_ones > 0


def test_a_message_that_it_stored_twice_is_one_event(priced, changed, bring):
    columns = "event_key, api_group_key, provider, endpoint, auth_type, request_id, model, timestamp, auth_index"
    tokens = "failed, generate, latency_ms, input_tokens, output_tokens, cache_read_tokens, total_tokens"
    path = changed(
        f"insert into usage_events ({columns}, {tokens}) select {columns}, {tokens} from usage_events where id < 4",
        "insert into usage_events_archive select * from usage_events where id between 10 and 12",
    )
    assert (bring(priced, path).added, priced.number("select count(*) from event")) == (3_000, 3_000)


def test_attempts_of_one_moment_are_told_apart_by_account_and_request(priced, changed, bring):
    copy = "insert into usage_events select {} from usage_events where id = 1"
    with closing(sqlite3.connect(changed())) as connection:
        names_ = [row[1] for row in connection.execute("pragma table_info(usage_events)")]

    def but(**other):
        return copy.format(", ".join(str(other.get(name, f'"{name}"')) for name in names_))

    path = changed(
        but(id=9_001, auth_index="'ffffffffffffffff'"), but(id=9_002, request_id="'ffffffff'"), but(id=9_003)
    )
    report = bring(priced, path)
    assert (report.added, report.known) == (3_002, 1)


def test_entries_that_are_no_events_are_counted_by_reason(priced, changed, bring):
    path = changed(
        "update usage_events set timestamp = '' where id = 1",
        "update usage_events set timestamp = '2016-01-01T00:00:00Z' where id = 2",
        "update usage_events set input_tokens = 1 << 50 where id = 3",
        "update usage_events set latency_ms = 'fast', output_tokens = 'many' where id = 4",
        "update usage_events set timestamp = '2099-01-01T00:00:00Z' where id = 5",
        "update usage_events set user_agent = cast(x'ff' as text) where id = 6",
    )
    report = bring(priced, path)
    assert (report.added, dict(+report.unusable)) == (
        2_995,
        {
            "without a time": 1,
            "with a time that cannot be": 2,
            "with a number that no request has": 1,
            "that cannot be read": 1,
        },
    )


def test_an_older_version_of_it_is_read_as_far_as_it_goes(priced, changed, bring):
    gone = ("user_agent", "executor_type", "response_service_tier", "cache_creation_tokens", "generate")
    path = changed(
        *(f"alter table usage_events drop column {name}" for name in gone), "drop table usage_events_archive"
    )
    assert bring(priced, path).added == 3_000
    assert priced.number("select count(*) from event where generate = 1") == 3_000


def test_live_chunks_stay_narrow_in_time(priced, incumbent, bring, monkeypatch):
    monkeypatch.setattr("ingestd.seal.TAIL_ROWS", 100)
    monkeypatch.setattr("ingestd.seal.CHUNK_ROWS_MAX", 800)
    live = [payload(number) for number in range(1_600)]
    priced.store(*live[:300])
    bring(priced, incumbent)
    priced.store(*live[300:])
    (imported,) = [chunk for chunk in chunks(priced) if chunk[0] == 3_000]
    others = [chunk for chunk in chunks(priced) if chunk != imported]
    assert sum(chunk[0] for chunk in others) == 1_600
    assert max(chunk[2] - chunk[1] for chunk in others) < 3_600_000
    assert [chunk[0] for chunk in others] == [100, 100, 100, 800, 100, 100, 100, 100, 100]
    assert columns_equal_rows(priced) == 4_600


def test_a_dry_run_says_the_same_and_changes_nothing(priced, incumbent, bring):
    with closing(open_source(incumbent, {})) as source:
        would = survey(source, priced.connection, NOW, told)
    assert priced.number("select count(*) from event") == 0
    did = bring(priced, incumbent)
    assert (would.added, would.known, would.first, would.last) == (did.added, did.known, did.first, did.last)
    with closing(open_source(incumbent, {})) as source:
        again = survey(source, priced.connection, NOW, told)
    assert (again.added, again.known) == (0, 3_000)


def test_days_whose_requests_were_removed_stay_as_they_are(priced, incumbent, bring):
    bring(priced, incumbent)
    middle = priced.number("select occurred_at from event order by occurred_at limit 1 offset 1000")
    priced.connection.execute("delete from event where occurred_at < ?", (middle,))
    priced.connection.execute("insert into meta (key, number) values ('events_removed_before', ?)", (middle,))
    report = bring(priced, incumbent)
    assert (report.added, report.known, dict(+report.unusable)) == (
        0,
        2_000,
        {"of days whose single requests were removed here": 1_000},
    )


def test_names_prices_and_rules_become_rows_and_ids(priced, changed):
    path = changed(
        "insert into model_price_settings (model, pricing_style, prompt_price_per1_m, completion_price_per1_m,"
        " cache_read_price_per1_m) values ('gpt-5.2', 'openai', 1.75, 14.0, 0.175), ('own-model', 'openai', 1, 2, 0.1)",
        "insert into model_price_rules (model_price_setting_id, key, value, multiplier)"
        " select 1, 'api_group_key', api_key, 0.5 from cpa_api_keys where id = 1",
        "insert into model_price_rules (model_price_setting_id, key, value, multiplier) values (1, 'moon', 'full', 3)",
    )
    book = PriceBook(priced.connection)
    with closing(open_source(path, {})) as source:
        found = subjects(priced.connection, names(priced), book, source.edits(), NOW)
        again = subjects(priced.connection, names(priced), book, source.edits(), NOW)
    assert again == found
    assert [(kind, label) for kind, _, label in found.labels] == [
        ("api_key", "Helpdesk bot"),
        ("api_key", "Nightly jobs"),
        ("credential", "Team account"),
    ]
    assert found.same == ("gpt-5.2",)
    assert [(price.model, price.rates.input, price.multiplier) for price in found.prices] == [
        ("gpt-5.4", 2_500_000, 1_000_000),
        ("claude-opus-4-6", 5_000_000, 1_100_000),
        ("own-model", 1_000_000, 1_000_000),
    ]
    helpdesk = str(found.labels[0][1])
    assert [(rule.key, rule.value, rule.multiplier) for rule in found.rules] == [
        (RuleKey.SERVICE_TIER, "priority", 2_000_000),
        (RuleKey.API_KEY, helpdesk, 500_000),
    ]


def test_beside_a_collector_batches_are_as_large_as_it_bears(priced, incumbent, bring, monkeypatch):
    monkeypatch.setattr(importing, "give_way", lambda _: None)
    sizes: list[int] = []

    def note(entries):
        sizes.append(entries - sum(sizes))

    monkeypatch.setattr(importing, "WRITE_SECONDS", 0.0)
    bring(priced, incumbent, beside=True, progress=note)
    assert set(sizes) == {256, 3_000 % 256}
    assert [rows for rows, _, _ in chunks(priced)] == [3_000]
    sizes.clear()
    monkeypatch.setattr(importing, "WRITE_SECONDS", 1_000.0)
    bring(priced, incumbent, beside=True, progress=note)
    assert sizes == [256, 512, 1_024, 1_024, 184]
