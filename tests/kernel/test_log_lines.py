"""What strangers send cannot forge, hide or break a line of the log (ASVS 16.4.1; row L4)."""

import io
import json
import logging
from typing import Literal

import pytest
import structlog

from portal.kernel import logs

SLY = ["\x1b[2J\x1b[31mall is well", "one\r\ntwo", "one\u2028two", "\x9b31m", "abc\u202egnp.exe", "\udc80", "\x00"]


def written(form: Literal["json", "console"], path: str) -> str:
    """What the log of an installation holds after one request; the tests' own handlers come back."""
    root = logging.getLogger()
    before, level = root.handlers[:], root.level
    stream = io.StringIO()
    try:
        logs.configure("info", form)
        root.handlers[:] = [root.handlers[0]]
        root.handlers[0].setStream(stream)  # type: ignore[attr-defined]
        structlog.get_logger("tests").info("answered", path=path)
    finally:
        root.handlers[:] = before
        root.setLevel(level)
    return stream.getvalue()


@pytest.mark.parametrize("sly", SLY)
@pytest.mark.parametrize("form", ["json", "console"])
def test_a_value_stays_within_its_line_and_moves_no_cursor(form: Literal["json", "console"], sly: str) -> None:
    line = written(form, f"/calls?q={sly}")

    assert len(line.splitlines()) == 1
    assert sly not in line


def test_a_line_of_json_is_json_whatever_it_holds() -> None:
    assert json.loads(written("json", "".join(SLY)))["event"] == "answered"
