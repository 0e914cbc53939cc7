"""APP_BASE_PATH: the page, its assets and the API are below it, and the page asks for nothing elsewhere."""

import re
from urllib.parse import urljoin

import httpx
import pytest

from tests.ingestd.conftest import payload

pytestmark = pytest.mark.system


def test_page_assets_and_api_answer_below_the_base_path(cpa, keep):
    keeper = keep(cpa, APP_BASE_PATH="/usage").start()
    cpa.publish(payload(1))
    keeper.wait_settled(1)
    assert keeper.url.endswith("/usage")
    with httpx.Client(timeout=30, trust_env=False, follow_redirects=False) as client:
        for page in (f"{keeper.url}/", f"{keeper.url}/requests", f"{keeper.url}/credentials?range=7d"):
            response = client.get(page)
            assert response.status_code == 200
            assert response.headers["content-type"].startswith("text/html")
            base = re.search(r'<base href="([^"]+)"', response.text)
            assert base
            assert base[1] == "/usage/"
            for address in re.findall(r'(?:src|href)="([^"#]+)"', response.text.replace(base[0], "")):
                asset = client.get(urljoin(urljoin(page, base[1]), address))
                assert asset.status_code == 200, address
                assert asset.url.path.startswith("/usage/")
        assert client.get(keeper.url).status_code in (200, 301, 302, 307, 308)
        assert client.get(f"{keeper.url}/healthz").status_code == 200
        assert client.get(f"{keeper.url}/readyz").status_code == 200
        assert keeper.get("/status")["database"]["events"] == 1
        tag = keeper.ask("/summary?range=all").headers["etag"]
        assert keeper.ask("/summary?range=all", **{"If-None-Match": tag}).status_code == 304
