"""Calls of real phones through a real Asterisk, configured by the very files of docs/asterisk.md."""

from __future__ import annotations

import io
import math
import struct
import wave

import pytest

from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.kernel.db import transaction
from portal.routing.models import HuntStrategy
from portal.telephony.engine import CallKind, CallOutcome, LegEnd, LegResult
from portal.telephony.queries import find_sip_line
from portal.telephony.services import hang_up, originate
from tests.telephony.asterisk.real.scene import ANN, BEN, CAT, NAMES, OUTSIDE, Scene
from tests.telephony.exchange import LINE, until


def told(scene: Scene) -> list[tuple[str, str | None]]:
    return [(leg.address.removeprefix("SIP/"), leg.result) for leg in scene.ended().legs[1:]]


def test_one_after_another_the_phones_ring_and_the_second_takes_the_call(scene: Scene) -> None:
    scene.strategy(HuntStrategy.SEQUENTIAL, ring_seconds=5)
    with scene.engine():
        scene.calls_in()
        scene.rings(ANN)
        scene.rings(BEN).accept()
        scene.talks()
        scene.outside.hang_up()
        call = scene.ended()
        record = scene.record(call)

    assert (call.caller, call.did, call.callee) == (OUTSIDE, LINE, f"SIP/{BEN}")
    assert told(scene) == [(ANN, LegResult.NO_ANSWER), (BEN, LegResult.ANSWERED)]
    assert call.legs[0].end == LegEnd.CALLER_HUNG_UP
    assert 4 <= (call.caller_wait_seconds or 0) <= 7
    assert record.octets > 44
    scene.is_free_again(BEN)


def test_both_voices_are_on_the_record(scene: Scene) -> None:
    with scene.engine():
        scene.calls_in()
        scene.rings(ANN).accept()
        scene.talks(seconds=2)
        scene.outside.hang_up()
        record = scene.record(scene.ended())

    assert record.blob is not None
    storage = scene.app.extensions["portal.storage"]
    with wave.open(io.BytesIO(b"".join(storage.chunks(record.blob)))) as audio:
        sound = struct.unpack(f"<{audio.getnframes()}h", audio.readframes(audio.getnframes()))
    shares = {name: share(sound, 400 + 200 * (int(name[-1]) % 8)) for name in (ANN, BEN, OUTSIDE)}
    assert shares[ANN] > 0.1
    assert shares[OUTSIDE] > 0.1
    assert shares[BEN] < 0.05


def share(sound: tuple[int, ...], hertz: int) -> float:
    """Which part of the energy lies at one frequency (Goertzel's algorithm, in tenths of a second)."""
    turn = 2 * math.cos(2 * math.pi * hertz / 8000)
    found, total = 0.0, sum(each * each for each in sound) or 1
    for at in range(0, len(sound) - 800, 800):
        before = last = 0.0
        for each in sound[at : at + 800]:
            before, last = last, each + turn * last - before
        found += 2 * (before * before + last * last - turn * before * last) / 800
    return found / total


def test_all_at_once_the_first_to_answer_wins_and_the_others_fall_silent(scene: Scene) -> None:
    scene.strategy(HuntStrategy.SIMULTANEOUS, ring_seconds=20)
    with scene.engine():
        scene.calls_in()
        for name in NAMES:
            scene.rings(name)
        scene.phones[CAT].accept()
        scene.talks()
        for name in (ANN, BEN):
            scene.is_free_again(name)
        scene.phones[CAT].hang_up()
        call = scene.ended()

    assert dict(told(scene)) == {
        ANN: LegResult.ANSWERED_ELSEWHERE,
        BEN: LegResult.ANSWERED_ELSEWHERE,
        CAT: LegResult.ANSWERED,
    }
    assert call.legs[0].end == LegEnd.CALLEE_HUNG_UP


@pytest.mark.parametrize(
    "strategy", [each for each in HuntStrategy if each is not HuntStrategy.SIMULTANEOUS], ids=lambda each: each.value
)
def test_every_strategy_that_rings_one_by_one_reaches_everybody_once(scene: Scene, strategy: HuntStrategy) -> None:
    scene.strategy(strategy, ring_seconds=5)
    with scene.engine():
        scene.calls_in()
        rung = []
        for _turn in range(2):
            name = until(lambda: next((each for each in NAMES if each not in rung and scene.has_rung(each)), None))
            scene.phones[name].hang_up()
            rung.append(name)
        last = next(each for each in NAMES if each not in rung)
        scene.rings(last).accept()
        scene.talks()
        scene.outside.hang_up()

        assert told(scene) == [(each, LegResult.DECLINED) for each in rung] + [(last, LegResult.ANSWERED)]


