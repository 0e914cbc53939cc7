"""The world of these tests can be made at any hour of the day."""

from datetime import UTC, datetime

import pytest

from tests.browser.afternoon import zone_of_afternoon


@pytest.mark.parametrize("hour", range(24))
def test_it_is_three_in_the_afternoon_whatever_the_hour(hour):
    now = datetime(2026, 11, 26, hour, 40, tzinfo=UTC)
    assert now.astimezone(zone_of_afternoon(now)).hour == 15
