"""Splitting the body of the HTTP queue."""

import json

from hypothesis import given
from hypothesis import strategies as st

from ingestd.queue.json_array import split

JSON = st.recursive(
    st.none() | st.booleans() | st.integers() | st.floats(allow_nan=False, allow_infinity=False) | st.text(),
    lambda inner: st.lists(inner, max_size=3) | st.dictionaries(st.text(), inner, max_size=3),
    max_leaves=8,
)


@given(st.lists(JSON, max_size=6))
def test_items_are_the_bytes_between_the_commas(values):
    items = [json.dumps(value).encode() for value in values]
    assert split(b"[" + b",".join(items) + b"]") == (items, True)


@given(st.lists(JSON, min_size=1, max_size=6), st.data())
def test_an_array_cut_anywhere_yields_a_prefix_of_its_items_and_says_it_is_not_whole(values, data):
    items = [json.dumps([value]).encode() for value in values]
    body = b"[" + b",".join(items) + b"]"
    cut = data.draw(st.integers(0, len(body) - 1))
    got, whole = split(body[:cut])
    assert not whole
    # A cut after a closing bracket looks like a whole array with a broken item; its bytes are kept as one.
    assert got[:-1] == items[: max(0, len(got) - 1)]
    assert not got or got[-1] == items[len(got) - 1] or items[len(got) - 1].startswith(got[-1][:-1])


@given(st.binary(max_size=60))
def test_any_bytes_are_split_without_an_error(body):
    items, _ = split(body)
    assert all(isinstance(item, bytes) for item in items)


def test_invalid_utf_8_and_deep_nesting_do_not_lose_what_stands_before_them():
    assert split(b'[{"a":1},{"b":"\xff"},{"c":2}]')[0][0] == b'{"a":1}'
    deep = b'[{"a":1},' + b"[" * 100_000 + b"]" * 100_000 + b"]"
    items, _ = split(deep)
    assert items[0] == b'{"a":1}'
    assert sum(map(len, items)) == len(deep) - 3


def test_an_item_that_is_nested_too_deeply_to_decode_does_not_swallow_the_next_ones():
    items = [b'{"a":1}', b'{"x":' * 50_000 + b'"[}\\"]"' + b"}" * 50_000, b"[" * 9_000 + b"]" * 9_000, b'{"b":2}']
    assert split(b"[" + b",".join(items) + b"]") == (items, True)


def test_what_is_no_array_has_no_items():
    for body in (b"", b"null", b"{}", b"<html>", b'"["'):
        assert split(body) == ([], False)


def test_a_broken_body_of_a_million_items_is_read_once():
    """Copied from each item to the end it would take longer than any test may."""
    items, whole = split(b"[" + b"1," * 1_000_000 + b"{")
    assert (len(items), whole) == (1_000_000, False)
