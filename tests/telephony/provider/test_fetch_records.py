"""Records of a provider's calls: fetched once, whole or not at all."""

from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import select, update

from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.recordings.models import Recording, RecordingState
from portal.telephony.provider.duties import Duties
from portal.telephony.provider.models import ProviderCall, RecordState
from tests.browser import Browser
from tests.telephony.provider.server import Provider, call
from tests.telephony.provider.ways import ONE, calls, do, wav


def test_a_record_is_fetched_once(app: Flask, north: int, provider: Provider, duties: Duties) -> None:
    provider.calls.append(call(ONE, recorder_file="r.wav"))
    provider.records[ONE] = wav()
    do(app, duties, "ask", "fetch", "ask", "fetch", "reconcile", "fetch")

    with app.app_context(), transaction(north, writes=False) as session:
        (recording,) = session.scalars(select(Recording))
        assert (recording.state, recording.seconds) == (RecordingState.READY, 1)
    assert provider.count("get_record") == 1


@pytest.mark.parametrize("status", [404, 409, 500])
def test_a_record_that_is_not_there_yet_is_asked_for_later(
    app: Flask, north: int, provider: Provider, duties: Duties, tmp_path: Path, status: int
) -> None:
    provider.calls.append(call(ONE, recorder_file="r.wav"))
    provider.records[ONE] = wav()
    provider.status = {"get_record": status}
    do(app, duties, "ask", "fetch", "fetch")

    assert provider.count("get_record") == 1, "not at once again"
    assert not list((tmp_path / "tape").iterdir()), "no half of a file stays"

    provider.status = {}
    with app.app_context(), transaction(north) as session:
        session.execute(update(ProviderCall).values(record_due_at=now()))
    do(app, duties, "fetch")
    with app.app_context(), transaction(north, writes=False) as session:
        assert session.scalars(select(ProviderCall.record)).one() == RecordState.FETCHED


@pytest.mark.parametrize("body", [b"ID3" + bytes(2000), b"\xff\xfb\x90\x00" + bytes(2000)], ids=["tagged", "bare"])
def test_a_record_in_mp3_is_kept_as_it_is_and_played_as_what_it_is(
    app: Flask, north: int, provider: Provider, duties: Duties, anna: Browser, body: bytes
) -> None:
    provider.calls.append(call(ONE, recorder_file="r.mp3"))
    provider.records[ONE], provider.record_type = body, "audio/mpeg"
    do(app, duties, "ask", "fetch")

    with app.app_context(), transaction(north, writes=False) as session:
        (recording,) = session.scalars(select(Recording))
        assert (recording.state, recording.seconds) == (RecordingState.READY, 30)
        assert recording.file_name.endswith(".mp3")
    (told,) = calls(app, north)
    played = anna.get(f"/calls/{told.api_call_id}/record")
    assert (played.status_code, played.mimetype, played.get_data()) == (200, "audio/mpeg", body)
    assert anna.get(f"/calls/{told.api_call_id}").status_code == 200


def test_a_page_of_words_that_calls_itself_mp3_is_kept_but_not_offered(
    app: Flask, north: int, provider: Provider, duties: Duties
) -> None:
    provider.calls.append(call(ONE, recorder_file="r.mp3"))
    provider.records[ONE], provider.record_type = b"<html>Come again later</html>", "audio/mpeg"
    do(app, duties, "ask", "fetch")

    with app.app_context(), transaction(north, writes=False) as session:
        assert session.scalars(select(Recording.state)).one() == RecordingState.FAILED
