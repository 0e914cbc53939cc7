"""The API is what its document says: any request that the document allows gets an answer that it describes."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import ignored_auth, positive_data_acceptance

from queryd import openapi
from queryd.app import create_app
from queryd.connections import Connections
from queryd.endpoints import API
from queryd.routes import ENDPOINTS, OPEN_PATHS
from shared.database import open_writer
from shared.migrations import migrate
from tests.ingestd.conftest import DATA
from tests.queryd.http.conftest import NOW, client_of, collector_of, settings_in

KEPT = Path(__file__).parents[3] / "webui" / "openapi.json"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The real app over everything that was ever captured."""
    folder = tmp_path_factory.mktemp("openapi")
    (folder / "no.env").touch(0o600)
    own = settings_in(folder)
    writer = open_writer(own.database, "ingestd")
    migrate(writer, NOW)
    collector_of(writer).send(*(DATA / "captured-usage.jsonl").read_bytes().splitlines())
    pool = Connections(own.database)
    yield create_app(own, pool, lambda: NOW)
    pool.close()
    writer.close()


@pytest.fixture(scope="module")
def schema(app):
    # The document's own server is relative to where it lies; without a network it must be spelled out.
    loaded = schemathesis.openapi.from_dict(openapi.document() | {"servers": [{"url": API}]})
    loaded.app = app
    return loaded


@pytest.mark.parametrize(
    ("method", "path", "mode"),
    [(endpoint.method, endpoint.path, GenerationMode.POSITIVE) for endpoint in ENDPOINTS]
    + [
        (endpoint.method, endpoint.path, GenerationMode.NEGATIVE)
        for endpoint in ENDPOINTS
        if endpoint.parameters or endpoint.body
    ],
)
def test_every_answer_is_as_documented_and_never_a_500(schema, method, path, mode):
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(
            headers={"Accept-Encoding": "identity"},  # its WSGI client cannot unzip
            excluded_checks=[positive_data_acceptance],  # no schema says that `range` excludes `from`
        )

    ask()


@pytest.fixture(scope="module")
def locked(tmp_path_factory):
    """The document over an app that asks for a password, and a session's cookie."""
    folder = tmp_path_factory.mktemp("locked")
    (folder / "no.env").touch(0o600)
    own = settings_in(folder, LOGIN_PASSWORD="made-up password")
    writer = open_writer(own.database, "ingestd")
    migrate(writer, NOW)
    collector_of(writer).send(*(DATA / "captured-usage.jsonl").read_bytes().splitlines()[:200])
    pool = Connections(own.database)
    app = create_app(own, pool, lambda: NOW)
    loaded = schemathesis.openapi.from_dict(openapi.document() | {"servers": [{"url": API}]})
    loaded.app = app
    answer = client_of(app).simulate_post(f"{API}/session", json={"password": "made-up password"})
    yield loaded, {name: cookie.value for name, cookie in answer.cookies.items()}
    pool.close()
    writer.close()


@pytest.mark.parametrize(("method", "path"), [(endpoint.method, endpoint.path) for endpoint in ENDPOINTS])
@pytest.mark.parametrize("signed_in", [False, True])
def test_with_a_login_as_well(locked, signed_in, method, path):
    schema, cookie = locked
    if signed_in and (method, path) in (("DELETE", "/session"), ("DELETE", "/sessions/{id}"), ("POST", "/session")):
        pytest.skip("it would end the session, or use up the tries")

    @settings(
        max_examples=5,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path][method].as_strategy(generation_mode=GenerationMode.POSITIVE))
    def ask(case):
        answer = case.call_and_validate(
            headers={"Accept-Encoding": "identity"},
            cookies=cookie if signed_in else {},
            excluded_checks=[positive_data_acceptance, ignored_auth],
        )
        if API + path not in OPEN_PATHS:
            assert (answer.status_code == 401) is not signed_in

    ask()


def test_the_dashboards_copy_of_the_document_is_current():
    assert KEPT.read_text("utf-8") == openapi.text(), "python -m queryd.openapi > webui/openapi.json"


def test_every_endpoint_is_documented_once():
    documented = [(method.upper(), path) for path, methods in openapi.document()["paths"].items() for method in methods]
    assert sorted(documented) == sorted((endpoint.method, endpoint.path) for endpoint in ENDPOINTS)
    names = [endpoint.name for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)
