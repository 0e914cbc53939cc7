"""The API is what its document says: any request that the document allows gets an answer that it describes."""

from pathlib import Path

import pytest
import schemathesis
from hypothesis import HealthCheck, Phase, given, settings
from schemathesis import GenerationMode
from schemathesis.specs.openapi.checks import positive_data_acceptance

from queryd import openapi
from queryd.app import create_app
from queryd.connections import Connections
from queryd.endpoints import API, ENDPOINTS
from shared.database import open_writer
from shared.migrations import migrate
from tests.ingestd.conftest import DATA
from tests.queryd.http.conftest import NOW, collector_of, settings_in

KEPT = Path(__file__).parents[3] / "webui" / "openapi.json"


@pytest.fixture(scope="module")
def app(tmp_path_factory):
    """The real app over everything that was ever captured."""
    folder = tmp_path_factory.mktemp("openapi")
    (folder / "no.env").touch()
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
    ("path", "mode"),
    [(endpoint.path, GenerationMode.POSITIVE) for endpoint in ENDPOINTS]
    + [(endpoint.path, GenerationMode.NEGATIVE) for endpoint in ENDPOINTS if endpoint.parameters],
)
def test_every_answer_is_as_documented_and_never_a_500(schema, path, mode):
    @settings(
        max_examples=20,
        deadline=None,
        derandomize=True,
        database=None,
        phases=[Phase.generate],
        suppress_health_check=list(HealthCheck),
    )
    @given(case=schema[path]["GET"].as_strategy(generation_mode=mode))
    def ask(case):
        case.call_and_validate(
            headers={"Accept-Encoding": "identity"},  # its WSGI client cannot unzip
            excluded_checks=[positive_data_acceptance],  # no schema says that `range` excludes `from`
        )

    ask()


def test_the_dashboards_copy_of_the_document_is_current():
    assert KEPT.read_text("utf-8") == openapi.text(), "python -m queryd.openapi > webui/openapi.json"


def test_every_endpoint_is_documented_once():
    assert sorted(openapi.document()["paths"]) == sorted(endpoint.path for endpoint in ENDPOINTS)
    names = [endpoint.name for endpoint in ENDPOINTS]
    assert len(set(names)) == len(names)
