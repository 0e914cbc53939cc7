"""What a log line says, to people and to programs."""

import json
import logging
import re
import types
from zoneinfo import ZoneInfo

import pytest
import structlog

from shared import logs
from shared.settings import SETTINGS, load


@pytest.fixture(autouse=True)
def _logging_as_before():
    root = logging.getLogger()
    handlers, level = root.handlers[:], root.level
    root.handlers = []
    yield
    for handler in root.handlers:
        handler.close()
    root.handlers, root.level = handlers, level
    structlog.reset_defaults()


def configure(**changes):
    values = {"level": "info", "zone": ZoneInfo("Asia/Shanghai"), "folder": None, "keep_days": 0, **changes}
    logs.configure("queryd", **values)
    return structlog.get_logger("test_logs")


def fail(log):
    secret = "hunter2-in-a-variable"
    try:
        raise ZeroDivisionError(str(len(secret)))
    except ZeroDivisionError:
        log.exception("bug")


def test_a_pipe_gets_json(capsys):
    configure().info("listening", port=8080)
    line = json.loads(capsys.readouterr().out)
    assert line["at"].endswith("+08:00")
    assert (line["event"], line["level"], line["port"]) == ("listening", "info", 8080)


def test_text_is_names_and_values_without_colours_where_there_is_no_terminal(capsys):
    configure(console_format="text").warning("listening", url="http://127.0.0.1:8080/", note="two words")
    line = capsys.readouterr().out
    assert "\x1b" not in line
    assert "[warning" in line
    assert "url=http://127.0.0.1:8080/" in line
    assert "note='two words'" in line


def test_where_no_file_can_be_written_the_console_says_so_and_goes_on(capsys, tmp_path):
    (tmp_path / "logs").touch()
    configure(folder=tmp_path / "logs").info("listening")
    warning, listening = map(json.loads, capsys.readouterr().out.splitlines())
    assert (warning["event"], warning["folder"]) == ("no log file", str(tmp_path / "logs"))
    assert "LOG_FILE_ENABLED" in warning["remedy"]
    assert listening["event"] == "listening"


SECRETS = {
    "CPA_MANAGEMENT_KEY": "Correct-Horse 密钥",
    "LOGIN_PASSWORD": "battery/staple",
    "METRICS_TOKEN": "plainwords",
}
"""Of every setting that is one, and of a kind that no pattern finds."""

KINDS = [
    "sk-ant-api03-made-up-upstream-key-88888888",
    "AIzaSyMADEUPMADEUPMADEUPMADEUPMADEUP9",
    "Bearer made-up-bearer-token-1234567",
    "https://cpa.local/v0?key=made-up-query-key-123456",
    "http://admin:made-up-login@cpa.local/",
]


def written(capsys, folder):
    return capsys.readouterr().out + "".join(path.read_text("utf-8") for path in folder.iterdir())


def test_there_is_a_secret_of_every_setting_that_is_one():
    assert set(SECRETS) == {setting.name for setting in SETTINGS if setting.secret}


@pytest.mark.parametrize("console_format", ["text", "json"])
@pytest.mark.parametrize("secret", [*SECRETS.values(), *KINDS])
def test_no_secret_is_written_however_it_comes(capsys, tmp_path, console_format, secret):
    chosen = load({"CPA_BASE_URL": "http://127.0.0.1:1", **SECRETS}, _empty(tmp_path))
    log = configure(console_format=console_format, folder=tmp_path / "logs", secrets=chosen.secrets)
    log.warning(f"in the event: {secret}", value=secret, listed=[{"deep": (secret,)}], named={secret: 1})  # noqa: G004 - the event itself may be put together
    log.warning("of an object", thing=types.SimpleNamespace(said=secret), nothing=None, number=1.5)
    logging.getLogger("library").warning("a library says %s", secret, extra={"more": secret})
    try:
        raise ValueError(f"the server said: {secret}")
    except ValueError:
        log.exception("bug")
    text = written(capsys, tmp_path / "logs")
    hidden = re.split(r"Bearer |key=|admin:", secret)[-1].split("@")[0]
    assert "the server said" in text
    assert hidden not in text
    assert hidden not in text.encode().decode("unicode_escape")


@pytest.mark.parametrize("name", ["password", "api_key", "token", "authorization"])
def test_what_stands_under_a_secret_s_name_is_not_written(capsys, tmp_path, name):
    configure(folder=tmp_path).warning("told", **{name: "anything at all", "within": {name: "anything at all"}})
    assert "anything at all" not in written(capsys, tmp_path)


def test_what_is_no_secret_stays_as_it_is(capsys):
    configure().info("listening", port=8080, up=True, nothing=None, share=0.5, addresses=["127.0.0.1:8080"])
    line = json.loads(capsys.readouterr().out)
    assert (line["port"], line["up"], line["nothing"], line["share"]) == (8080, True, None, 0.5)
    assert line["addresses"] == ["127.0.0.1:8080"]


def test_the_access_log_is_a_file_of_its_own_and_of_bounded_size(capsys, tmp_path, monkeypatch):
    monkeypatch.setattr(logs, "ACCESS_BYTES", 2_000)
    configure(folder=tmp_path, level="error")
    access = structlog.get_logger(logs.ACCESS_LOG)
    for number in range(200):
        access.info("request", route="/api/v1/status", status=200, number=number)
    files = sorted(tmp_path.glob("access.log*"))
    assert len(files) == logs.ACCESS_FILES
    assert sum(file.stat().st_size for file in files) <= 2_000 * logs.ACCESS_FILES
    assert json.loads((tmp_path / "access.log").read_text().splitlines()[-1])["number"] == 199
    assert capsys.readouterr().out == ""


def test_files_are_of_a_day_of_the_zone_and_older_ones_go(tmp_path, monkeypatch):
    for day in (18, 19, 20):
        (tmp_path / f"queryd-2026-11-{day}.log").write_text("")
    today = ["2026-11-21"]
    monkeypatch.setattr(logs.DailyFile, "_today", lambda _self: today[0])
    log = configure(folder=tmp_path, keep_days=3)
    log.info("before midnight")
    today[0] = "2026-11-22"
    log.info("after midnight")
    kept = {path.name: path.read_text() for path in tmp_path.glob("queryd-*")}
    assert sorted(kept) == ["queryd-2026-11-20.log", "queryd-2026-11-21.log", "queryd-2026-11-22.log"]
    assert "before midnight" in kept["queryd-2026-11-21.log"]
    assert "after midnight" in kept["queryd-2026-11-22.log"]


def _empty(folder):
    (folder / ".env").touch()
    return folder / ".env"


@pytest.mark.parametrize("console_format", ["text", "json"])
def test_a_traceback_names_lines_and_no_values(capsys, tmp_path, console_format):
    fail(configure(console_format=console_format, folder=tmp_path))
    text = capsys.readouterr().out + "".join(path.read_text() for path in tmp_path.iterdir())
    assert "ZeroDivisionError: 21" in text
    assert "test_logs.py" in text
    assert "hunter2-in-a-variable" not in text
