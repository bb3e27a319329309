from __future__ import annotations

from hypothesis import given
from hypothesis import strategies as st

from airflow_provider_render.catalog.keys import Keep, KeyIndex, key_number


@given(st.lists(st.integers(0, 2**64 - 1) | st.integers(0, 5), max_size=300))
def test_an_index_tells_the_first_row_of_a_key_and_nothing_of_others(numbers):
    index, first = KeyIndex(), {}
    for row, number in enumerate(numbers):
        expected = first.setdefault(number or 1, row)
        assert index.add(number, row) == (None if expected == row else expected)


def test_an_index_keeps_all_keys_while_it_grows():
    index = KeyIndex()
    keys = [f"SKU-{number}" for number in range(20_000)]
    assert {index.add(key_number(key), row) for row, key in enumerate(keys)} == {None}
    assert [index.add(key_number(key), 0) for key in keys] == list(range(20_000))


def test_an_index_of_many_keys_takes_few_bytes_of_each():
    index = KeyIndex()
    for row in range(100_000):
        index.add(key_number(str(row)), row)
    held = index._numbers.itemsize * len(index._numbers) + index._rows.itemsize * len(index._rows)
    assert held < 40 * 100_000


def test_what_is_kept_is_what_is_in_the_files_and_all_is_counted():
    keep = Keep({1, 3}, 4)
    assert [keep(number) for number in range(8)] == [False, True, False, True] * 2
    assert keep.total == 8
