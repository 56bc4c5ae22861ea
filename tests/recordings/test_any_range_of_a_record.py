"""Any `Range` header, on a folder and on a bucket: never a wrong byte, never a fault."""

from __future__ import annotations

from pathlib import Path

import pytest
from flask import Flask
from hypothesis import given, settings
from hypothesis import strategies as st

from portal.kernel.storage.place import S3Place
from portal.kernel.storage.s3 import S3Store
from tests.browser import Browser
from tests.calls.factory import Story
from tests.people import Cast
from tests.recordings.factory import tell_recorded

NUMBERS = st.integers(0, 40_000) | st.integers(0, 10**25)
ONE = st.builds("{}-{}".format, NUMBERS | st.just(""), NUMBERS | st.just(""))
HEADERS = st.builds("bytes={}".format, st.lists(ONE, min_size=1, max_size=3).map(",".join)) | st.text(
    st.characters(min_codepoint=32, max_codepoint=126), max_size=30
)


@pytest.fixture(params=["folder", "s3"])
def heard(
    request: pytest.FixtureRequest, app: Flask, cast: Cast, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> tuple[str, bytes]:
    """A record's address and its audio, on each kind of store."""
    if request.param == "s3":
        place: S3Place = request.getfixturevalue("bucket")
        monkeypatch.setitem(app.extensions, "portal.storage", S3Store(place))
    story = Story(cast.north, is_recorded=True)
    audio = tell_recorded(app, story, tmp_path, seconds=1)
    return f"/calls/{story.api_call_id}/record", audio


def test_what_comes_is_the_part_that_is_named(anna: Browser, heard: tuple[str, bytes]) -> None:
    url, audio = heard
    etag = anna.head(url).headers["ETag"]

    @settings(max_examples=25)
    @given(header=HEADERS, condition=st.sampled_from([None, etag, '"another"']))
    def ask(header: str, condition: str | None) -> None:
        asked = {"Range": header} | ({"If-Range": condition} if condition else {})
        answer, head = anna.get(url, headers=asked), anna.head(url, headers=asked)
        body = answer.get_data()
        if answer.status_code == 206:
            assert condition in (None, etag)
            first, last = answer.headers["Content-Range"].removeprefix("bytes ").partition("/")[0].split("-")
            assert body == audio[int(first) : int(last) + 1]
        elif answer.status_code == 416:
            assert answer.headers["Content-Range"] == f"bytes */{len(audio)}"
        else:
            assert (answer.status_code, body) == (200, audio)
        assert (head.status_code, head.get_data()) == (answer.status_code, b"")
        assert head.headers.get("Content-Length") == answer.headers.get("Content-Length") or answer.status_code == 416
        answer.close()

    ask()
