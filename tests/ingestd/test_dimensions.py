"""Names become small integers, and no secret becomes a name."""

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
    assert len(set(line.connection.execute("select mask from api_key").fetchall())) == 1


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
    assert names.model("m" * 10_000, NOW) == names.model("m" * 300, NOW)
    names.route(event(endpoint="e" * 1_000), NOW)
    names.origin(event(user_agent="u" * 9_000, x_forwarded_for="1.2.3.4, " * 500), NOW)
    assert line.number("select max(length(user_agent)) from origin") == dimensions.NAME_CHARACTERS
