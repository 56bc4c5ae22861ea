"""The audio over HTTP: whole, in parts, only for those who may."""

from __future__ import annotations

import re
from dataclasses import replace
from pathlib import Path

import pytest
from flask import Flask
from hypothesis import example, given
from hypothesis import strategies as st

from portal.accounts.roles import RIGHTS, Role
from portal.calls.models import CallRecord
from portal.recordings.models import Recording
from portal.recordings.names import name_for_people
from portal.recordings.sink import Sink
from portal.telephony.engine import CallKind
from portal.web.access import Permission
from portal.web.blobs import content_disposition
from tests.browser import Browser
from tests.calls.factory import CALLER, NOON, Story, tell, tell_whole
from tests.people import Cast
from tests.recordings.factory import tell_recorded, tell_recorded_in_mp3


@pytest.fixture
def story(cast: Cast) -> Story:
    """A recorded call of North."""
    return Story(cast.north, is_recorded=True)


@pytest.fixture
def url(story: Story) -> str:
    """Where its record is heard."""
    return f"/calls/{story.api_call_id}/record"


@pytest.fixture
def audio(app: Flask, story: Story, tmp_path: Path) -> bytes:
    """What is on it."""
    return tell_recorded(app, story, tmp_path, seconds=10)


def test_a_player_gets_the_whole(anna: Browser, url: str, audio: bytes) -> None:
    response = anna.get(url)

    assert response.status_code == 200
    assert response.get_data() == audio
    assert response.mimetype == "audio/wav"
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["Content-Length"] == str(len(audio))
    assert response.headers["X-Content-Type-Options"] == "nosniff"
    assert "private" in response.headers["Cache-Control"]


def test_a_row_says_whose_record_it_plays_as_people_write_numbers(anna: Browser, url: str, audio: bytes) -> None:
    assert audio
    row = anna.get("/calls").get_data(as_text=True).split(f'href="{url}"')[1]

    assert re.findall('data-title="([^,]*),', row) == ["+7 903 999\u201188\u201177"]


def test_a_player_asks_as_a_browser_does_and_seeks(anna: Browser, url: str, audio: bytes) -> None:
    first = anna.get(url, headers={"Range": "bytes=0-"})
    later = anna.get(url, headers={"Range": "bytes=80000-80999", "If-Range": first.headers["ETag"]})

    assert (first.status_code, first.headers["Content-Range"]) == (206, f"bytes 0-{len(audio) - 1}/{len(audio)}")
    assert first.get_data() == audio
    assert (later.status_code, later.get_data()) == (206, audio[80_000:81_000])
    assert later.headers["Content-Length"] == "1000"


@pytest.mark.parametrize("header", ["items=0-9", "bytes=9-0", "bytes=0-9,20-29"])
def test_a_range_that_may_be_ignored_gets_the_whole(anna: Browser, url: str, audio: bytes, header: str) -> None:
    response = anna.get(url, headers={"Range": header})

    assert (response.status_code, response.get_data()) == (200, audio)


def test_a_range_past_the_end_is_told_the_size(anna: Browser, url: str, audio: bytes) -> None:
    response = anna.get(url, headers={"Range": f"bytes={len(audio)}-"})

    assert (response.status_code, response.headers["Content-Range"]) == (416, f"bytes */{len(audio)}")


@pytest.mark.parametrize("condition", ['"another"', 'W/"another"', "Mon, 23 Nov 2026 09:00:00 GMT"])
def test_a_part_of_another_version_gets_the_whole(anna: Browser, url: str, audio: bytes, condition: str) -> None:
    response = anna.get(url, headers={"Range": "bytes=0-9", "If-Range": condition})

    assert (response.status_code, response.get_data()) == (200, audio)


def test_head_tells_the_same_without_the_audio(anna: Browser, url: str, audio: bytes) -> None:
    whole, part = anna.head(url), anna.head(url, headers={"Range": "bytes=0-9"})

    assert (whole.status_code, whole.headers["Content-Length"], whole.get_data()) == (200, str(len(audio)), b"")
    assert (part.status_code, part.headers["Content-Length"]) == (206, "10")


def test_what_the_browser_has_is_not_sent_again(anna: Browser, url: str, audio: bytes) -> None:
    etag = anna.head(url).headers["ETag"]

    assert anna.get(url, headers={"If-None-Match": etag}).status_code == 304


