import base64
import hashlib

import pytest

from queryd.app import create_app
from tests.queryd.http.conftest import NOW, client_of, settings_in

GZIP = {"Accept-Encoding": "br, gzip"}


def test_the_page_is_asked_for_anew_each_time_and_is_a_304_when_unchanged(client):
    first = client.simulate_get("/")
    assert first.headers["content-type"] == "text/html; charset=utf-8"
    assert first.headers["cache-control"] == "no-cache"
    again = client.simulate_get("/", headers={"If-None-Match": first.headers["etag"]})
    assert (again.status_code, again.content) == (304, b"")


def test_hashed_assets_are_kept_for_ever_and_come_compressed_from_the_build(client):
    plain = client.simulate_get("/assets/index-Ab_1-xyz.js")
    assert plain.text == "console.log(1)"
    assert plain.headers["cache-control"] == "public, max-age=31536000, immutable"
    assert plain.headers["content-type"] == "text/javascript; charset=utf-8"
    packed = client.simulate_get("/assets/index-Ab_1-xyz.js", headers=GZIP)
    assert packed.headers["content-encoding"] == "gzip"
    assert packed.headers["vary"] == "Accept-Encoding"
    assert packed.content == b"\x1f\x8bcompressed"


def test_one_tag_for_a_file_and_its_gzip_is_a_weak_one(client):
    for path in ("/", "/assets/index-Ab_1-xyz.js", "/icon.svg"):
        plain, packed = client.simulate_get(path), client.simulate_get(path, headers=GZIP)
        assert plain.headers["etag"] == packed.headers["etag"]
        assert plain.headers["etag"].startswith('W/"')
        known = client.simulate_get(path, headers=GZIP | {"If-None-Match": plain.headers["etag"]})
        assert (known.status_code, known.headers.get("vary")) == (304, plain.headers.get("vary"))


def test_the_page_itself_says_what_is_wrong_when_its_files_lie_below_another_path(client):
    text = client.simulate_get("/usage/").text
    assert "APP_BASE_PATH" in text
    assert text.index("addEventListener('error'") < text.index('src="./assets/')


def test_a_file_without_a_hash_in_its_name_is_asked_for_anew(client):
    icon = client.simulate_get("/icon.svg", headers=GZIP)
    assert icon.headers["content-type"] == "image/svg+xml; charset=utf-8"
    assert icon.headers["cache-control"] == "no-cache"
    assert "content-encoding" not in icon.headers


def test_gzip_that_the_client_refuses_is_not_sent(client):
    refused = client.simulate_get("/", headers={"Accept-Encoding": "gzip;q=0, identity"})
    assert "content-encoding" not in refused.headers


@pytest.mark.parametrize("path", ["/requests", "/settings/prices", "/key", "/api-keys", "/anything"])
def test_an_unknown_path_is_the_dashboards_own(client, path):
    assert client.simulate_get(path).text == client.simulate_get("/").text


@pytest.mark.parametrize("path", ["/assets/index-old00000.js", "/favicon.ico", "/robots.txt", "/index.html.gz"])
def test_a_missing_file_is_a_404_and_not_the_page(client, path):
    answer = client.simulate_get(path)
    assert answer.status_code == 404
    assert answer.json["error"]["code"] == "not_found"


@pytest.mark.usefixtures("writer")
@pytest.mark.parametrize(
    "path",
    [
        "/../app.db",
        "/assets/../../app.db",
        "/%2e%2e/app.db",
        "/assets/%2e%2e/%2e%2e/app.db",
        "/..%2fapp.db",
        "//etc/passwd.txt",
        "/assets/..\\..\\app.db",
        "/assets/index-Ab_1-xyz.js%00.html",
    ],
)
def test_no_path_climbs_out_of_the_build(client, path):
    answer = client.simulate_get(path)
    assert answer.status_code == 404 or b"SQLite" not in answer.content
    assert b"root:" not in answer.content


def test_the_base_path_is_written_into_the_page(tmp_path, connections, dist):
    (tmp_path / "no.env").touch(0o600)
    settings = settings_in(tmp_path, APP_BASE_PATH="/team/usage")
    client = client_of(create_app(settings, connections, lambda: NOW, dist))
    assert '<base href="/team/usage/" />' in client.simulate_get("/").text


def test_the_policy_allows_exactly_the_pages_own_script_and_cpas_frame(tmp_path, connections, dist):
    (tmp_path / "no.env").touch(0o600)
    settings = settings_in(tmp_path, CPA_PUBLIC_URL="https://someone@cpa.example:8443/panel")
    client = client_of(create_app(settings, connections, lambda: NOW, dist))
    policy = client.simulate_get("/").headers["content-security-policy"]
    expected = base64.b64encode(hashlib.sha256(b'document.title="x"').digest()).decode()
    assert f"script-src 'self' 'sha256-{expected}' " in policy
    assert policy.endswith("frame-ancestors 'self' https://cpa.example:8443")
    assert "unsafe-eval" not in policy
    assert "script-src 'unsafe-inline'" not in policy


@pytest.mark.usefixtures("writer")
def test_every_answer_carries_the_safety_headers(client):
    for path in ("/", "/icon.svg", "/nothing.txt", "/api/v1/version", "/api/v1/nothing"):
        headers = client.simulate_get(path).headers
        assert headers["x-content-type-options"] == "nosniff"
        assert headers["referrer-policy"] == "same-origin"
        assert "frame-ancestors 'self'" in headers["content-security-policy"]


def test_head_answers_without_a_body_and_with_its_length(client):
    head = client.simulate_head("/assets/index-Ab_1-xyz.js")
    assert (head.status_code, head.content) == (200, b"")
    assert head.headers["content-length"] == "14"


def test_a_page_cannot_be_posted_to(client):
    answer = client.simulate_post("/requests")
    assert answer.status_code == 405
    assert answer.json["error"]["code"] == "method_not_allowed"
    assert answer.headers["allow"] == "GET, HEAD"


@pytest.mark.usefixtures("writer")
def test_without_a_build_the_page_says_how_to_make_one_and_the_api_answers(settings, connections, tmp_path):
    client = client_of(create_app(settings, connections, lambda: NOW, tmp_path / "nothing"))
    page = client.simulate_get("/")
    assert page.status_code == 503
    assert "make setup" in page.text
    assert client.simulate_get("/api/v1/status").status_code == 200


def test_a_build_made_while_running_is_served_without_a_restart(client, dist):
    assert client.simulate_get("/assets/new-12345678.js").status_code == 404
    (dist / "assets" / "new-12345678.js").write_text("2")
    (dist / "index.html").write_text('<head><base href="/"></head>newer')
    assert "newer" in client.simulate_get("/").text
    assert client.simulate_get("/assets/new-12345678.js").text == "2"
