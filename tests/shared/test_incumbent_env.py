"""The .env of CPA Usage Keeper (Willxup, v1.14) as it stands: each of its variables, as its users write them."""

from ipaddress import ip_network

import pytest

from shared.clock import HOUR, SECOND
from shared.settings import SettingsError, load

WRITTEN = """
# every variable of its table
CPA_BASE_URL=http://cli-proxy-api:8317
CPA_MANAGEMENT_KEY='a management key with # and "quotes"'
export APP_HOST=127.0.0.1
APP_PORT=9090
APP_BASE_PATH=/cpa/
CPA_PUBLIC_URL=https://cpa.example.com/management.html
TRUSTED_PROXY_CIDRS=127.0.0.1/32, 10.0.0.0/8
TLS_ENABLED=true
TLS_CERT_FILE=./certs/server.crt
TLS_KEY_FILE=./certs/server.key
AUTH_ENABLED=true
LOGIN_PASSWORD="a password of one's own"
AUTH_SESSION_TTL=72h30m
TZ=Europe/Berlin
REQUEST_TIMEOUT=1m0s
TLS_SKIP_VERIFY=1
REDIS_QUEUE_ADDR=cli-proxy-api:8317
REDIS_QUEUE_TLS=f
REDIS_QUEUE_BATCH_SIZE=1000
REDIS_QUEUE_IDLE_INTERVAL=500ms
QUOTA_REFRESH_WORKER_LIMIT=20
WORK_DIR=./data
LOG_LEVEL=trace
LOG_FILE_ENABLED=FALSE
LOG_RETENTION_DAYS=0
BACKUP_ENABLED=T
BACKUP_INTERVAL=6h
BACKUP_RETENTION_DAYS=30
CPA_REQUEST_LOG_ACCESS_ENABLED=true
"""


def read(tmp_path, text):
    file = tmp_path / ".env"
    file.write_text(text)
    return load({}, file)


def test_every_variable_of_its_table_means_what_it_meant(tmp_path):
    found = read(tmp_path, WRITTEN)
    assert (found.cpa_base_url, found.cpa_public_url) == (
        "http://cli-proxy-api:8317",
        "https://cpa.example.com/management.html",
    )
    assert (found.cpa_management_key, found.login_password) == (
        'a management key with # and "quotes"',
        "a password of one's own",
    )
    assert (found.app_host, found.app_port, found.app_base_path) == ("127.0.0.1", 9090, "/cpa")
    assert found.trusted_proxy_cidrs == (ip_network("127.0.0.1/32"), ip_network("10.0.0.0/8"))
    assert (found.tls_enabled, found.tls_cert_file, found.tls_key_file) == (
        True,
        "./certs/server.crt",
        "./certs/server.key",
    )
    assert (found.auth_required, found.auth_session_ttl) == (True, 72 * HOUR + HOUR // 2)
    assert (found.tz.key, found.request_timeout, found.tls_skip_verify) == ("Europe/Berlin", 60 * SECOND, True)
    assert (found.queue_host, found.queue_port, found.queue_tls) == ("cli-proxy-api", 8317, False)
    assert (found.redis_queue_batch_size, found.redis_queue_idle_interval) == (1_000, SECOND // 2)
    assert found.quota_refresh_worker_limit == 20
    assert found.work_folder == tmp_path / "data"
    assert (found.log_level, found.log_file_enabled, found.log_retention_days) == ("debug", False, 0)
    assert (found.backup_enabled, found.backup_interval, found.backup_retention_days) == (True, 6 * HOUR, 30)


def test_what_its_example_has_and_nobody_changed_has_our_defaults(tmp_path):
    """It writes empty values for what it leaves to itself; an empty value is none."""
    names = [line.partition("=")[0].removeprefix("export ") for line in WRITTEN.splitlines() if "=" in line]
    required = "CPA_BASE_URL=http://127.0.0.1:8317\nCPA_MANAGEMENT_KEY=key\n"
    empty = "".join(f"{name}=\n" for name in names if name not in required)
    assert read(tmp_path, required + empty) == read(tmp_path, required)


def test_the_password_of_its_example_is_refused(tmp_path):
    with pytest.raises(SettingsError, match="one of your own"):
        read(tmp_path, WRITTEN + "LOGIN_PASSWORD=replace-with-your-login-password\n")
