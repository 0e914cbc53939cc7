"""Durations in Go's spelling."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from shared import durations


@pytest.mark.parametrize(
    ("text", "microseconds"),
    [
        ("168h", 168 * 3_600_000_000),
        ("1m30s", 90_000_000),
        ("500ms", 500_000),
        ("1.5h", 5_400_000_000),
        (".5s", 500_000),
        ("0", 0),
        ("1h2m3s4ms5us", 3_723_004_005),
        ("1µs", 1),
    ],
)
def test_go_durations_are_read(text, microseconds):
    assert durations.parse(text) == microseconds


@pytest.mark.parametrize("text", ["", "5", "s", "1 h", "-1h", "1h-2m", "soon", "1d", "1h2"])
def test_anything_else_is_refused(text):
    with pytest.raises(ValueError, match="duration"):
        durations.parse(text)


@given(st.integers(min_value=1, max_value=10**13).map(lambda n: n * 1_000))
def test_what_is_rendered_is_read_back(microseconds):
    assert abs(durations.parse(durations.render(microseconds)) - microseconds) < 1_000
