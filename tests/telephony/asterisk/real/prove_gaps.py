"""The engine is killed, Asterisk is restarted, nobody is there: calls live on where they can, and end truly."""

from __future__ import annotations

from portal.telephony.engine import CallOutcome, LegEnd, LegResult
from tests.telephony.asterisk.real.scene import ANN, BEN, OUTSIDE, Scene
from tests.telephony.exchange import until


def test_kill_9_in_mid_call_lets_the_two_talk_on_and_the_next_engine_ends_the_call_truly(scene: Scene) -> None:
    with scene.engine_process() as process:
        scene.calls_in()
        scene.rings(ANN).accept()
        scene.talks()
        process.kill()
        process.wait()
    assert len(scene.asterisk.ari("bridges")) == 1

    with scene.engine_process():
        scene.outside.hang_up()
        call = scene.ended()
        scene.is_free_again(ANN)
        scene.record(call)

    assert call.outcome == CallOutcome.ANSWERED
    assert call.legs[0].end == LegEnd.CALLER_HUNG_UP


def test_kill_9_while_it_rings_and_the_next_engine_hunts_on(scene: Scene) -> None:
    with scene.engine_process() as process:
        scene.calls_in()
        scene.rings(ANN)
        until(lambda: len(scene.call().legs) == 2)
        process.kill()
        process.wait()

    with scene.engine():
        scene.rings(ANN, count=2).accept()
        scene.talks()
        scene.outside.hang_up()
        call = scene.ended()

    assert [leg.result for leg in call.legs[1:]] == [LegResult.INTERRUPTED, LegResult.ANSWERED]


def test_a_phone_that_answers_while_no_engine_is_there_is_connected_by_the_next(scene: Scene) -> None:
    with scene.engine_process() as process:
        scene.calls_in()
        scene.rings(ANN)
        until(lambda: len(scene.call().legs) == 2)
        process.kill()
        process.wait()
    scene.phones[ANN].accept()

    with scene.engine():
        scene.talks()
        scene.outside.hang_up()
        call = scene.ended()
        scene.record(call)

    assert [(leg.address, leg.result) for leg in call.legs[1:]] == [(f"SIP/{ANN}", LegResult.ANSWERED)]


def test_a_talk_that_ends_while_no_engine_is_there_is_closed_and_its_record_fetched(scene: Scene) -> None:
    with scene.engine_process() as process:
        scene.calls_in()
        scene.rings(ANN).accept()
        scene.talks()
        process.kill()
        process.wait()
    scene.outside.hang_up()
    scene.is_free_again(OUTSIDE)

    with scene.engine():
        call = scene.ended()
        scene.is_free_again(ANN)
        scene.record(call)

    assert call.outcome == CallOutcome.ANSWERED
    assert {leg.end for leg in call.legs} == {LegEnd.SWITCH_LOST}


def test_with_nobody_there_the_dialplan_rings_the_phones_itself(scene: Scene) -> None:
    scene.calls_in()
    scene.rings(ANN)
    scene.rings(BEN).accept()
    scene.phones[BEN].wait_for("CALL_ESTABLISHED")
    scene.outside.hang_up()


def test_an_asterisk_that_is_restarted_has_lost_its_calls_and_takes_new_ones(scene: Scene) -> None:
    with scene.engine():
        scene.calls_in()
        scene.rings(ANN).accept()
        scene.talks()
        scene.asterisk.kill()
        scene.asterisk.start()
        lost = scene.ended()
        for phone in scene.phones.values():
            phone.hang_up()
            phone.register()
        until(lambda: {each["state"] for each in scene.asterisk.ari("endpoints/PJSIP")} == {"online"})
        until(scene.sees_free_phones)
        scene.calls_in()
        scene.rings(ANN, count=2).accept()
        until(lambda: scene.call().id != lost.id and scene.call().answered_at)
        scene.outside.hang_up()
        assert scene.ended().outcome == CallOutcome.ANSWERED

    assert lost.outcome == CallOutcome.ANSWERED
    assert {leg.end for leg in lost.legs} == {LegEnd.SWITCH_LOST}
