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


@pytest.mark.parametrize(
    "path",
    [
        "/calls?q=%2B7+%28495%29+123-45-67",
        "/calls?q=4951234567",
        "/api.php/telephony/get_calls?num_a=74951234567&num_m=79037778899",
        "/api.php/telephony/get_calls?%6eum_a=74951234567",
        "/calls/74951234567",
        "called +74951234567 in vain",
    ],
)
def test_whom_clients_talk_to_stands_in_no_line(path: str) -> None:
    """L8."""
    line = written("json", path)

    assert not any(part in line for part in ("1234567", "123-45-67", "7778899"))


def test_moments_and_ids_stay_readable() -> None:
    line = written("json", "/calls?from=1767225600&page=7 call c1f926a8f5727b77f9cbf39d8f35d061 of account 12")

    assert "1767225600" in line
    assert "c1f926a8f5727b77f9cbf39d8f35d061" in line
