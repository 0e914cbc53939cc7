"""Groups of failures: counts, times, traffic and what clients saw equal plain Python over the rows, for any filter."""

from hypothesis import given

from queryd.figures.error_runs import OFTEN
from queryd.questions import errors
from queryd.questions.error_messages import rows_each
from queryd.request_log.error_text import message_shape
from shared.clock import HOUR, MILLISECOND, MINUTE
from tests.queryd import oracle
from tests.queryd.test_figures import histories, microseconds, plain, query, relaxed, selected, small_chunks, story

__all__ = ["small_chunks"]


@relaxed
@given(history=histories())
def test_groups_of_failures_equal_plain_sql(tmp_path, history):
    now, zone, range_, filtered, batches = history
    for ledger, reader in story(tmp_path, batches):
        text = query(filtered, range=range_)
        answer = plain(ledger.ask(errors.errors, errors.PARAMETERS, text, zone=zone, now=now, reader=reader))
        everything = selected(ledger, answer, {})
        events = [each for each in selected(ledger, answer, filtered) if each.failed]
        others = {name: ids for name, ids in filtered.items() if name not in {"result", "status", "error_class"}}
        traffic = selected(ledger, answer, others)
        groups = oracle.grouped(events, [(each.error_class, int(each.status), each.credential) for each in events])
        assert answer["groups_total"] == len(answer["groups"]) == len(groups)
        assert answer["failed"] == len(events)
        assert answer["cancelled"] == sum(each.error_class == "cancelled" for each in events)
        for group in answer["groups"]:
            failures = groups.pop((group["error_class"], group["status_code"], group["credential"]["id"]))
            times = sorted(each.at // MILLISECOND for each in failures)
            assert group["count"] == len(failures) == sum(group["trend"])
            assert [microseconds(group[name]) // MILLISECOND for name in ("first_seen", "last_seen")] == [
                times[0],
                times[-1],
            ]
            recent = [each for each in times if each >= now // MILLISECOND - 15 * MINUTE // MILLISECOND]
            account = [each for each in traffic if each.credential == group["credential"]["id"]]
            served = [
                each.at // MILLISECOND
                for each in everything
                if not each.failed and each.credential == group["credential"]["id"]
            ]
            fails = len(recent) >= OFTEN or bool(recent and max(served, default=0) < times[-1])
            assert group["state"] == ("now" if fails else "stopped")
            assert group["rate"] == len(failures) / len(account)
            run = latest_run(times)
            assert microseconds(group["run"]["since"]) // MILLISECOND == run[0]
            assert group["run"]["count"] == len(run)
            since = sum(each.at // MILLISECOND >= run[0] for each in account)
            assert group["run"]["rate"] == (len(run) / since if fails else None)
            for dimension in ("model", "api_key"):
                counted = oracle.grouped(failures, [getattr(each, dimension) for each in failures])
                assert {each["id"]: each["requests"] for each in group[f"{dimension}s"]} == {
                    name: len(some) for name, some in counted.items()
                }
            seen = oracle.client_requests(everything, failures)
            assert group["clients"]["client_requests"] == seen["client_requests"]
            assert group["clients"]["client_succeeded"] == seen["client_succeeded"]
            elsewhere = {
                each.request_number
                for each in everything
                if not each.failed and each.credential != group["credential"]["id"] and each.request_number
            }
            assert group["clients"]["succeeded_elsewhere"] == len(
                elsewhere & {each.request_number for each in failures}
            )
            assert group["looked_at"] == min(len(failures), rows_each(answer["groups_total"]))
            assert sum(each["count"] for each in group["messages"]) == group["looked_at"]
            assert group["messages_total"] == len(group["messages"])
        assert not groups


def latest_run(times):
    """Those after the last pause of an hour."""
    run: list[int] = []
    for at in times:
        run = [*run, at] if run and at - run[-1] < HOUR // MILLISECOND else [at]
    return run


def test_messages_that_differ_in_numbers_and_ids_only_are_of_one_shape():
    first = "30 per 1.5 s for org-4f2c9d1ab3 (req_011CPqXvR8, 7f3e1c22-9a41-4c0e-8d2b-0c5a6e1f2b3d)"
    other = "60 per 2 s for org-0a1b2c3d4e (req_99ZZqXvR81, 00000000-9a41-4c0e-8d2b-0c5a6e1f2b3d)"
    assert message_shape(first) == message_shape(other)
    assert message_shape("model not found") == "model not found"
    assert message_shape("deadbeef") != message_shape("overloaded")