def test_a_record_is_saved_under_a_name_for_people(anna: Browser, url: str, audio: bytes) -> None:
    name = anna.get(f"{url}?download=1").headers["Content-Disposition"]

    assert name.startswith('attachment; filename="')
    assert "filename*=UTF-8''2026-11-23%2012-00-00%20%2B7%20903" in name
    assert anna.get(url).headers["Content-Disposition"].startswith("inline")


def test_a_record_of_a_provider_is_saved_as_what_it_is(app: Flask, cast: Cast, anna: Browser, tmp_path: Path) -> None:
    story = Story(cast.north, is_recorded=True)
    tell_recorded_in_mp3(app, story, tmp_path)
    answer = anna.get(f"/calls/{story.api_call_id}/record?download=1")

    assert answer.headers["Content-Type"] == "audio/mpeg"
    assert answer.headers["Content-Disposition"].endswith("88-77.mp3")


@example("Ё" * 200, ".wav")
@example("😀" * 200, ".mp3")
@given(st.text(max_size=200), st.sampled_from([".wav", ".mp3"]))
def test_a_name_is_short_enough_for_a_file_system(name: str, suffix: str) -> None:
    """Also with the number that an archive gives to the second of the same name."""
    call = CallRecord(kind=CallKind.INCOMING, started_at=NOON, caller=CALLER, caller_name=name)
    with Flask(__name__).app_context():
        saved = name_for_people(call, Recording(file_name=f"0{suffix}"))

    assert len(f" (99999){saved}".encode()) <= 255
    assert saved.startswith("2026-11-23 12-00-00")
    assert saved.endswith(f"+7 903 999-88-77{suffix}")


def test_a_name_cannot_break_the_header_or_lead_elsewhere() -> None:
    value = content_disposition("attachment", "a.wav", '../Иван "\r\nSet-Cookie: x=1; 😀.wav')

    assert "\r" not in value
    assert "\n" not in value
    assert value.endswith("UTF-8''%D0%98%D0%B2%D0%B0%D0%BD%20Set-Cookie%20x%3D1%3B%20%F0%9F%98%80.wav")


def test_a_viewer_may_listen_and_others_may_not(
    boris: Browser, clara: Browser, nobody: Browser, url: str, audio: bytes
) -> None:
    assert boris.get(url).status_code == 200
    assert clara.get(url).status_code == 404
    assert nobody.get(url).status_code == 303


def test_a_role_without_the_right_hears_nothing(
    boris: Browser, url: str, audio: bytes, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setitem(RIGHTS, Role.VIEWER, RIGHTS[Role.VIEWER] - {Permission.LISTEN})

    assert boris.get(url).status_code == 403
    page = boris.get(url.removesuffix("/record")).get_data(as_text=True)
    assert "no-record" in page
    assert '<audio controls preload="none" src' not in page


def test_a_call_without_a_record_has_none(app: Flask, anna: Browser, story: Story, url: str) -> None:
    tell_whole(app, story)

    assert anna.get(url).status_code == 404
    assert anna.get(f"/calls/{'0' * 32}/record").status_code == 404


def test_a_record_that_is_being_written_is_asked_for_later(app: Flask, anna: Browser, story: Story, url: str) -> None:
    tell(app, story.started())
    Sink(app).begin(story.account_id, story.api_call_id)
    tell(app, story.answered())

    response = anna.get(url)

    assert response.status_code == 409
    assert int(response.headers["Retry-After"]) > 0
    assert "no-record" in anna.get("/calls").get_data(as_text=True)


def test_a_record_that_was_lost_on_the_way_is_not_waited_for(app: Flask, anna: Browser, story: Story, url: str) -> None:
    tell(app, story.started())
    Sink(app).begin(story.account_id, story.api_call_id)
    tell(app, story.answered())
    tell(app, replace(story.finished(), has_recording=False))

    assert anna.get(url).status_code == 404


def test_a_file_that_has_gone_is_not_found(app: Flask, anna: Browser, url: str, audio: bytes) -> None:
    storage = app.extensions["portal.storage"]
    for path in storage._root.rglob("*.wav"):
        path.unlink()

    assert anna.get(url).status_code == 404


def test_the_log_and_the_call_have_a_player(anna: Browser, url: str, audio: bytes) -> None:
    log = anna.get("/calls").get_data(as_text=True)
    call = anna.get(url.removesuffix("/record")).get_data(as_text=True)

    assert f'href="{url}"' in log
    assert 'data-seconds="10"' in log
    assert f'src="{url}"' in call
    assert 'class="wave"' in call
