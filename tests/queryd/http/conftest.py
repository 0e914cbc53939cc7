"""A real file, the real app, and a client of it."""

from dataclasses import dataclass
from pathlib import Path
from sqlite3 import Connection

import falcon.testing
import pytest

from ingestd import installation
from ingestd.dimensions import Dimensions
from ingestd.inbox import Inbox
from ingestd.pipeline import Pipeline
from ingestd.pricebook.book import PriceBook
from ingestd.store import Store
from queryd.app import App, create_app
from queryd.connections import Connections
from shared.database import open_writer
from shared.migrations import migrate
from shared.settings import Settings, load

NOW = 1_795_521_600_000_000  # 2026-11-24T12:00:00Z


def settings_in(folder: Path, **values: str) -> Settings:
    """Settings whose WORK_DIR is `folder`."""
    required = {"CPA_BASE_URL": "http://127.0.0.1:8317", "CPA_MANAGEMENT_KEY": "made-up-key"}
    return load({**required, "WORK_DIR": str(folder), "APP_HOST": "127.0.0.1", **values}, folder / "no.env")


def client_of(app: App) -> falcon.testing.TestClient:
    """A client that asks under a name which `app` answers to."""
    return falcon.testing.TestClient(app, headers={"Host": "127.0.0.1"})


@pytest.fixture
def settings(tmp_path):
    (tmp_path / "no.env").touch(0o600)
    return settings_in(tmp_path)


@pytest.fixture
def writer(settings):
    """ingestd's connection to a new, migrated file."""
    connection = open_writer(settings.database, "ingestd")
    migrate(connection, NOW)
    yield connection
    connection.close()


@dataclass
class Collector:
    """ingestd's line into the file: what is sent here arrives as it would from CPA."""

    writer: Connection
    pipeline: Pipeline

    def send(self, *payloads: bytes, now: int = NOW) -> None:
        self.pipeline.file(payloads, "pop", now)
        while self.pipeline.drain(now):
            pass


def collector_of(writer: Connection) -> Collector:
    instance = installation.instance(writer, "http://cpa.local", NOW)
    dimensions = Dimensions(writer, installation.secret(writer), instance)
    return Collector(writer, Pipeline(Inbox(writer), Store(writer, dimensions, PriceBook(writer))))


@pytest.fixture
def collector(writer):
    return collector_of(writer)


@pytest.fixture
def connections(settings):
    pool = Connections(settings.database)
    yield pool
    pool.close()


@pytest.fixture
def dist(tmp_path):
    """A small build of the dashboard, as Vite and its plugin leave it."""
    folder = tmp_path / "dist"
    (folder / "assets").mkdir(parents=True)
    (folder / "index.html").write_text(
        '<!doctype html><html><head><base href="/" /><script>document.title="x"</script></head>'
        '<body><script type="module" src="./assets/index-Ab_1-xyz.js"></script></body></html>'
    )
    (folder / "assets" / "index-Ab_1-xyz.js").write_text("console.log(1)")
    (folder / "assets" / "index-Ab_1-xyz.js.gz").write_bytes(b"\x1f\x8bcompressed")
    (folder / "icon.svg").write_text("<svg/>")
    return folder


@pytest.fixture
def client(settings, connections, dist):
    return client_of(create_app(settings, connections, lambda: NOW, dist))
