"""When a delivery is tried again: properties over all answers, all chances and a clock of our own."""

from datetime import UTC, datetime, timedelta
from email.utils import format_datetime

import pytest
from hypothesis import given
from hypothesis import strategies as st

from portal.webhooks.models import DeliveryState
from portal.webhooks.sending.schedule import END, START, Outcome, Schedule, Verdict, after_try, retry_after, verdict_on

EPOCH = datetime(2026, 11, 23, 10, tzinfo=UTC)
SECOND = timedelta(seconds=1)

schedules = st.sampled_from([START, END])
chances = st.floats(0, 1, exclude_max=True)
retry_afters = st.none() | st.timedeltas(timedelta(0), timedelta(days=30))
tries = st.timedeltas(timedelta(0), 10 * SECOND)


def fail(
    schedule: Schedule,
    step: int,
    *,
    at: datetime = EPOCH,
    pause: timedelta | None = None,
    chance: float = 0.5,
    verdict: Verdict = Verdict.FAILED,
) -> Outcome:
    return after_try(
        schedule, verdict, step=step, now=at, expires_at=schedule.expires_at(EPOCH), retry_after=pause, chance=chance
    )


def run(schedule: Schedule, chance: list[float], took: list[timedelta]) -> tuple[list[datetime], Outcome]:
    """The moments of every try of a delivery that never succeeds, and how it ends."""
    moments, due_at, step = [], EPOCH, 0
    while True:
        moments.append(due_at)
        outcome = fail(schedule, step, at=due_at + took[step % len(took)], chance=chance[step % len(chance)])
        if outcome.due_at is None:
            return moments, outcome
        due_at, step = outcome.due_at, step + 1


def test_an_end_is_tried_ten_times_over_about_three_days() -> None:
    moments, outcome = run(END, [0.5], [timedelta(0)])

    assert len(moments) == 10
    assert timedelta(hours=75) < moments[-1] - EPOCH < timedelta(hours=76)
    assert outcome.state == DeliveryState.FAILED


def test_a_start_is_tried_five_times_within_half_a_minute_and_has_then_expired() -> None:
    moments, outcome = run(START, [0.5], [timedelta(0)])

    assert [(moment - EPOCH).total_seconds() for moment in moments] == [0, 1, 4, 12, 32]
    assert outcome.state == DeliveryState.EXPIRED


@given(st.lists(chances, min_size=1), st.lists(tries, min_size=1))
def test_a_start_is_never_tried_a_minute_after_the_call(chance: list[float], took: list[timedelta]) -> None:
    moments, outcome = run(START, chance, took)

    assert moments[-1] < EPOCH + timedelta(seconds=60)
    assert outcome.state == DeliveryState.EXPIRED


@given(st.lists(chances, min_size=1), st.lists(tries, min_size=1))
def test_an_end_is_always_tried_ten_times(chance: list[float], took: list[timedelta]) -> None:
    moments, outcome = run(END, chance, took)

    assert len(moments) == 10
    assert timedelta(days=2.5) < moments[-1] - EPOCH < timedelta(days=3.8)
    assert outcome.state == DeliveryState.FAILED


@given(st.integers(0, 8), chances, retry_afters)
def test_a_pause_is_never_shorter_than_our_own_step_less_its_jitter(
    step: int, chance: float, pause: timedelta | None
) -> None:
    outcome = fail(END, step, pause=pause, chance=chance)

    assert outcome.due_at is not None
    assert outcome.due_at - EPOCH >= END.steps[step + 1] * 0.8


@given(st.integers(0, 8), chances, st.timedeltas(timedelta(0), timedelta(days=365)))
def test_retry_after_is_honoured_up_to_its_cap(step: int, chance: float, pause: timedelta) -> None:
    waited = (fail(END, step, pause=pause, chance=chance).due_at or EPOCH) - EPOCH

    assert waited >= min(pause, END.longest_pause)
    assert waited <= max(END.longest_pause, END.steps[step + 1] * 1.2)


@given(st.integers(0, 8))
def test_chance_moves_a_step_by_a_fifth_either_way(step: int) -> None:
    lowest, middle, highest = (fail(END, step, chance=chance).due_at for chance in (0.0, 0.5, 0.999999))

    assert lowest is not None
    assert middle is not None
    assert highest is not None
    assert lowest - EPOCH == pytest.approx(END.steps[step + 1] * 0.8, abs=SECOND)
    assert middle - EPOCH == pytest.approx(END.steps[step + 1], abs=SECOND)
    assert highest - EPOCH == pytest.approx(END.steps[step + 1] * 1.2, abs=SECOND)


@given(schedules, st.integers(0, 9), retry_afters, chances)
def test_what_was_delivered_is_over(schedule: Schedule, step: int, pause: timedelta | None, chance: float) -> None:
    outcome = fail(schedule, step, pause=pause, chance=chance, verdict=Verdict.DELIVERED)

    assert outcome == Outcome(DeliveryState.DELIVERED)


@given(st.integers(100, 599))
def test_success_is_2xx_alone(status: int) -> None:
    expected = Verdict.DELIVERED if 200 <= status <= 299 else Verdict.GONE if status == 410 else Verdict.FAILED

    assert verdict_on(status) is expected


def test_no_answer_is_a_failure() -> None:
    assert verdict_on(None) is Verdict.FAILED


@pytest.mark.parametrize(
    ("value", "expected"),
    [
        ("120", timedelta(seconds=120)),
        (" 0 ", timedelta(0)),
        (format_datetime(EPOCH + 90 * SECOND, usegmt=True), timedelta(seconds=90)),
        (format_datetime(EPOCH - 90 * SECOND, usegmt=True), timedelta(0)),
        ("Mon, 23 Nov 2026 10:01:30 -0000", timedelta(seconds=90)),
        ("Fri, 31 Dec 99999999999 23:59:59 GMT", None),
        ("Fri, 31 Dec 2027 23:59:59 +99999999999999", None),
        ("soon", None),
        ("-5", None),
        ("1.5", None),
        ("", None),
        ("٣", None),
    ],
)
def test_retry_after_is_seconds_or_a_date(value: str, expected: timedelta | None) -> None:
    assert retry_after([("Date", "x"), ("retry-AFTER", value)], EPOCH) == expected


@given(st.text(max_size=60))
def test_no_retry_after_breaks_the_sender(value: str) -> None:
    pause = retry_after([("Retry-After", value)], EPOCH)

    assert pause is None or timedelta(0) <= pause


def test_an_absurd_retry_after_is_capped_without_an_overflow() -> None:
    pause = retry_after([("Retry-After", "9" * 400)], EPOCH)

    assert pause is not None
    assert fail(END, 0, pause=pause).due_at == EPOCH + END.longest_pause
