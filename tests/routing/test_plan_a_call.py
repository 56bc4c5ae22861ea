import threading
from datetime import timedelta

import pytest

from portal.calls.journal import Journal
from portal.routing.models import FallbackKind, HuntStrategy
from portal.routing.planner import FALLBACK_SECONDS
from portal.telephony.engine import CallChange, Presence
from portal.telephony.plan import Fallback, FallbackCause, RingStep, RoutePlan, SkipReason, StepReason, Target
from tests.calls.factory import Story
from tests.people import Cast
from tests.routing.office import NOON, STRANGER, Office, first_of, furnish, rung

KNOWN = "79161112233"
OFFLINE, BUSY, RINGING = Presence.OFFLINE, Presence.BUSY, Presence.RINGING


def skipped(plan: RoutePlan) -> set[tuple[str, SkipReason]]:
    return {(each.target.label, each.reason) for each in plan.skipped}


def answered(office: Office, name: str, *, minutes_ago: int) -> None:
    """This person has answered a call of a minute that ended so long before noon."""
    start = NOON - timedelta(minutes=minutes_ago, seconds=65)
    story = Story(office.account_id, callee=office.address[name], started_at=start, answered_after=5, talked=60)
    Journal(office.app).record(story.finished(), CallChange.FINISHED)


def test_a_stranger_rings_the_receivers_one_after_another(office: Office) -> None:
    office.set(ring_seconds=20, total_seconds=90)

    plan = office.plan()

    assert rung(plan, StepReason.HUNT) == [["Ann"], ["Ben"], ["Cat"]]
    assert [step.seconds for step in plan.steps] == [20, 20, 20]
    assert plan.total_seconds == 90
    assert plan.opening is None
    assert plan.skipped == ()


def test_a_known_contact_rings_its_crm_user_first_and_that_one_not_again_in_the_round(office: Office) -> None:
    office.set(owner_seconds=25, rounds=2)
    office.know(KNOWN, owner="Ben")

    plan = office.plan(KNOWN)

    owner = RingStep((Target(office.address["Ben"], "Ben"),), 25, StepReason.OWNER)
    assert plan.steps[0] == owner
    assert rung(plan, StepReason.HUNT) == [["Ann"], ["Cat"], ["Ann"], ["Ben"], ["Cat"]]
    assert [step.round for step in plan.steps] == [1, 1, 1, 2, 2, 2]
    assert skipped(plan) == {("Ben", SkipReason.ALREADY_RUNG)}


@pytest.mark.parametrize(
    ("presence", "reason"), [(OFFLINE, SkipReason.OFFLINE), (BUSY, SkipReason.BUSY), (RINGING, SkipReason.BUSY)]
)
def test_a_crm_user_who_is_away_or_busy_is_passed_over_with_the_reason(
    office: Office, presence: Presence, reason: SkipReason
) -> None:
    office.know(KNOWN, owner="Ben")

    plan = office.plan(KNOWN, Ben=presence)

    assert rung(plan) == [["Ann"], ["Cat"]]
    assert skipped(plan) == {("Ben", reason)}


def test_another_companys_contact_is_a_stranger(office: Office, cast: Cast) -> None:
    south = furnish(office.app, cast.south, "Zoe")
    south.know(KNOWN, owner="Zoe")

    assert rung(office.plan(KNOWN), StepReason.OWNER) == []


def test_a_withheld_number_belongs_to_nobody(office: Office) -> None:
    assert rung(office.plan("")) == [["Ann"], ["Ben"], ["Cat"]]


def test_a_receiver_without_a_phone_is_named_as_such(office: Office, cast: Cast) -> None:
    mute = furnish(office.app, cast.south, "Zoe", "Yan", mute=["Yan"])
    mute.receive("Yan", "Zoe")

    plan = mute.plan()

    assert rung(plan) == [["Zoe"]]
    assert skipped(plan) == {("Yan", SkipReason.NO_PHONE)}


def test_who_is_busy_at_first_may_be_free_in_a_later_round_who_is_offline_is_not_rung(office: Office) -> None:
    office.set(rounds=2)

    plan = office.plan(Ann=BUSY, Ben=OFFLINE)

    assert rung(plan) == [["Cat"], ["Ann"], ["Cat"]]


