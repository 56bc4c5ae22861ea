"""The order of the questions, by plans of real settings: blacklist, hours, employee, contact, group, fallback."""

from datetime import timedelta

import pytest

from portal.contacts.services import set_duty, set_mobile
from portal.kernel.db import transaction
from portal.kernel.errors import Refused
from portal.routing.blacklist import block_number, unblock_number
from portal.routing.destinations import Destination, destination
from portal.routing.fallbacks import FALLBACK_SECONDS
from portal.routing.groups import add_group, change_group, remove_group
from portal.routing.known_rules import set_known_contacts
from portal.routing.models import FallbackKind
from portal.routing.opening_hours import set_week
from portal.routing.services import set_fallbacks, set_strategy
from portal.telephony.lines import add_did
from portal.telephony.plan import Fallback, FallbackCause, KnownBy, RoutePlan, SkipReason, StepReason
from tests.routing.office import DID, NOON, STRANGER, Office, rung
from tests.routing.test_plan_a_call import BUSY, KNOWN, OFFLINE, answered, skipped

NIGHT = NOON + timedelta(hours=12)


def known(office: Office, mode: str, *sources: str, seconds: int = 15) -> None:
    with office.app.app_context(), transaction(office.account_id):
        set_known_contacts(mode, sources or ["address-book"], owner_seconds=seconds, last_talk_hours=24, budget_ms=700)


def working_hours(office: Office) -> None:
    with office.app.app_context(), transaction(office.account_id):
        set_week(add_did(DID).id, ["9-18"] * 7)


def block(office: Office, number: str) -> int:
    with office.app.app_context(), transaction(office.account_id):
        return block_number(number).id


def group(office: Office, name: str, *members: str, **strategy: object) -> int:
    settings = {"strategy": "sequential", "ring_seconds": 10, "rounds": 1, "total_seconds": 60, **strategy}
    with office.app.app_context(), transaction(office.account_id):
        made = add_group(name)
        change_group(made.id, name, [office.user[each] for each in members], **settings)
        return made.id


def pass_on(office: Office, group_id: int) -> None:
    with office.app.app_context(), transaction(office.account_id):
        set_strategy(
            "sequential", ring_seconds=15, rounds=1, total_seconds=120, fallback="group", fallback_group_id=group_id
        )


def fallback_steps(plan: RoutePlan, cause: FallbackCause) -> list[tuple[str, int, int]]:
    return [(step.targets[0].label, step.seconds, step.round) for step in plan.fallback(cause).steps]


def test_a_blacklisted_number_is_refused_before_anything_else(office: Office) -> None:
    working_hours(office)
    office.know(KNOWN, owner="Ben")
    entry = block(office, KNOWN)

    for moment in (NOON, NIGHT):
        plan = office.plan(KNOWN, at=moment)
        assert plan.opening is FallbackCause.BLACKLISTED
        assert plan.fallback(FallbackCause.BLACKLISTED) == Fallback()

    with office.app.app_context(), transaction(office.account_id):
        unblock_number(entry)
    assert office.plan(KNOWN).opening is None


def test_working_hours_come_before_the_owner(office: Office) -> None:
    working_hours(office)
    office.know(KNOWN, owner="Ben")

    assert rung(office.plan(KNOWN))[0] == ["Ben"]
    closed = office.plan(KNOWN, at=NIGHT)
    assert (closed.opening, closed.steps, closed.beside) == (FallbackCause.CLOSED, (), ())
    assert closed.fallback(FallbackCause.CLOSED) == Fallback(announcement="closed")


def test_round_robin_stays_where_it_is_while_it_is_closed(office: Office) -> None:
    working_hours(office)
    office.set(strategy="round-robin")

    office.plan(at=NIGHT)

    assert rung(office.plan())[0] == ["Ann"]


def test_an_employees_mobile_is_no_contact_and_does_not_ring_the_employee(office: Office) -> None:
    office.know(KNOWN, owner="Ben")
    with office.app.app_context(), transaction(office.account_id):
        set_mobile(office.user["Cat"], "8 (903) 000-00-01")

    plan = office.plan("79030000001")

    assert rung(plan) == [["Ann"], ["Ben"]]
    assert skipped(plan) == {("Cat", SkipReason.OWN_CALL)}


def test_who_is_off_duty_is_passed_over_as_owner_and_in_the_group(office: Office) -> None:
    office.know(KNOWN, owner="Ben")
    with office.app.app_context(), transaction(office.account_id):
        set_duty(office.user["Ben"], is_on_duty=False)

    plan = office.plan(KNOWN)

    assert rung(plan) == [["Ann"], ["Cat"]]
    assert skipped(plan) == {("Ben", SkipReason.OFF_DUTY)}


def test_a_call_is_passed_on_neither_to_its_caller_nor_to_a_number_of_our_own(office: Office) -> None:
    mobile = "79030000001"
    for number in (mobile, DID):
        with office.app.app_context(), transaction(office.account_id):
            set_strategy(
                "sequential", ring_seconds=15, rounds=1, total_seconds=120, fallback="number", fallback_address=number
            )
    with office.app.app_context(), transaction(office.account_id):
        set_fallbacks({FallbackCause.ALL_BUSY: destination("number", mobile, field="all_busy")})

    def ends(caller: str, cause: FallbackCause) -> list[str]:
        return [target.address for step in office.plan(caller).fallback(cause).steps for target in step.targets]

    assert ends(STRANGER, FallbackCause.ALL_BUSY) == [mobile]
    assert ends(mobile, FallbackCause.ALL_BUSY) == []
    assert ends(STRANGER, FallbackCause.NOBODY_ANSWERED) == [DID], "it is nobody's yet"

    with office.app.app_context(), transaction(office.account_id):
        add_did(DID)

    assert ends(STRANGER, FallbackCause.NOBODY_ANSWERED) == []
    with pytest.raises(Refused) as refusal, office.app.app_context(), transaction(office.account_id):
        destination("number", "+7 495 123-45-67", field="all_busy")
    assert refusal.value.field == "all_busy"


