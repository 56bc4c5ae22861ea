"""The hours and the shape of a made-up past."""

import random
from datetime import UTC, datetime
from zoneinfo import ZoneInfo

from hypothesis import given
from hypothesis import strategies as st

from portal.demo.history import Cast, Somebody, moments, past_call

MOSCOW = ZoneInfo("Europe/Moscow")
PEOPLE = Cast(
    dids=["74951234567"],
    employees=[Somebody(f"SIP/0000000067{number}", None) for number in range(3)],
    contacts=[Somebody("79039998877", "Maria")],
)


@given(count=st.integers(1, 2000), end=st.datetimes(datetime(2024, 1, 1), datetime(2027, 1, 1)), seed=st.integers())  # noqa: DTZ001 -- hypothesis adds the zone itself
def test_as_many_moments_as_asked_for_in_order_and_in_working_hours(count: int, end: datetime, seed: int) -> None:
    made = list(moments(count, end.replace(tzinfo=UTC), MOSCOW, random.Random(seed)))

    assert len(made) == count
    assert made == sorted(made)
    assert made[-1] < end.replace(tzinfo=UTC)
    assert {moment.astimezone(MOSCOW).hour for moment in made} <= set(range(9, 20))


@given(seed=st.integers())
def test_the_legs_of_a_call_lie_within_it_and_add_up(seed: int) -> None:
    call = past_call(datetime(2026, 11, 23, 9, tzinfo=UTC), PEOPLE, random.Random(seed))

    assert len(call.legs) >= 2
    assert all(call.started_at <= leg.started_at <= leg.ended_at <= call.ended_at for leg in call.legs)
    assert (call.answered_at is None) == (call.talk_seconds == 0)
    if call.answered_at:
        assert round((call.ended_at - call.answered_at).total_seconds()) == call.talk_seconds
        assert call.callee
        assert call.callee.address == call.legs[-1].address
