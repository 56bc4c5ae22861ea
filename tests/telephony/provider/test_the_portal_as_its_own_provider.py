"""A second installation of this portal, a process tree of its own over its sandbox, is the provider."""

import time
from pathlib import Path

import requests
from flask import Flask
from sqlalchemy import select

from portal.calls.models import CallRecord
from portal.kernel.db import transaction
from portal.recordings.models import Recording, RecordingState
from portal.telephony import services
from portal.telephony.provider.services import LinkSettings, save_link
from tests.people import Cast
from tests.support.installation import Installation
from tests.telephony.exchange import engine, find_call, until, wire
from tests.telephony.provider.test_run_over_a_provider import app_over, provider_app  # noqa: F401 -- fixtures


def told(url: str, key: str, **asked: str) -> list[dict[str, object]]:
    """What the provider's own API says."""
    answer = requests.get(
        f"{url}/api.php/telephony/get_calls", asked, headers={"Authorization": f"Bearer {key}"}, timeout=20
    )
    return list(answer.json())


def shape(call: CallRecord) -> tuple[object, ...]:
    return (call.caller, call.did, call.callee, call.talk_seconds, call.caller_wait_seconds, call.price)


def test_calls_orders_and_records_come_from_another_portal(
    app_over: Flask,  # noqa: F811 -- the fixture
    cast: Cast,
    tmp_path: Path,
) -> None:
    with Installation(tmp_path / "upstream", "--quiet", "--calls", "300") as upstream:
        key = upstream.run("account", "key", "1")
        theirs = {str(each["api_call_id"]): each for each in told(upstream.url, key, limit="1000")}
        phone = next(str(each["num_b"]) for each in theirs.values() if str(each["num_b"]).startswith("SIP/"))
        wire(app_over, cast.north, did="74950000009", phones=(phone,))
        with app_over.app_context(), transaction(cast.north):
            save_link(app_over.extensions["portal.vault"], LinkSettings(upstream.url, key, is_bearer=True))
        with engine(app_over), app_over.app_context():
            incoming = upstream.run("call", "incoming", "--account", "1", "--from", "79039998877").split()[-1]
            ordered = services.originate(cast.north, phone, "79161112233")
            live = until(lambda: find_call(app_over, cast.north, incoming))
            placed = until(lambda: find_call(app_over, cast.north, ordered))
            until(lambda: records(app_over, cast.north))
        history = ours(app_over, cast.north)

    assert (live.caller, placed.callee) == ("79039998877", "79161112233")
    # Those of the last day; the ordered call stands under our own id alone.
    yesterday = time.time() - 86_000
    lately = {each for each, call in theirs.items() if int(str(call["setup_time"])) > yesterday}
    assert lately
    assert lately <= set(history) <= {*theirs, incoming, ordered}
    for each in lately:
        call, said = history[each], theirs[each]
        assert shape(call)[:5] == tuple(
            said[name] for name in ("num_a", "num_m", "num_b", "connection_time", "num_a_waiting_time")
        )


def ours(app: Flask, account_id: int) -> dict[str, CallRecord]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return {call.api_call_id: call for call in session.scalars(select(CallRecord))}


def records(app: Flask, account_id: int) -> list[int]:
    with app.app_context(), transaction(account_id, writes=False) as session:
        return list(session.scalars(select(Recording.id).where(Recording.state == RecordingState.READY)))
