"""Names become small integers, and no secret becomes a name."""

import re

import pytest

from ingestd import dimensions, installation
from ingestd.decode import decode
from ingestd.dimensions import Dimensions, client_name
from ingestd.usage_event import UsageEvent
from tests.ingestd.conftest import NOW, payload


@pytest.mark.parametrize(
    ("user_agent", "name"),
    [
        ("claude-cli/2.1.220 (external, cli)", "claude-cli/2.1"),
        ("codex_cli_rs/0.140.0 (Ubuntu 24.4.0; x86_64) WindowsTerminal", "codex_cli_rs/0.140"),
        ("python-httpx/0.28.1", "python-httpx/0.28"),
        ("OpenAI/Python 2.8.0", "OpenAI/Python"),
        ("google-genai-sdk/1.30.0 gl-python/3.12.4", "google-genai-sdk/1.30"),
        (
            "Mozilla/5.0 (X11) AppleWebKit/537.36 (KHTML, like Gecko) CherryStudio/1.5.1 Chrome/138.0 Electron/37.2.3",
            "CherryStudio/1.5",
        ),
        (
            "Mozilla/5.0 (X11; Linux x86_64) AppleWebKit/537.36 (KHTML, like Gecko) Chrome/126.0.0.0 Safari/537.36",
            "Chrome/126.0",
        ),
        ("curl", "curl"),
        ("", ""),
        ("x" * 500, "x" * 60),
    ],
)
def test_a_client_is_its_product_and_minor_version(user_agent, name):
    assert client_name(user_agent) == name


def event(**changes) -> UsageEvent:
    found = decode(payload(1, **changes))
    assert isinstance(found, UsageEvent)
    return found


@pytest.fixture
def names(line) -> Dimensions:
    return Dimensions(line.connection, installation.secret(line.connection), 1)


def test_a_name_keeps_its_id_across_restarts(line, names):
    first = names.model("gpt-5.4", NOW)
    again = Dimensions(line.connection, installation.secret(line.connection), 1)
    assert again.model("gpt-5.4", NOW + 1) == first
    assert again.model("gpt-5.4-mini", NOW) != first


def test_keys_with_one_mask_stay_apart(line, names):
    one, other = "sk-made-up-AAAA-tail", "sk-made-up-BBBB-tail"
    assert names.api_key(one, NOW) != names.api_key(other, NOW)
    first, second = (mask for (mask,) in line.connection.execute("select mask from api_key order by id"))
    assert first == "sk-mad…tail"
    assert re.fullmatch("sk-mad…tail#[0-9a-f]{6}", second)


def test_masks_of_short_and_similar_keys_tell_them_apart_and_give_nothing_away(line, names):
    keys = ["alice", "bob", "bobby", "x", *(f"sk-same-{n}{n}{n}{n}-0001" for n in range(10))]
    for key in keys:
        names.api_key(key, NOW)
    masks = [mask for (mask,) in line.connection.execute("select mask from api_key")]
    assert len(set(masks)) == len(keys)
    assert all(key not in mask for key in keys for mask in masks if len(key) > 1)
    assert names.api_key("", NOW)
    assert line.connection.execute("select mask from api_key where hmac = x''").fetchone() == ("no key",)


def test_long_names_that_begin_alike_stay_two(line, names):
    start = "m" * 400
    assert names.model(start + "a", NOW) != names.model(start + "b", NOW)
    assert names.route(event(endpoint=start + "a"), NOW) != names.route(event(endpoint=start + "b"), NOW)
    assert line.number("select max(length(name)) from model") == dimensions.NAME_CHARACTERS


def test_secrets_in_what_a_client_says_of_itself_are_not_kept(line, names):
    secret = "sk-proj-ABCDEFGHIJKLMNOPQRSTUVWXYZ"
    said = event(user_agent=f"curl {secret}", x_forwarded_for=f"http://user:{secret}@10.0.0.1", client_ip=secret)
    names.origin(said, NOW)
    names.client(f"{secret}/1.0", NOW)
    rows = [*line.connection.execute("select * from origin"), *line.connection.execute("select * from client")]
    assert len(rows) == 2
    assert "ABCDEFGHIJKL" not in repr(rows)
    assert "curl sk-proj-…WXYZ" in repr(rows)


def test_another_installation_gives_another_hmac(line):
    one = Dimensions(line.connection, b"1" * 32, 1)
    two = Dimensions(line.connection, b"2" * 32, 1)
    assert one.api_key("sk-made-up-key-0001", NOW) != two.api_key("sk-made-up-key-0001", NOW)


def test_caches_are_bounded_and_ids_stay(line, names, monkeypatch):
    monkeypatch.setattr(dimensions, "CACHE_ROWS", 10)
    ids = {name: names.model(name, NOW) for name in (f"model-{n}" for n in range(50))}
    assert len(names._models) <= 10
    assert {name: names.model(name, NOW) for name in ids} == ids
    assert line.number("select count(*) from model") == 50


def test_hostile_names_are_cut_and_storable(names, line):
    names.model("m" * 10_000, NOW)
    assert line.number("select max(length(name)) from model") == dimensions.NAME_CHARACTERS
    names.route(event(endpoint="e" * 1_000), NOW)
    names.origin(event(user_agent="u" * 9_000, x_forwarded_for="1.2.3.4, " * 500), NOW)
    assert line.number("select max(length(user_agent)) from origin") == dimensions.NAME_CHARACTERS


def test_the_name_of_an_instance_holds_no_login(line):
    installation.instance(line.connection, "http://admin:hunter2@cpa.local:8317", NOW)
    assert line.connection.execute("select name from instance").fetchall() == [("http://cpa.local:8317",)]
