"""What CPA counted against what came: pure arithmetic."""

from ingestd.cpa.counters import BUCKETS, Counter, counters, key_indexes
from ingestd.loss.difference import BUCKET, Known, difference, narrowed, usual
from shared.clock import MINUTE

SINCE = 2_000_000 * BUCKET + 3 * MINUTE
NOW = SINCE + 5 * MINUTE


def recent(*newest: int) -> tuple[int, ...]:
    return (0,) * (BUCKETS - len(newest)) + newest


def counted(**attempts: int) -> dict[str, Counter]:
    return {index: Counter(each) for index, each in attempts.items()}


def compare(before, after, events, since=SINCE, now=NOW):
    return difference(before, after, events, since=since, now=now)


def test_what_was_counted_and_did_not_come_is_missing_on_its_account():
    found = compare({"a": Known(100, 90), "b": Known(5, 5)}, counted(a=308, b=65), {"a": 212, "b": 65})
    assert (found.restarted, found.lost, found.by_credential()) == (False, 86, {"a": 86})


def test_two_attempts_under_way_are_no_loss():
    assert compare({"a": Known(0, 0)}, counted(a=52), {"a": 50}).lost == 0
    assert compare({"a": Known(0, 0)}, counted(a=53), {"a": 50}).lost == 3


def test_what_usually_brings_no_event_is_not_missed():
    """Claude Code's count_tokens: 40 of 100 attempts have brought no event while all was well."""
    known = Known(1_000, 600, usual_attempts=1_000, usual_events=600)
    assert compare({"a": known}, counted(a=1_200), {"a": 720}).lost == 0
    found = compare({"a": known}, counted(a=1_200), {"a": 620})
    assert (found.lost, found.by_credential()) == (100, {"a": 100})


def test_what_is_usual_is_learned_and_forgotten():
    known = usual(Known(0, 0), 10, 5)
    assert known.eventless() == 0.0
    known = usual(known, 100, 60)
    assert known.eventless() == 0.4
    for attempts in range(5_000, 100_000, 5_000):
        known = usual(known, attempts, attempts)
    assert known.eventless() < 0.01


def test_counters_that_fall_are_a_restart_of_cpa():
    before = {"a": Known(100, 100), "b": Known(30, 30)}
    assert compare(before, counted(a=4, b=0), {"a": 100, "b": 30}).restarted


def test_counters_that_outgrew_theirs_after_a_restart_are_one_too():
    """The spans of ten minutes hold more attempts than the counter rose by."""
    now = SINCE + 40 * MINUTE
    after = {"a": Counter(150, recent(50, 50, 50, 0))}
    assert compare({"a": Known(100, 100)}, after, {"a": 100}, now=now).restarted
    grown = {"a": Counter(250, recent(50, 50, 50, 0))}
    assert not compare({"a": Known(100, 100)}, grown, {"a": 250}, now=now).restarted


def test_an_account_that_was_removed_and_came_back_is_no_restart():
    before = {"a": Known(100, 100), "b": Known(30, 30)}
    found = compare(before, counted(a=200, b=10), {"a": 150, "b": 35})
    assert (found.restarted, found.by_credential()) == (False, {"a": 50, "b": 5})


def test_accounts_that_are_gone_or_new_tell_nothing():
    found = compare({"a": Known(100, 100), "gone": Known(9, 9)}, counted(a=100, new=70), {"a": 100})
    assert (found.restarted, found.lost) == (False, 0)


def test_the_parts_of_the_accounts_add_up():
    before = {index: Known(0, 0) for index in "abc"}
    found = compare(before, counted(a=34, b=33, c=33), {"a": 1})
    assert sum(found.by_credential().values()) == found.lost == 99


def test_a_night_is_narrowed_to_when_anything_was_asked():
    base = NOW // BUCKET - BUCKETS + 1
    after = {"a": Counter(9, recent(4, 5, 0, 0)), "b": Counter(0)}
    start, end = (base + 2) * BUCKET, NOW - MINUTE
    assert narrowed(start, end, after, NOW) == ((base + 16) * BUCKET, (base + 18) * BUCKET)
    assert narrowed(start, end, counted(a=9), NOW) == (start, end)
    longer = (base - 1) * BUCKET
    assert narrowed(longer, end, after, NOW) == (longer, end)


def test_documents_are_read_with_suspicion_and_keep_no_key():
    files: list[dict[str, object]] = [
        {"auth_index": "a", "success": 3, "failed": 1, "recent_requests": [{"success": 2, "failed": 1}]},
        {"auth_index": "b", "success": "x", "failed": True, "recent_requests": "none"},
        {"success": 5},
    ]
    usage = {"claude": {"https://u|sk-made-up": {"success": 7, "failed": 0}, "|x": None}, "other": []}
    read = counters(files, usage)
    assert read.total == 11
    assert "sk-made-up" not in repr(read)
    indexes = key_indexes("claude", [{"api-key": "sk-made-up", "base-url": "https://u", "auth-index": "c"}])
    by_index = read.by_auth_index(indexes)
    assert by_index == {"a": Counter(4, recent(3)), "b": Counter(0), "c": Counter(7)}


def test_configured_providers_are_counted_under_their_own_name():
    keys = [{"api-key": "k", "auth-index": "d"}]
    entries = [{"name": "OpenRouter", "base-url": "https://o", "api-key-entries": keys}]
    read = counters([], {"openrouter": {"https://o|k": {"success": 2}}})
    assert read.by_auth_index(key_indexes("openai-compatibility", entries)) == {"d": Counter(2)}
