"""Ranges as RFC 9110, section 14, has them; what it lets a server ignore is ignored."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.web.ranges import ByteRange, RangeNotSatisfiable, requested_range

SIZE = 1000


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ("bytes=0-9", ByteRange(0, 10)),
        ("bytes=5-", ByteRange(5, SIZE)),
        ("bytes=-5", ByteRange(995, SIZE)),
        ("bytes=-5000", ByteRange(0, SIZE)),
        ("bytes=990-5000", ByteRange(990, SIZE)),
        ("bytes=0-0", ByteRange(0, 1)),
        ("Bytes = 0-9 ", ByteRange(0, 10)),
        (f"bytes=0-{'9' * 5000}", ByteRange(0, SIZE)),
        (f"bytes={'0' * 5000}1-2", ByteRange(1, 3)),
    ],
)
def test_one_range_is_served(header: str, expected: ByteRange) -> None:
    assert requested_range(header, SIZE) == expected


@pytest.mark.parametrize("header", ["bytes=1000-", "bytes=1000-2000", "bytes=-0", f"bytes={'9' * 5000}-"])
def test_a_range_past_the_end_cannot_be_served(header: str) -> None:
    with pytest.raises(RangeNotSatisfiable):
        requested_range(header, SIZE)


@pytest.mark.parametrize(
    "header",
    [None, "", "bytes", "bytes=", "bytes=-", "items=0-9", "bytes=9-0", "bytes=0-9,20-29", "bytes=a-b", "bytes=0x1-2"],
)
def test_anything_else_gets_the_whole(header: str | None) -> None:
    assert requested_range(header, SIZE) is None


def test_nothing_of_an_empty_file_can_be_asked_for() -> None:
    for header in ("bytes=0-", "bytes=-1"):
        with pytest.raises(RangeNotSatisfiable):
            requested_range(header, 0)


@given(start=st.integers(0, 10**20), length=st.integers(1, 10**20), size=st.integers(1, 10**9))
def test_a_range_is_always_within_the_file(start: int, length: int, size: int) -> None:
    try:
        part = requested_range(f"bytes={start}-{start + length - 1}", size)
    except RangeNotSatisfiable:
        assert start >= size
        return
    assert part == ByteRange(start, min(start + length, size))


@given(header=st.text(max_size=40) | st.from_regex(r"bytes=[0-9, \-]{0,20}", fullmatch=True), size=st.integers(0, 5000))
def test_no_header_leads_outside_of_the_file(header: str, size: int) -> None:
    try:
        part = requested_range(header, size)
    except RangeNotSatisfiable:
        return
    assert part is None or 0 <= part.start < part.stop <= size