def test_a_known_contacts_call_goes_to_its_own_employee(scene: Scene) -> None:
    with scene.app.app_context(), transaction(scene.account_id) as session:
        line = find_sip_line(f"SIP/{CAT}")
        assert line is not None
        owner = session.query(CrmUser).where(CrmUser.sip_line_id == line.id).one()
        session.add(Contact(name="A client", crm_user_id=owner.id, numbers=[ContactNumber(number=OUTSIDE)]))
    with scene.engine():
        scene.calls_in()
        scene.rings(CAT).accept()
        scene.talks()
        scene.outside.hang_up()

        assert told(scene) == [(CAT, LegResult.ANSWERED)]


def test_nobody_answers_and_the_caller_is_told_so(scene: Scene) -> None:
    scene.strategy(HuntStrategy.SIMULTANEOUS, ring_seconds=5)
    with scene.engine():
        scene.calls_in()
        scene.rings(ANN)
        call = scene.ended()
        scene.is_free_again(OUTSIDE)

    assert call.outcome == CallOutcome.MISSED
    assert {leg.result for leg in call.legs[1:]} == {LegResult.NO_ANSWER}


def test_a_caller_who_gives_up_while_it_rings_leaves_no_phone_ringing(scene: Scene) -> None:
    with scene.engine():
        scene.calls_in()
        scene.rings(ANN)
        scene.outside.hang_up()
        call = scene.ended()
        scene.is_free_again(ANN)

    assert call.outcome == CallOutcome.MISSED
    assert call.legs[1].result == LegResult.CALLER_GAVE_UP


def test_a_talk_is_ended_from_the_cabinet(scene: Scene) -> None:
    with scene.engine():
        scene.calls_in()
        scene.rings(ANN).accept()
        call = scene.talks()
        with scene.app.app_context():
            hang_up(scene.account_id, call.api_call_id)
        scene.is_free_again(ANN)
        scene.is_free_again(OUTSIDE)

        assert scene.ended().legs[0].end == LegEnd.ORDERED


def test_click_to_call_rings_the_phone_first_and_then_the_number(scene: Scene) -> None:
    with scene.engine():
        with scene.app.app_context():
            call_id = originate(scene.account_id, f"SIP/{BEN}", OUTSIDE)
        phone = scene.rings(BEN)
        assert not scene.has_rung(OUTSIDE)
        phone.accept()
        seen = scene.rings(OUTSIDE)
        seen.accept()
        call = scene.talks()
        seen.hang_up()
        call = scene.ended()
        scene.is_free_again(BEN)

    assert (call.api_call_id, call.kind, call.outcome) == (call_id, CallKind.OUTGOING, CallOutcome.ANSWERED)
    assert [leg.address for leg in call.legs] == [f"SIP/{BEN}", OUTSIDE]


def test_click_to_call_ends_when_the_phone_declines(scene: Scene) -> None:
    with scene.engine():
        with scene.app.app_context():
            originate(scene.account_id, f"SIP/{BEN}", OUTSIDE)
        scene.rings(BEN).hang_up()

        assert scene.ended().outcome == CallOutcome.BUSY
    assert not scene.has_rung(OUTSIDE)


def test_a_number_dialled_on_the_phone_is_called_and_so_is_a_colleague(scene: Scene) -> None:
    with scene.engine():
        scene.phones[ANN].call(OUTSIDE)
        scene.rings(OUTSIDE).accept()
        scene.talks()
        scene.phones[ANN].hang_up()
        outgoing = scene.ended()
        scene.phones[ANN].call(BEN)
        scene.rings(BEN).accept()
        until(lambda: scene.call().id != outgoing.id and scene.call().answered_at)
        scene.phones[BEN].hang_up()

        assert (outgoing.kind, outgoing.callee) == (CallKind.OUTGOING, OUTSIDE)
        assert (scene.ended().kind, scene.ended().callee) == (CallKind.INTERNAL, f"SIP/{BEN}")
