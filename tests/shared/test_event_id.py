"""Identity of events and spelling of request ids."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import event_id


@given(st.integers(0, 2**63 - 1), st.binary(max_size=40))
def test_an_id_reads_back(occurred_at, payload):
    digest = event_id.digest(payload)
    assert 0 <= digest < 2**48
    assert event_id.decode(event_id.encode(occurred_at, digest)) == (occurred_at, digest)


@pytest.mark.parametrize("text", ["", "1-2", "xyz", "1-0000000000zz", "-000000000001", "ffffffffffffffff-000000000001"])
def test_other_texts_are_no_ids(text):
    assert event_id.decode(text) is None


@given(st.integers(0, 2**32 - 1))
def test_request_ids_of_cpa_are_numbers_and_come_back(number):
    text = f"{number:08x}"
    stored = event_id.request_number(text)
    assert stored is not None
    assert -(2**31) <= stored < 2**31
    assert event_id.request_text(stored) == text


@pytest.mark.parametrize("text", ["", "752FDDA4", "752fdda", "0x2fdda4", "+52fdda4", "request1"])
def test_other_request_ids_are_kept_as_text(text):
    assert event_id.request_number(text) is None
