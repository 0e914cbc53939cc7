"""The demo's accounts, looked up: some last, one is used up, one has not begun, one has to sign in again."""

from datetime import UTC

import pytest

from shared import clock
from tests.cpa.company_documents import CompanyDocuments
from tests.cpa.company_quota import CompanyQuota
from tests.cpa.stand_in import StandIn


@pytest.fixture
def cpa():
    with StandIn(documents=CompanyDocuments(UTC), upstream=CompanyQuota(UTC)) as stand_in:
        yield stand_in


def test_every_look_up_of_the_demo_is_answered(accounts, line, time):
    time.now = clock.now()
    items = accounts.refresh(line.connection, None, lambda *_: None)
    labels = dict(line.connection.execute("select credential_id, label from credential_metadata").fetchall())
    outcomes = {labels[int(item.credential)]: item.code for item in items}
    assert len(outcomes) == 10
    assert {label for label, code in outcomes.items() if code} == {"old-intern@atlas.example"}
    assert outcomes["old-intern@atlas.example"] == "unauthorized"
    windows = line.connection.execute(
        "select m.label, w.key, w.used_percent, w.resets_at, w.limit_reached from quota_window w"
        " join credential_metadata m on m.credential_id = w.credential_id"
    ).fetchall()
    by_account: dict[str, dict[str, tuple[float, int | None, int]]] = {}
    for label, key, *values in windows:
        by_account.setdefault(label, {})[key] = tuple(values)
    assert by_account["yuki@atlas.example"]["five_hour"] == (0.0, None, 0)
    assert by_account["team@atlas.example"]["five_hour"][0] < 100
    antigravity = next(
        found for label, found in by_account.items() if "bucket.antigravity-gemini-models.gemini-5h" in found
    )
    assert antigravity["bucket.antigravity-claude-and-gpt-models.3p-5h"][2] == 1
    assert antigravity["bucket.antigravity-gemini-models.gemini-5h"][2] == 0
