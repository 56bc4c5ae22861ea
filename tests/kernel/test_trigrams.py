"""An index of trigrams names whatever holds a text, and a long number without what shares three of its digits."""

from __future__ import annotations

import sqlite3
from collections.abc import Iterator

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.trigrams import GRAM, TABLE_OPTIONS, indexed, match

OURS, THEIRS = 7, 7_000_000
NUMBERS = st.text("0123456789", min_size=2, max_size=15)
TEXTS = st.lists(NUMBERS | st.sampled_from(["|", "|sip/00000000672|", ";пётр кузнецов;", '"a-1"']), max_size=6).map(
    "".join
)


class Index:
    """One of FTS5, in memory."""

    def __init__(self) -> None:
        """Without a row."""
        self._database = sqlite3.connect(":memory:")
        self._database.execute(f"create virtual table texts using fts5(words, {TABLE_OPTIONS})")

    def holders(self, account_id: int, needle: str) -> set[int]:
        """The rows that may hold it."""
        rows = self._database.execute("select rowid from texts where texts match ?", [match(account_id, [needle])])
        return {row_id for (row_id,) in rows}

    def terms(self) -> set[str]:
        """What the index is made of."""
        self._database.execute("create virtual table temp.terms using fts5vocab(main, texts, row)")
        return {term for (term,) in self._database.execute("select term from temp.terms")}

    def add(self, row_id: int, account_id: int, text: str) -> None:
        """A text of an account."""
        self._database.execute("insert into texts (rowid, words) values (?, ?)", [row_id, indexed(account_id, text)])

    def close(self) -> None:
        """Ends it."""
        self._database.close()


@pytest.fixture
def index() -> Iterator[Index]:
    """An empty one."""
    made = Index()
    yield made
    made.close()


@given(TEXTS, st.data())
def test_every_part_of_a_text_finds_it(text: str, data: st.DataObject) -> None:
    start = data.draw(st.integers(0, max(len(text) - GRAM, 0)))
    needle = text[start : data.draw(st.integers(start + GRAM, max(len(text), start + GRAM)))]
    index = Index()
    index.add(1, OURS, text)
    index.add(2, THEIRS, text)

    if len(needle) >= GRAM:
        assert index.holders(OURS, needle) == {1}
        assert index.holders(THEIRS, needle) == {2}
    index.close()


def test_five_digits_are_told_from_others_with_the_same_threes(index: Index) -> None:
    index.add(1, OURS, "|79031112233|")
    index.add(2, OURS, "|1122|2233|1223|")

    # 112, 122 and 223 stand in both.
    assert index.holders(OURS, "11223") == {1}
    assert index.holders(OURS, "1223") == {1, 2}


def test_a_long_number_asks_for_fives_alone(index: Index) -> None:
    index.add(1, OURS, "|79031112233|")

    asked = match(OURS, ["79031112233"]).split(" AND ")

    assert len(asked) == 1 + len("79031112233") - 4
    assert not any(gram.strip('"').isdigit() for gram in asked)
    assert {gram.strip('"') for gram in asked} <= index.terms()
