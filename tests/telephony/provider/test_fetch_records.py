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
from tests.telephony.provider.server import Provider, call
from tests.telephony.provider.ways import ONE, do, wav


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
