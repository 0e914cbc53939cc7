"""Log in, filter and log out behind a real nginx, a real Caddy, and over https without either."""

import ssl
from contextlib import contextmanager
from pathlib import Path
from urllib.parse import urlsplit

import httpx
import pytest
from playwright.sync_api import expect

from tests.browser.proxies import caddy, nginx
from tests.browser.test_login import PASSWORD, field, locked, sign_in
from tests.daemons import free_port

TLS = Path(__file__).parents[1] / "data" / "cpa" / "tls"
PROXIES = {"nginx": nginx, "caddy": caddy}


@contextmanager
def behind(tmp_path, world, proxy, path, stripped):
    """queryd behind a proxy below `path`; gives the URL that a browser opens."""
    with locked(tmp_path, world, APP_BASE_PATH=path) as (url, _):
        folder = tmp_path / "proxy"
        folder.mkdir()
        with PROXIES[proxy](folder, urlsplit(url).netloc, path, stripped=stripped) as public:
            yield public


@contextmanager
def directly(tmp_path, world):
    """queryd's own https."""
    port = free_port()
    own = {"TLS_ENABLED": "true", "APP_PORT": str(port), "TRUSTED_PROXY_CIDRS": "10.0.0.0/8"}  # no proxy is here
    files = {"TLS_CERT_FILE": str(TLS / "certificate.pem"), "TLS_KEY_FILE": str(TLS / "key.pem")}
    with locked(tmp_path, world, **own, **files):
        yield f"https://localhost:{port}"


def walk(tab, url):
    """In, through a filter and a page, out; nothing is asked for outside of the base path."""
    one = tab(url, ignore_https_errors=True)
    asked = []
    one.page.on("request", lambda request: asked.append(request.url))
    base = urlsplit(url).path
    with one.trouble_expected():
        one.page.goto(f"{url}/?range=7d")
        sign_in(one)
        one.settle()
        expect(one.tiles).to_have_count(7)
    one.table.get_by_role("row").nth(1).get_by_role("link").first.click()
    expect(one.chips).to_have_count(1)
    one.bar.get_by_role("link", name="Requests").click()
    one.settle()
    one.page.reload()
    one.settle()
    assert one.path == "requests"
    (cookie,) = one.context.cookies()
    secure = url.startswith("https")
    assert (cookie["path"], cookie["httpOnly"], cookie["secure"]) == (base or "/", True, secure)
    assert cookie["sameSite"] == "Strict"
    with one.trouble_expected():
        one.choose(one.bar.get_by_role("button", name="Menu"), "Sign out")
        expect(field(one)).to_be_visible()
        assert one.context.cookies() == []
        one.page.goto("about:blank")
    own = f"{urlsplit(url).scheme}://{urlsplit(url).netloc}{base}/"
    assert [address for address in asked if not address.startswith((own, "about:", "data:", "blob:"))] == []


def closed_to_strangers(url):
    with httpx.Client(base_url=url, verify=False) as client:  # noqa: S501 - Caddy's own authority, made a second ago
        for path in ("summary", "events", "status", "settings", "openapi.json", "../v1/status", "session/../status"):
            assert client.get(f"{url}/api/v1/{path}").status_code in (400, 401), path
        assert client.get(f"{url}/healthz").status_code == 200
        forged = {"X-Forwarded-For": "127.0.0.1", "X-Forwarded-Proto": "https", "X-Forwarded-Host": "evil.example"}
        evil = {"Origin": "https://evil.example", **forged}
        assert client.post(f"{url}/api/v1/session", json={"password": PASSWORD}, headers=evil).status_code == 403
        codes = []
        for number in range(7):
            forged = {"X-Forwarded-For": f"192.0.2.{number}"}
            codes.append(client.post(f"{url}/api/v1/session", json={"password": "x"}, headers=forged).status_code)
        assert codes[-1] == 429  # the proxy says whence it comes, whatever the client says


@pytest.mark.parametrize(
    "place",
    [
        ("nginx", "/cpa", False),
        ("nginx", "/cpa", True),
        ("nginx", "", False),
        ("caddy", "/cpa", False),
        ("caddy", "/cpa", True),
        ("caddy", "", False),
    ],
)
def test_it_works_behind_a_proxy(tab, tmp_path, world, place):
    with behind(tmp_path, world, *place) as url:
        walk(tab, url)
        closed_to_strangers(url)


def test_it_works_over_https_of_its_own(tab, tmp_path, world):
    with directly(tmp_path, world) as url:
        walk(tab, url)
        closed_to_strangers(url)
        answer = httpx.get(f"{url}/", verify=ssl.create_default_context(cafile=TLS / "certificate.pem"))
        assert answer.headers["Strict-Transport-Security"].startswith("max-age=")
        policy = answer.headers["Content-Security-Policy"]
        assert "script-src 'self' 'sha256-" in policy
        assert "'unsafe-inline'" not in policy.replace("style-src-attr 'unsafe-inline'", "")