def test_a_talk_of_later_is_not_known_yet_at_an_earlier_moment(office: Office) -> None:
    answered(office, "Cat", minutes_ago=60)
    known(office, "first", "last-talk")

    assert office.plan(STRANGER).known_by == KnownBy("last-talk", "Cat")
    assert office.plan(STRANGER, at=NOON - timedelta(hours=2)).known_by is None


def test_the_owner_rings_together_with_the_group_and_not_twice_in_the_first_round(office: Office) -> None:
    office.know(KNOWN, owner="Ben")
    office.set(rounds=2)
    known(office, "together", seconds=40)

    plan = office.plan(KNOWN)

    assert [(step.targets[0].label, step.seconds, step.reason) for step in plan.beside] == [
        ("Ben", 40, StepReason.OWNER)
    ]
    assert rung(plan) == [["Ann"], ["Cat"], ["Ann"], ["Ben"], ["Cat"]]


def test_the_owner_alone_rings_and_then_comes_the_fallback(office: Office) -> None:
    office.know(KNOWN, owner="Ben")
    known(office, "only")

    assert rung(office.plan(KNOWN)) == [["Ben"]]
    assert office.plan(KNOWN, Ben=BUSY).opening is FallbackCause.ALL_BUSY
    assert office.plan(KNOWN, Ben=OFFLINE).opening is FallbackCause.NOBODY_REGISTERED
    assert rung(office.plan(STRANGER)) == [["Ann"], ["Ben"], ["Cat"]]


def test_known_contacts_can_be_treated_as_new_ones(office: Office) -> None:
    office.know(KNOWN, owner="Ben")
    known(office, "off")

    assert rung(office.plan(KNOWN)) == [["Ann"], ["Ben"], ["Cat"]]


def test_who_talked_last_is_rung_within_the_window_in_the_admins_order(office: Office) -> None:
    answered(office, "Cat", minutes_ago=60)
    known(office, "first", "last-talk", "address-book")
    plan = office.plan(STRANGER, at=NOON)
    assert rung(plan, StepReason.OWNER) == [["Cat"]]
    assert plan.known_by == KnownBy("last-talk", "Cat")
    office.know(STRANGER, owner="Ben")
    assert rung(office.plan(STRANGER, at=NOON), StepReason.OWNER) == [["Cat"]]

    known(office, "first", "address-book", "last-talk")
    plan = office.plan(STRANGER, at=NOON)
    assert rung(plan, StepReason.OWNER) == [["Ben"]]
    assert plan.known_by == KnownBy("address-book", "Ben")
    known(office, "first", "last-talk")
    plan = office.plan(STRANGER, at=NOON + timedelta(hours=30))
    assert rung(plan, StepReason.OWNER) == []
    assert plan.known_by is None


def test_each_cause_has_its_own_way_and_the_others_go_as_when_nobody_answers(office: Office) -> None:
    office.set(fallback=FallbackKind.NUMBER, fallback_address="79161234567")
    with office.app.app_context(), transaction(office.account_id):
        set_fallbacks(
            {
                FallbackCause.ALL_BUSY: Destination(FallbackKind.ANNOUNCEMENT),
                FallbackCause.ENGINE_ERROR: destination("sip-line", office.address["Cat"], field="x"),
                FallbackCause.NOBODY_REGISTERED: None,
            }
        )

    plan = office.plan()

    assert plan.fallback(FallbackCause.ALL_BUSY) == Fallback(announcement="all_busy")
    assert plan.fallback(FallbackCause.ENGINE_ERROR).steps[0].targets[0].address == office.address["Cat"]
    for cause in (FallbackCause.NOBODY_REGISTERED, FallbackCause.NOBODY_ANSWERED):
        (step,) = plan.fallback(cause).steps
        assert (step.targets[0].address, step.seconds) == ("79161234567", FALLBACK_SECONDS)


def test_another_group_takes_what_the_first_could_not_within_its_own_limit(office: Office) -> None:
    office.receive("Ann")
    pass_on(office, group(office, "Second", "Ben", "Cat", rounds=3, total_seconds=25))

    steps = fallback_steps(office.plan(), FallbackCause.NOBODY_ANSWERED)

    assert steps == [("Ben", 10, 1), ("Cat", 10, 1), ("Ben", 5, 2)]


def test_groups_that_pass_calls_to_each_other_end_them(office: Office) -> None:
    second = group(office, "Second", "Ben")
    third = group(office, "Third", "Cat", fallback="group", fallback_group_id=second)
    with office.app.app_context(), transaction(office.account_id):
        change_group(
            second,
            "Second",
            [office.user["Ben"]],
            strategy="sequential",
            ring_seconds=10,
            rounds=1,
            total_seconds=60,
            fallback="group",
            fallback_group_id=third,
        )
    pass_on(office, second)

    plan = office.plan()

    assert [name for name, _seconds, _round in fallback_steps(plan, FallbackCause.NOBODY_ANSWERED)] == ["Ben", "Cat"]


def test_a_group_that_calls_are_passed_to_cannot_be_removed(office: Office) -> None:
    second = group(office, "Second", "Ben")
    pass_on(office, second)

    with (
        pytest.raises(Refused),
        office.app.app_context(),
        transaction(office.account_id),
    ):
        remove_group(second)
