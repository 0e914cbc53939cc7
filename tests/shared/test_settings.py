"""The settings table: what is read from where, and that every mistake is told at once."""

from pathlib import Path

import pytest

from shared.settings import SETTINGS, SettingsError, example, load

REQUIRED = {"CPA_BASE_URL": "http://cpa.local:8317", "CPA_MANAGEMENT_KEY": "made-up-management-key"}
ROOT = Path(__file__).parents[2]


def settings(tmp_path, env_text="", **environment):
    file = tmp_path / ".env"
    file.write_text(env_text)
    return load(environment, file)


def test_env_example_is_the_table():
    assert (ROOT / ".env.example").read_text() == example()


def test_defaults_are_those_of_the_table(tmp_path):
    chosen = settings(tmp_path, **REQUIRED)
    assert chosen.app_port == 8080
    assert chosen.tz.key == "Asia/Shanghai"
    assert chosen.request_timeout == 30_000_000
    assert chosen.redis_queue_mode == "auto"
    assert chosen.auth_required is False
    assert chosen.database == tmp_path / "data" / "app.db"


def test_the_environment_beats_the_file_and_an_empty_value_is_no_value(tmp_path):
    text = "CPA_BASE_URL=http://from-file:1\nCPA_MANAGEMENT_KEY=made-up-key-from-file\nAPP_PORT=9\nTZ=UTC\n"
    chosen = settings(tmp_path, text, APP_PORT="10", TZ="")
    assert (chosen.app_port, chosen.tz.key, chosen.cpa_base_url) == (10, "UTC", "http://from-file:1")


def test_a_secret_can_come_from_a_file(tmp_path):
    (tmp_path / "key").write_text("made-up-key-in-a-file\n")
    chosen = settings(tmp_path, CPA_BASE_URL=REQUIRED["CPA_BASE_URL"], CPA_MANAGEMENT_KEY_FILE="key")
    assert chosen.cpa_management_key == "made-up-key-in-a-file"


def test_all_mistakes_are_told_together_without_any_secret(tmp_path):
    with pytest.raises(SettingsError) as told:
        settings(
            tmp_path,
            CPA_MANAGEMENT_KEY="made-up-secret",
            APP_PORT="eighty",
            TZ="Mars/Olympus",
            REQUEST_TIMEOUT="soon",
            REDIS_QUEUE_MODE="push",
            APP_BASE_PATH="usage",
            TRUSTED_PROXY_CIDRS="0.0.0.0/0",
            AUTH_ENABLED="maybe",
        )
    text = str(told.value)
    for name in (
        "CPA_BASE_URL",
        "APP_PORT",
        "TZ",
        "REQUEST_TIMEOUT",
        "REDIS_QUEUE_MODE",
        "APP_BASE_PATH",
        "TRUSTED_PROXY_CIDRS",
        "AUTH_ENABLED",
    ):
        assert name in text
    assert "made-up-secret" not in text
    assert len(text.splitlines()) == 8


@pytest.mark.parametrize(
    ("base_url", "address", "tls", "expected"),
    [
        ("http://cpa.local", "", "false", ("cpa.local", 8317, False)),
        ("http://cpa.local:9000/", "", "false", ("cpa.local", 9000, False)),
        ("https://cpa.local", "", "false", ("cpa.local", 8317, True)),
        ("http://cpa.local", "queue.local:7000", "false", ("queue.local", 7000, False)),
        ("http://cpa.local", "rediss://queue.local", "false", ("queue.local", 8317, True)),
        ("http://cpa.local", "[::1]:7000", "true", ("::1", 7000, True)),
    ],
)
def test_the_queue_is_where_the_base_url_says_unless_told_otherwise(tmp_path, base_url, address, tls, expected):
    chosen = settings(
        tmp_path, **REQUIRED | {"CPA_BASE_URL": base_url, "REDIS_QUEUE_ADDR": address, "REDIS_QUEUE_TLS": tls}
    )
    assert (chosen.queue_host, chosen.queue_port, chosen.queue_tls) == expected


@pytest.mark.parametrize(
    ("enabled", "password", "required"),
    [("", "", False), ("", "made-up", True), ("false", "made-up", False), ("true", "made-up", True)],
)
def test_a_password_that_is_set_is_asked_for(tmp_path, enabled, password, required):
    chosen = settings(tmp_path, **REQUIRED, AUTH_ENABLED=enabled, LOGIN_PASSWORD=password)
    assert chosen.auth_required is required


def test_a_password_is_required_when_asked_for(tmp_path):
    with pytest.raises(SettingsError, match="LOGIN_PASSWORD is required"):
        settings(tmp_path, **REQUIRED, AUTH_ENABLED="true")


def test_secrets_stay_out_of_the_representation(tmp_path):
    text = repr(settings(tmp_path, **REQUIRED, LOGIN_PASSWORD="made-up-password"))
    assert "made-up-management-key" not in text
    assert "made-up-password" not in text


def test_a_named_env_file_must_exist(tmp_path):
    with pytest.raises(SettingsError, match="does not exist"):
        load(REQUIRED, tmp_path / "missing.env")


def test_every_setting_says_what_it_means():
    assert all(setting.meaning for setting in SETTINGS)
