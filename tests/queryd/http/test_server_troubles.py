"""That the file cannot be read is logged once, and so is that it can be again."""

import pytest
import structlog

from queryd.endpoints import API
from shared.database import open_writer
from shared.migrations import migrate
from tests.queryd.http.conftest import NOW


def test_a_file_that_is_missing_is_told_once_and_its_end_too(client, settings):
    with structlog.testing.capture_logs() as logged:
        for path in ("summary", "status", "live", "summary"):
            assert client.simulate_get(f"{API}/{path}").status_code == 503
        writer = open_writer(settings.database, "ingestd")
        migrate(writer, NOW)
        for path in ("status", "live"):
            assert client.simulate_get(f"{API}/{path}").status_code == 200
        writer.close()
    told = [(entry["event"], entry["code"]) for entry in logged if entry["event"].startswith("trouble")]
    assert told == [("trouble.began", "no_collector"), ("trouble.ended", "no_collector")]


@pytest.mark.usefixtures("writer")
def test_a_refused_question_is_no_trouble_of_the_file(client):
    with structlog.testing.capture_logs() as logged:
        assert client.simulate_get(f"{API}/events/made-up").status_code == 404
        assert client.simulate_get(f"{API}/summary?made=up").status_code == 400
    assert [entry for entry in logged if entry["event"].startswith("trouble")] == []
