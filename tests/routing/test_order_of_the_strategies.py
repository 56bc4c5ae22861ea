from collections.abc import Sequence
from datetime import UTC, datetime, timedelta
from random import Random

from hypothesis import given
from hypothesis import strategies as st

from portal.routing.models import HuntStrategy
from portal.routing.strategies import Candidate, Turn, in_turn, order_of_round

MORNING = datetime(2026, 11, 23, 6, 0, tzinfo=UTC)
MOMENTS = st.none() | st.integers(0, 10_000).map(lambda seconds: MORNING + timedelta(seconds=seconds))
MEMBERS = st.lists(
    st.builds(Candidate, key=st.integers(1, 99), last_ended_at=MOMENTS, answered_today=st.integers(0, 9)),
    max_size=8,
    unique_by=lambda candidate: candidate.key,
)


def keys(turns: Sequence[Turn]) -> list[int]:
    return [candidate.key for turn in turns for candidate in turn]


def order(strategy: HuntStrategy, *candidates: Candidate, turn: Sequence[int] = (), seed: int = 0) -> list[int]:
    return keys(order_of_round(strategy, candidates, turn=turn, chance=Random(seed)))


def people(*numbers: int) -> tuple[Candidate, ...]:
    return tuple(Candidate(number) for number in numbers)


@given(st.sampled_from(HuntStrategy), MEMBERS, st.integers(), st.integers(0, 99))
def test_a_round_rings_everybody_exactly_once(
    strategy: HuntStrategy, members: list[Candidate], seed: int, last: int
) -> None:
    turn = in_turn([member.key for member in members], last)
    turns = order_of_round(strategy, members, turn=turn, chance=Random(seed))

    assert sorted(keys(turns)) == sorted(member.key for member in members)
    assert all(turns)


@given(MEMBERS)
def test_all_at_once_is_one_turn(members: list[Candidate]) -> None:
    turns = order_of_round(HuntStrategy.SIMULTANEOUS, members, chance=Random(0))

    assert turns == ((tuple(members),) if members else ())


@given(MEMBERS, st.integers())
def test_the_same_chance_gives_the_same_order(members: list[Candidate], seed: int) -> None:
    one, other = (order_of_round(HuntStrategy.RANDOM, members, chance=Random(seed)) for _ in range(2))

    assert one == other


@given(MEMBERS)
def test_the_longest_idle_never_ring_after_somebody_busier(members: list[Candidate]) -> None:
    turns = order_of_round(HuntStrategy.LONGEST_IDLE, members, chance=Random(0))
    ends = [candidate.last_ended_at or datetime.min.replace(tzinfo=UTC) for turn in turns for candidate in turn]

    assert ends == sorted(ends)


@given(st.lists(st.integers(1, 99), min_size=1, unique=True), st.integers(0, 99))
def test_turns_go_around_without_losing_anybody(members: list[int], last: int) -> None:
    turn = in_turn(members, last)

    assert sorted(turn) == sorted(members)
    if last in members:
        assert turn[-1] == last
    else:
        assert turn == tuple(members)


def test_one_after_another_keeps_the_groups_order() -> None:
    assert order(HuntStrategy.SEQUENTIAL, *people(3, 1, 2)) == [3, 1, 2]


def test_round_robin_begins_after_the_last_and_goes_around() -> None:
    assert order(HuntStrategy.ROUND_ROBIN, *people(1, 2, 3), turn=in_turn([1, 2, 3], 2)) == [3, 1, 2]


def test_round_robin_passes_over_who_is_absent() -> None:
    assert order(HuntStrategy.ROUND_ROBIN, *people(1, 2), turn=in_turn([1, 2, 3], 2)) == [1, 2]


def test_those_who_never_answered_have_been_idle_longest() -> None:
    busy, lately, never = Candidate(1, MORNING + timedelta(hours=2)), Candidate(2, MORNING), Candidate(3)

    assert order(HuntStrategy.LONGEST_IDLE, busy, lately, never) == [3, 2, 1]


def test_fewest_today_keeps_the_groups_order_among_equals() -> None:
    counts = [Candidate(number, answered_today=count) for number, count in ((1, 2), (2, 0), (3, 2), (4, 0))]

    assert order(HuntStrategy.FEWEST_TODAY, *counts) == [2, 4, 1, 3]


def test_random_gives_everybody_the_first_place_sometimes() -> None:
    firsts = {order(HuntStrategy.RANDOM, *people(1, 2, 3), seed=seed)[0] for seed in range(50)}

    assert firsts == {1, 2, 3}
