"""The incumbent's sample, and an importer on a real file."""

import gzip
import json
from collections.abc import Callable
from pathlib import Path

import pytest

from ingestd import installation
from ingestd.dimensions import Dimensions
from ingestd.imports import open_source
from ingestd.imports.importing import Importer, Report
from ingestd.pricebook import catalogue, catalogue_format
from ingestd.pricebook.book import PriceBook
from tests.ingestd.conftest import NOW, Line

DATA = Path(__file__).parents[2] / "data" / "incumbent"


@pytest.fixture(scope="session")
def incumbent(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database that the incumbent made itself. Nobody changes it."""
    path = tmp_path_factory.mktemp("incumbent") / "app.db"
    path.write_bytes(gzip.decompress((DATA / "app.db.gz").read_bytes()))
    return path


@pytest.fixture(scope="session")
def sums():
    """Its own sums: requests, failed, input, output, cache reads, all tokens."""
    return json.loads((DATA / "sums.json").read_text())


@pytest.fixture
def priced(line: Line) -> Line:
    """A collector's line whose file has the catalogue."""
    catalogue.seed(line.connection, catalogue_format.read(), NOW)
    return line


def names(line: Line) -> Dimensions:
    return Dimensions(line.connection, installation.secret(line.connection), 1)


def importer(line: Line, *, beside: bool = False) -> Importer:
    return Importer(line.connection, names(line), PriceBook(line.connection), beside=beside)


def told(_: int) -> None:
    """Progress that nobody listens to."""


@pytest.fixture
def bring() -> Callable[..., Report]:
    """Import a file into a line's."""

    def bring(line: Line, path: Path, *, beside: bool = False, progress=told) -> Report:
        source = open_source(path, {})
        try:
            return importer(line, beside=beside).run(source, NOW, progress)
        finally:
            source.close()

    return bring
