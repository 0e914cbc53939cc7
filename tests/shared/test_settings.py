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


@pytest.mark.parametrize("password", ["replace-with-your-login-password", "Changeme", " your-password "])
def test_a_password_of_an_example_is_none_unless_nobody_is_asked_for_it(tmp_path, password):
    with pytest.raises(SettingsError, match="one of your own"):
        settings(tmp_path, **REQUIRED, LOGIN_PASSWORD=password)
    assert not settings(tmp_path, **REQUIRED, LOGIN_PASSWORD=password, AUTH_ENABLED="false").auth_required


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


@pytest.mark.parametrize(
    ("written", "meant"),
    [
        ("http://127.0.0.1:8317/v1", "http://127.0.0.1:8317"),
        ("http://127.0.0.1:8317/v1/", "http://127.0.0.1:8317"),
        ("http://127.0.0.1:8317/v1/chat/completions", "http://127.0.0.1:8317"),
        ("http://127.0.0.1:8317/v1beta", "http://127.0.0.1:8317"),
        ("https://cpa.example/v0/management/", "https://cpa.example"),
        ("https://cpa.example/management.html#/login", "https://cpa.example"),
        ("https://one.example/cpa/v1", "https://one.example/cpa"),
        ("https://one.example/cpa/", "https://one.example/cpa"),
        ("https://one.example/v1x", "https://one.example/v1x"),
    ],
)
def test_a_path_below_cpa_is_taken_off_and_a_proxy_s_is_kept(tmp_path, written, meant):
    chosen = settings(tmp_path, **(REQUIRED | {"CPA_BASE_URL": written}))
    assert chosen.cpa_base_url == meant


def test_each_setting_remembers_where_it_was_read_and_shows_no_secret(tmp_path):
    (tmp_path / "password").write_text("made-up-password-in-a-file\n")
    chosen = settings(
        tmp_path,
        "CPA_MANAGEMENT_KEY=made-up-key-in-env-file\nAPP_PORT=9\n",
        CPA_BASE_URL="http://admin:made-up-login@cpa.local:8317",
        LOGIN_PASSWORD_FILE="password",
        APP_PORT="10",
    )
    read = {reading.name: (reading.shown, reading.source, reading.path) for reading in chosen.readings}
    assert list(read) == [setting.name for setting in SETTINGS]
    env_file = str(tmp_path / ".env")
    assert read["CPA_BASE_URL"] == ("http://cpa.local:8317", "environment", None)
    assert read["CPA_MANAGEMENT_KEY"] == (None, "env_file", env_file)
    assert read["LOGIN_PASSWORD"] == (None, "secret_file", str(tmp_path / "password"))
    assert read["APP_PORT"] == ("10", "environment", None)
    assert read["TZ"] == ("Asia/Shanghai", "default", None)
    assert read["APP_HOST"] == ("", "default", None)
    shown = repr(chosen.readings)
    assert all(secret not in shown for secret in ("made-up-key", "made-up-password", "made-up-login"))


def test_a_secret_that_is_not_set_is_told_apart_from_one_that_is(tmp_path):
    read = {reading.name: reading.shown for reading in settings(tmp_path, **REQUIRED).readings}
    assert (read["CPA_MANAGEMENT_KEY"], read["LOGIN_PASSWORD"]) == (None, "")
