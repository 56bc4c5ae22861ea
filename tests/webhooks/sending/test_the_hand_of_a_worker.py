"""What a worker has claimed ahead: who goes next, who must wait, and how it is held on to or given back."""

from __future__ import annotations

from collections import Counter
from dataclasses import replace
from datetime import UTC, datetime, timedelta

from flask import Flask
from hypothesis import given
from hypothesis import strategies as st

from portal.kernel.clock import now
from portal.webhooks.models import DeliveryState, EventType, Lane, Method
from portal.webhooks.sending import queue
from portal.webhooks.sending.claimed import ClaimedDelivery
from portal.webhooks.sending.dress import Dress
from portal.webhooks.sending.hand import RENEW_AFTER, Hand
from portal.webhooks.sending.queue import Caps
from portal.webhooks.sending.schedule import LEASE, SCHEDULES
from tests.webhooks.sending.by_hand import claim, finished, note, seeing_all
from tests.webhooks.world import Company

SENDERS, PER_ACCOUNT = 4, 3
ALONE = Caps(1, 1, 1)
NOON = datetime(2026, 11, 26, 12, tzinfo=UTC)
A_SECOND = timedelta(seconds=1)

waiting = st.lists(st.tuples(st.integers(1, 3), st.sampled_from(Lane)), max_size=30)


def claimed(
    number: int, account_id: int = 1, lane: Lane = Lane.END, *, lease_until: datetime = NOON
) -> ClaimedDelivery:
    return ClaimedDelivery(
        id=number,
        account_id=account_id,
        subscription_id=account_id,
        claim="a word",
        lease_until=lease_until,
        public_id=f"msg_{number}",
        event=EventType.CALL_FINISHED,
        url="https://crm.example",
        parameters=(),
        dress=Dress(Method.GET, (), None, None, None, NOON),
        step=0,
        attempts=0,
        expires_at=None,
        lane=lane,
        created_at=NOON,
        is_probe=False,
    )


def begun(hand: Hand, senders: int = SENDERS) -> list[ClaimedDelivery]:
    """What idle senders are given at this moment; they go home afterwards."""
    hand.dismiss()
    calls = [hand.first() for _ in range(senders)]
    found = [each for each in calls if each is not None]
    for _ in found:
        hand.first()
    return found


@given(waiting, st.randoms())
def test_everything_goes_out_once_within_the_bounds_and_no_sender_is_idle_that_could_work(
    queued: list[tuple[int, Lane]], chance: st.DataObject
) -> None:
    hand = Hand(SENDERS, Caps(SENDERS, PER_ACCOUNT, SENDERS))
    every = [claimed(number, account, lane) for number, (account, lane) in enumerate(queued)]
    hand.take_in(every)
    at_work, gone = begun(hand), []

    while at_work:
        of_each = Counter(each.account_id for each in at_work)
        left = [each for each in every if each not in at_work and each not in gone]
        assert len(at_work) <= SENDERS
        assert max(of_each.values()) <= PER_ACCOUNT
        assert len(at_work) == SENDERS or all(of_each[each.account_id] == PER_ACCOUNT for each in left)
        landed = chance.choice(at_work)  # type: ignore[attr-defined]
        at_work.remove(landed)
        gone.append(landed)
        if (following := hand.next_after(landed)) is not None:
            at_work.append(following)

    assert sorted(each.id for each in gone) == [each.id for each in every]
    assert not hand.is_waited_in


def test_starts_go_first_and_then_the_account_with_the_least_at_work() -> None:
    hand = Hand(1, ALONE)
    hand.take_in([claimed(1)])
    sent: ClaimedDelivery | None = begun(hand, 1)[0]
    hand.take_in([claimed(2, 1, Lane.REPEAT), claimed(3, 2, Lane.END), claimed(4, 3, Lane.START)])

    order = []
    while sent is not None:
        order.append(sent.id)
        sent = hand.next_after(sent)

    assert order == [1, 4, 3, 2]


