"""`health` finds queryd wherever the settings have it listen, and judges ingestd by its heartbeat."""

import shutil
from pathlib import Path

import pytest

from cpa_usage_keeper import health
from shared import settings
from tests.daemons import Installation
from tests.system.keeper import eventually

TLS = Path(__file__).parents[1] / "data" / "tls"


@pytest.fixture
def installation(tmp_path):
    for name in ("certificate", "key"):
        shutil.copyfile(TLS / f"{name}.pem", tmp_path / f"{name}.pem")
    made = Installation(
        tmp_path / "data",
        "http://127.0.0.1:9",
        "key",
        APP_HOST="127.0.0.3",
        APP_BASE_PATH="/usage",
        TLS_ENABLED="true",
        TLS_CERT_FILE=str(tmp_path / "certificate.pem"),
        TLS_KEY_FILE=str(tmp_path / "key.pem"),
        LOGIN_PASSWORD="a password of one's own",
    )
    yield made
    made.ingestd.kill()
    made.queryd.kill()


@pytest.mark.system
def test_health_knows_address_base_path_and_tls_and_needs_no_login(installation, monkeypatch):
    chosen = settings.load(installation.settings)
    monkeypatch.setenv("http_proxy", "http://127.0.0.1:9")
    assert "does not answer: " in (health.queryd_trouble(chosen) or "")
    assert "cannot be read" in (health.ingestd_trouble(chosen) or "")
    installation.queryd.start()
    eventually(lambda: health.queryd_trouble(chosen) is None, "queryd is well")
    installation.ingestd.start()
    eventually(lambda: health.ingestd_trouble(chosen) is None, "ingestd is well")
    elsewhere = settings.load({**installation.settings, "APP_BASE_PATH": "/other"})
    assert "is not answered by queryd" in (health.queryd_trouble(elsewhere) or "")
    installation.ingestd.stop()
    assert health.ingestd_trouble(chosen) == "ingestd is stopped"


@pytest.mark.parametrize(
    ("host", "port", "expected"),
    [
        ("", "8080", "http://127.0.0.1:8080/healthz"),
        ("0.0.0.0", "80", "http://127.0.0.1:80/healthz"),  # noqa: S104 - asked, not listened on
        ("::", "80", "http://[::1]:80/healthz"),
        ("10.0.0.5", "80", "http://10.0.0.5:80/healthz"),
    ],
)
def test_where_it_asks(host, port, expected):
    chosen = settings.load(
        {"CPA_BASE_URL": "http://cpa", "CPA_MANAGEMENT_KEY": "key", "APP_HOST": host, "APP_PORT": port}
    )
    assert health.address(chosen) == expected