@pytest.mark.parametrize(
    ("presence", "opening"), [(BUSY, FallbackCause.ALL_BUSY), (OFFLINE, FallbackCause.NOBODY_REGISTERED)]
)
def test_where_nobody_can_ring_the_fallback_is_taken_at_once(
    office: Office, presence: Presence, opening: FallbackCause
) -> None:
    plan = office.plan(Ann=presence, Ben=OFFLINE, Cat=OFFLINE)

    assert plan.steps == ()
    assert plan.opening is opening


def test_a_group_of_nobody_takes_its_fallback_at_once(office: Office) -> None:
    office.receive()

    assert office.plan().opening is FallbackCause.NOBODY_REGISTERED


def test_the_fallback_rings_an_outside_number(office: Office) -> None:
    office.set(fallback=FallbackKind.NUMBER, fallback_address="79161234567")

    fallback = office.plan().fallback(FallbackCause.NOBODY_ANSWERED)

    step = RingStep((Target("79161234567"),), FALLBACK_SECONDS, StepReason.FALLBACK)
    assert fallback == Fallback((step,))


def test_without_a_fallback_the_call_ends(office: Office) -> None:
    assert office.plan().fallback(FallbackCause.ENGINE_ERROR) == Fallback()


def test_all_at_once_rings_together_in_every_round(office: Office) -> None:
    office.set(strategy=HuntStrategy.SIMULTANEOUS, rounds=2)

    assert rung(office.plan()) == [["Ann", "Ben", "Cat"], ["Ann", "Ben", "Cat"]]


def test_round_robin_begins_with_the_next_one_at_each_call(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)

    plans = [rung(office.plan()) for _ in range(4)]

    assert plans[0] == [["Ann"], ["Ben"], ["Cat"]]
    assert plans[1] == [["Ben"], ["Cat"], ["Ann"]]
    assert [plan[0] for plan in plans] == [["Ann"], ["Ben"], ["Cat"], ["Ann"]]


def test_round_robin_counts_from_whom_it_really_began_with(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)

    assert first_of(office.plan(Ann=OFFLINE)) == "Ben"
    assert first_of(office.plan()) == "Cat"


def test_a_call_for_a_known_contacts_user_leaves_round_robin_where_it_is(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    office.know(KNOWN, owner="Ben")

    office.plan(KNOWN)

    assert first_of(office.plan()) == "Ann"


def test_calls_at_the_same_moment_begin_with_different_people(office: Office) -> None:
    office.set(strategy=HuntStrategy.ROUND_ROBIN)
    gate = threading.Barrier(2)
    firsts: list[str] = []

    def take_calls() -> None:
        gate.wait()
        firsts.extend(first_of(office.plan()) for _ in range(15))

    threads = [threading.Thread(target=take_calls) for _ in range(2)]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()

    assert {name: firsts.count(name) for name in ("Ann", "Ben", "Cat")} == {"Ann": 10, "Ben": 10, "Cat": 10}


def test_longest_idle_rings_first_who_answered_longest_ago(office: Office) -> None:
    office.set(strategy=HuntStrategy.LONGEST_IDLE)
    answered(office, "Ann", minutes_ago=5)
    answered(office, "Cat", minutes_ago=30)

    assert rung(office.plan()) == [["Ben"], ["Cat"], ["Ann"]]


def test_fewest_today_counts_from_local_midnight(office: Office) -> None:
    office.set(strategy=HuntStrategy.FEWEST_TODAY)
    for _ in range(3):
        answered(office, "Cat", minutes_ago=13 * 60)  # yesterday, in Moscow
    answered(office, "Ann", minutes_ago=20)
    answered(office, "Ann", minutes_ago=10)
    answered(office, "Ben", minutes_ago=15)

    assert rung(office.plan()) == [["Cat"], ["Ben"], ["Ann"]]
    assert rung(office.plan(at=NOON + timedelta(days=1))) == [["Ann"], ["Ben"], ["Cat"]]


def test_a_late_word_of_yesterdays_call_changes_nothing_of_today(office: Office) -> None:
    office.set(strategy=HuntStrategy.FEWEST_TODAY)
    answered(office, "Ann", minutes_ago=20)
    answered(office, "Ann", minutes_ago=13 * 60)
    answered(office, "Ben", minutes_ago=15)

    assert rung(office.plan()) == [["Cat"], ["Ann"], ["Ben"]]


def test_a_plan_is_made_in_the_callers_own_company(office: Office, cast: Cast) -> None:
    south = furnish(office.app, cast.south, "Zoe")
    south.receive("Zoe")

    assert rung(south.plan(STRANGER)) == [["Zoe"]]
