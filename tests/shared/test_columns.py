"""The column format: narrow, exact, and the same after concatenation."""

from hypothesis import given
from hypothesis import strategies as st

from shared.columns import COLUMNS, RECORD, concatenate, decode, encode

values = st.one_of(
    st.lists(st.integers(0, 300), min_size=1, max_size=50),
    st.lists(st.integers(0, 2**40), min_size=1, max_size=50),
    st.integers(0, 2**62).map(lambda n: [n] * 5),
)


@given(values, st.booleans())
def test_a_column_reads_back_as_it_was(numbers, rebase):
    column = encode(numbers, rebase=rebase)
    assert list(decode(column, len(numbers))) == numbers
    assert len(column.data) == column.width * len(numbers)


@given(st.lists(values, min_size=1, max_size=6), st.booleans())
def test_neighbours_concatenate_to_the_same_values(parts, rebase):
    whole = concatenate([(encode(part, rebase=rebase), len(part)) for part in parts], rebase=rebase)
    flat = [number for part in parts for number in part]
    assert list(decode(whole, len(flat))) == flat


def test_the_narrowest_width_is_taken():
    assert encode([7, 7, 7]).width == 0
    assert encode([0, 255]).width == 1
    assert encode([0, 256]).width == 2
    assert encode([0, 2**16]).width == 4
    assert encode([0, 2**32]).width == 8
    assert encode([1_790_000_000_000, 1_790_000_000_200], rebase=True).width == 1


def test_a_record_holds_every_column_once():
    assert len({column.name for column in COLUMNS}) == len(COLUMNS)
    assert RECORD.size == sum({"q": 8, "I": 4, "H": 2, "B": 1}[column.code] for column in COLUMNS)
    assert [column.number for column in COLUMNS] == list(range(len(COLUMNS)))
