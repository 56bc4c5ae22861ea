"""The breaker by itself: when it opens, when it probes, when it closes, on a clock of the test's own."""

from dataclasses import replace
from datetime import UTC, datetime, timedelta

from hypothesis import given
from hypothesis import strategies as st

from portal.webhooks.sending.breaker import (
    FIRST_PROBE,
    IN_A_ROW,
    OF_WINDOW,
    SPOTLESS,
    WINDOW,
    Health,
    after_failure,
    after_success,
)

T0 = datetime(2026, 1, 1, tzinfo=UTC)
LONGEST = timedelta(minutes=10)


def failing(
    health: Health,
    at: datetime = T0,
    *,
    retry_after: timedelta | None = None,
    is_probe: bool = False,
    chance: float = 0.5,
) -> Health:
    return after_failure(
        health, at=at, retry_after=retry_after, is_probe=is_probe, longest_probe=LONGEST, chance=chance
    )


def opened(at: datetime = T0) -> Health:
    health = SPOTLESS
    for _ in range(IN_A_ROW):
        health = failing(health, at)
    return health


def test_a_few_failures_in_a_row_open_it_and_it_tells_since_when() -> None:
    health = SPOTLESS
    for number in range(IN_A_ROW):
        assert health.probe_at is None
        health = failing(health, T0 + timedelta(seconds=number))

    assert health.failing_since == T0
    assert health.probe_at == T0 + timedelta(seconds=IN_A_ROW - 1) + FIRST_PROBE


def test_three_failures_of_a_quiet_webhook_open_it_when_they_lasted() -> None:
    quick = failing(failing(failing(SPOTLESS)))
    slow = failing(failing(failing(SPOTLESS), T0 + timedelta(seconds=5)), T0 + timedelta(minutes=5))

    assert (quick.failing_since, slow.failing_since) == (None, T0)


def test_a_large_share_of_failures_opens_it_although_one_now_and_then_gets_through() -> None:
    health, failures = SPOTLESS, 0
    while health.failing_since is None:
        if failures and failures % 4 == 0 and health.failures:
            health = after_success(health)
        health = failing(health)
        failures += 1

    assert failures == OF_WINDOW
    assert health.failures < IN_A_ROW


def test_one_failure_in_five_never_opens_it() -> None:
    health = SPOTLESS
    for number in range(200):
        health = failing(health) if number % 5 == 0 else after_success(health)

    assert health.failing_since is None
    assert health.recent_failures.bit_count() == WINDOW // 5


def test_a_probe_that_fails_doubles_the_wait_up_to_a_bound() -> None:
    health, waits = opened(), []
    for _ in range(9):
        assert health.probe_at is not None
        at = health.probe_at
        health = failing(health, at, is_probe=True)
        assert health.probe_at is not None
        waits.append((health.probe_at - at).total_seconds())

    assert waits == [20, 40, 80, 160, 320, 600, 600, 600, 600]
    assert health.failing_since == T0


def test_what_was_in_the_air_when_it_opened_does_not_put_the_probe_off() -> None:
    health = opened()

    later = failing(health, T0 + timedelta(seconds=9))

    assert (later.probe_at, later.probes) == (health.probe_at, 0)


def test_no_probe_comes_before_what_the_receiver_asked_for() -> None:
    health = failing(SPOTLESS, retry_after=timedelta(hours=2))
    while health.probe_at is None:
        health = failing(health)

    assert health.probe_at == T0 + timedelta(hours=2)


def test_one_success_closes_it_and_forgets_what_was() -> None:
    assert after_success(opened()) == SPOTLESS


def test_a_success_of_a_webhook_without_a_blemish_changes_nothing() -> None:
    assert after_success(SPOTLESS) == SPOTLESS


@given(st.lists(st.sampled_from(["success", "failure", "probe"]), max_size=60), st.floats(0, 1, exclude_max=True))
def test_it_is_open_exactly_while_the_webhook_is_failing(tries: list[str], chance: float) -> None:
    health, at = SPOTLESS, T0
    for each in tries:
        at += timedelta(seconds=1)
        before = health
        if each == "success":
            health = after_success(health)
        else:
            is_probe = each == "probe" and health.probe_at is not None
            health = failing(health, at, is_probe=is_probe, chance=chance)
            if health.probe_at is not None and (is_probe or before.probe_at is None):
                assert timedelta(seconds=8) <= health.probe_at - at <= 1.2 * LONGEST
        assert (health.probe_at is None) == (health.failing_since is None)
        assert health.failures == 0 or health.first_failure_at is not None
        assert replace(health, recent_failures=0) == SPOTLESS or each != "success"
        assert health.recent_failures < 1 << WINDOW