def test_of_two_accounts_the_one_with_fewer_senders_goes_before_the_one_that_came_earlier() -> None:
    hand = Hand(3, Caps(3, 3, 3))
    hand.take_in([claimed(1, 1), claimed(2, 1), claimed(3, 1)])
    first, *_ = begun(hand, 3)
    hand.take_in([claimed(4, 1), claimed(5, 2)])

    following = hand.next_after(first)

    assert following is not None
    assert following.account_id == 2


def test_what_waits_long_asks_for_a_new_lease_in_time_for_a_whole_try() -> None:
    hand = Hand(1, ALONE)
    hand.take_in([claimed(1), *(replace(claimed(number), lease_until=NOON + LEASE) for number in (2, 3))])
    begun(hand, 1)

    assert hand.to_renew(NOON + RENEW_AFTER - A_SECOND) == []
    asked = hand.to_renew(NOON + RENEW_AFTER)
    lost = hand.renewed(asked, {2}, NOON + RENEW_AFTER + LEASE)

    assert [each.id for each in asked] == [2, 3]
    assert lost == 1
    assert [(each.id, each.lease_until) for each in hand.give_back()] == [(2, NOON + RENEW_AFTER + LEASE)]
    longest = max(plan.deadline_seconds for plan in SCHEDULES.values())
    assert timedelta(seconds=longest) < LEASE - 2 * RENEW_AFTER


def test_a_lease_is_renewed_by_its_claim_and_nobody_else_gets_the_delivery(app: Flask, north: Company) -> None:
    north.listens("https://crm.example")
    north.ends()
    at = now()
    held = claim(app, at=at)
    later = at + LEASE / 2

    ids = seeing_all(app, lambda connection: queue.renew(connection, held, later + LEASE))

    assert ids == {held[0].id}
    assert claim(app, at=at + LEASE) == []
    assert [each.id for each in claim(app, at=later + LEASE)] == [held[0].id]


def test_whoever_lost_the_claim_renews_and_gives_back_nothing(app: Flask, north: Company) -> None:
    north.listens("https://crm.example")
    north.ends()
    lost = claim(app)
    (held,) = claim(app, at=now() + LEASE + A_SECOND)

    renewed = seeing_all(app, lambda connection: queue.renew(connection, lost, now() + 9 * LEASE))
    seeing_all(app, lambda connection: queue.let_go(connection, lost))

    assert renewed == set()
    (delivery,) = north.deliveries()
    assert (delivery.state, delivery.claim, delivery.due_at) == (DeliveryState.SENDING, held.claim, held.lease_until)


def test_what_is_given_back_goes_out_at_once_by_another_and_its_former_holder_completes_nothing(
    app: Flask, north: Company
) -> None:
    north.listens("https://crm.example")
    north.ends()
    (former,) = claim(app)

    seeing_all(app, lambda connection: queue.let_go(connection, [former]))
    (held,) = claim(app)

    assert note(app, finished(former, 500)) == []
    assert [each.state for each in north.deliveries()] == [DeliveryState.SENDING]
    note(app, finished(held))
    assert [each.state for each in north.deliveries()] == [DeliveryState.DELIVERED]


def test_an_offer_is_taken_where_a_sender_is_free_and_nobody_waits_before_it() -> None:
    hand = Hand(4, Caps(per_webhook=2, per_account=3, suspects=4))
    of_one = [replace(claimed(number), subscription_id=7) for number in (1, 2, 3)]
    others = [replace(claimed(number), subscription_id=number) for number in (4, 5)]

    taken, left = hand.choose([*of_one, *others])
    hand.begin(taken)

    assert [each.id for each in taken] == [1, 2, 4]
    assert [each.id for each in left] == [3, 5]
    assert {each.id for each in begun(hand)} == {1, 2, 4}
    assert hand.next_after(taken[0]) is None
    hand.take_in([claimed(6), replace(claimed(8), account_id=2), replace(claimed(9), account_id=2)])
    assert hand.choose([replace(claimed(10), account_id=3)])[0] == []
