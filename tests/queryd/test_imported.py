"""What an import found is entered once, and never over what a person has entered here."""

import pytest

from queryd.connections import Connections
from queryd.imported import WHO, enter
from queryd.writer import Writer
from shared.database import open_writer
from shared.migrations import migrate
from shared.price_versions import add_version, retire_rule
from shared.prices import Price, Rates, Rule, RuleKey, Source
from shared.schema.edits import Label

PRICE = Price(0, Source.MANUAL, "", "own-model", "", 0, Rates(1_000_000, 100_000, 0, 2_000_000))
RULE = Rule(0, "own-model", RuleKey.SERVICE_TIER, "priority", 2_000_000, 0)


@pytest.fixture
def writer(tmp_path):
    path = tmp_path / "app.db"
    ingestd = open_writer(path, "ingestd")
    migrate(ingestd, 1)
    ingestd.close()
    connections = Connections(path, size=1)
    made = Writer(connections)
    yield made
    made.close()
    connections.close()


def rows(writer, query):
    with writer.transaction() as database:
        return database.opened.execute(query).fetchall()


def told(done):
    return done.labels, done.prices, done.rules, done.known, done.refused


def test_names_prices_and_rules_are_entered_once(writer):
    labels = [("api_key", 1, " Helpdesk bot "), ("credential", 1, "Team account")]
    assert told(enter(writer, labels, [PRICE], [RULE], 5)) == (2, 1, 1, 0, [])
    assert rows(writer, "select kind, subject_id, label from label") == [
        ("api_key", 1, "Helpdesk bot"),
        ("credential", 1, "Team account"),
    ]
    assert rows(writer, "select source, model, effective_from, output_price, recorded_by from price") == [
        ("manual", "own-model", 0, 2_000_000, WHO)
    ]
    before = rows(writer, "select number from edit_state")
    assert told(enter(writer, labels, [PRICE], [RULE], 6)) == (0, 0, 0, 4, [])
    assert rows(writer, "select number from edit_state") == before


def test_what_a_person_did_here_stays(writer):
    enter(writer, [], [PRICE], [RULE], 5)
    with writer.edit(6) as database:
        Label.insert(kind="api_key", subject_id=1, label="Ours", edited_at=6).execute(database)
        add_version(database.opened, PRICE, 6, who="admin")
        retire_rule(database.opened, 1, 6, "admin")
    assert told(enter(writer, [("api_key", 1, "Theirs")], [PRICE], [RULE], 7)) == (0, 0, 0, 3, [])
    assert rows(writer, "select label from label") == [("Ours",)]
    assert rows(writer, "select recorded_by from price order by id") == [(WHO,), ("admin",)]
    assert rows(writer, "select count(*) from price_rule where retired_at is null") == [(0,)]


def test_what_cannot_be_entered_is_told_and_the_rest_is_entered(writer):
    labels = [("api_key", 1, "Bot"), ("api_key", 2, "BOT"), ("api_key", 3, "a\u202eb")]
    odd = Price(0, Source.MANUAL, "", "dear", "", 0, Rates(10**13, 0, 0, 0))
    done = enter(writer, labels, [odd, PRICE], [], 5)
    assert (done.labels, done.prices) == (1, 1)
    assert done.refused == [
        "the name 'BOT': something else has it already",
        "the name 'a\\u202eb': label must not have control or invisible characters, such as U+202E",
        "the price of dear: input must be between 0 and 1e+06",
    ]
