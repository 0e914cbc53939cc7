"""What the dearest requests make of the cost, and who makes the peaks of the week, equal plain Python over the rows."""

from math import ceil
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from queryd.questions import concentration, heatmap
from tests.queryd import oracle
from tests.queryd.test_figures import histories, plain, query, relaxed, selected, small_chunks, story

__all__ = ["small_chunks"]


@relaxed
@given(history=histories(), percent=st.sampled_from([1, 5, 30, 50]))
def test_concentration_equals_the_sorted_list(tmp_path, history, percent):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, percent=str(percent))
        answer = plain(
            ledger.ask(concentration.concentration, concentration.PARAMETERS, text, zone=zone, now=now, reader=reader)
        )
        costs = sorted(each.cost_nanos for each in selected(ledger, answer, filtered) if each.cost_nanos)
        assert (answer["requests"], answer["cost_nanos"]) == (len(costs), sum(costs))
        if not costs:
            assert answer["dearest"] is answer["cheaper_half"] is None
            continue
        bound = costs[len(costs) - ceil(len(costs) * percent / 100)]
        median = costs[(len(costs) - 1) // 2]
        for part, limit, held in (
            (answer["dearest"], bound, [each for each in costs if each >= bound]),
            (answer["cheaper_half"], median, [each for each in costs if each <= median]),
        ):
            assert part == {"bound_nanos": limit, "requests": len(held), "cost_nanos": sum(held)}


@relaxed
@given(history=histories(), metric=st.sampled_from(["cost_nanos", "requests", "total_tokens"]))
def test_peaks_are_the_cells_with_the_most_an_hour_and_name_who_makes_most(tmp_path, history, metric):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_, x="hour", y="weekday", metric=metric, peaks="3")
        answer = plain(ledger.ask(heatmap.heatmap, heatmap.PARAMETERS, text, zone=zone, now=now, reader=reader))
        events = selected(ledger, answer, filtered)
        hourly = {
            (x, y): value / answer["hours"][y][x]
            for y, line in enumerate(answer["cells"])
            for x, value in enumerate(line)
            if value and answer["hours"][y][x]
        }
        expected = sorted(hourly, key=lambda place: (-hourly[place], place[1], place[0]))[:3]
        assert [(each["x"], each["y"]) for each in answer["peaks"]] == expected
        for peak in answer["peaks"]:
            moments = [oracle.wall_clock(event.at, ZoneInfo(zone)) for event in events]
            inside = [
                event
                for event, at in zip(events, moments, strict=True)
                if (at.hour, at.isoweekday()) == (answer["x"][peak["x"]], answer["y"][peak["y"]])
            ]
            pairs = oracle.grouped(inside, [(event.api_key, event.model) for event in inside])
            made = {pair: oracle.metrics(some, 1)[metric] for pair, some in pairs.items()}
            assert peak["value"] == made[peak["api_key"]["id"], peak["model"]["id"]] == max(made.values())
