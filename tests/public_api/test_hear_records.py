"""get_record: the audio itself, with all that a player needs, and what is said where there is none."""

from __future__ import annotations

from datetime import timedelta
from pathlib import Path

import pytest
from flask import Flask

from portal.kernel.clock import now
from portal.recordings.sink import Sink
from tests.calls.factory import Story, tell, tell_whole
from tests.public_api.crm import Crm, refusal
from tests.recordings.factory import tell_recorded


@pytest.fixture
def audio(app: Flask, north: Crm, tmp_path: Path) -> tuple[str, bytes]:
    """A recorded call and its audio."""
    story = Story(north.account_id, is_recorded=True)
    return story.api_call_id, tell_recorded(app, story, tmp_path)


def test_the_record_comes_whole(north: Crm, audio: tuple[str, bytes]) -> None:
    api_call_id, data = audio

    response = north.ask("get_record", {"api_call_id": api_call_id})

    assert response.status_code == 200
    assert response.get_data() == data
    assert response.content_type == "audio/wav"
    assert response.headers["Content-Length"] == str(len(data))
    assert response.headers["Accept-Ranges"] == "bytes"
    assert response.headers["ETag"].startswith('"')
    assert response.headers["Cross-Origin-Resource-Policy"] == "cross-origin"


def test_get_calls_names_the_record(north: Crm, audio: tuple[str, bytes]) -> None:
    assert north.calls()[0]["recorder_file"] == f"{audio[0]}.wav"


def test_head_tells_the_same_without_the_audio(north: Crm, audio: tuple[str, bytes]) -> None:
    query = {"api_call_id": audio[0]}
    whole, head = (north.ask("get_record", query, verb=verb) for verb in ("GET", "HEAD"))

    assert head.get_data() == b""
    for name in ("Content-Type", "Content-Length", "Accept-Ranges", "ETag"):
        assert head.headers[name] == whole.headers[name]


@pytest.mark.parametrize(
    ("asked", "start", "stop"), [("bytes=0-9", 0, 10), ("bytes=100-", 100, None), ("bytes=-7", -7, None)]
)
def test_a_part_comes_as_a_part(north: Crm, audio: tuple[str, bytes], asked: str, start: int, stop: int | None) -> None:
    api_call_id, data = audio

    response = north.ask("get_record", {"api_call_id": api_call_id}, Range=asked)

    assert response.status_code == 206
    assert response.get_data() == data[start:stop]
    assert response.headers["Content-Length"] == str(len(data[start:stop]))
    first = start % len(data)
    assert response.headers["Content-Range"] == f"bytes {first}-{first + len(data[start:stop]) - 1}/{len(data)}"


def test_a_part_that_is_not_there_is_refused_with_the_size(north: Crm, audio: tuple[str, bytes]) -> None:
    api_call_id, data = audio

    response = north.ask("get_record", {"api_call_id": api_call_id}, Range=f"bytes={len(data)}-")

    assert "range" in refusal(response, 416)
    assert response.headers["Content-Range"] == f"bytes */{len(data)}"


def test_what_the_client_has_is_not_sent_again(north: Crm, audio: tuple[str, bytes]) -> None:
    query = {"api_call_id": audio[0]}
    etag = north.ask("get_record", query).headers["ETag"]

    assert north.ask("get_record", query, If_None_Match=etag).status_code == 304
    assert north.ask("get_record", query, Range="bytes=0-0", If_Range=etag).status_code == 206
    assert north.ask("get_record", query, Range="bytes=0-0", If_Range='"other"').status_code == 200


def test_a_record_that_is_being_written_is_to_be_asked_for_again(app: Flask, north: Crm) -> None:
    story = Story(north.account_id, is_recorded=True)
    tell(app, story.started(), story.answered())
    Sink(app).begin(story.account_id, story.api_call_id)

    response = north.ask("get_record", {"api_call_id": story.api_call_id})

    assert "being written" in refusal(response, 409)
    assert int(response.headers["Retry-After"]) > 0
    assert north.calls()[0]["recorder_file"] is None


def test_so_is_one_that_the_switch_has_yet_to_hand_over(app: Flask, north: Crm) -> None:
    story = tell_whole(app, Story(north.account_id, is_recorded=True, started_at=now() - timedelta(seconds=66)))

    response = north.ask("get_record", {"api_call_id": story.api_call_id})

    refusal(response, 409)
    assert response.headers["Retry-After"]


def test_one_that_never_came_is_none(app: Flask, north: Crm) -> None:
    story = tell_whole(app, Story(north.account_id, is_recorded=True, started_at=now() - timedelta(hours=1)))

    refusal(north.ask("get_record", {"api_call_id": story.api_call_id}), 404)


def test_no_call_no_record_and_another_accounts_record_look_the_same(
    app: Flask, north: Crm, south: Crm, audio: tuple[str, bytes]
) -> None:
    silent = tell_whole(app, Story(south.account_id))
    answers = [south.ask("get_record", {"api_call_id": each}) for each in ("0" * 32, silent.api_call_id, audio[0])]

    assert len({refusal(each, 404) for each in answers}) == 1
    assert not any("ETag" in each.headers for each in answers)


def test_the_keys_owner_is_asked_on_every_part(north: Crm, south: Crm, audio: tuple[str, bytes]) -> None:
    query = {"api_call_id": audio[0]}
    etag = north.ask("get_record", query).headers["ETag"]

    for headers in ({"Range": "bytes=0-0"}, {"If_None_Match": etag}, {"If_None_Match": "*"}):
        refusal(south.ask("get_record", query, **headers), 404)
        assert south.ask("get_record", query, verb="HEAD", **headers).status_code == 404
