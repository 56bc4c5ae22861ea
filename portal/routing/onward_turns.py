"""Round robin in the groups to which calls are passed on: moves when the first phone of such a group rings.

Their steps are planned as the call comes in, when nobody knows yet whether it gets so far. So the place moves on in the
transaction that notes the ringing, and the next call's plan reads it. Of two calls that are under way at once the later
passes over who rings for the earlier: that phone is busy.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence

from flask import current_app
from sqlalchemy import update

from portal.calls.events import CallRang
from portal.calls.models import CallLeg
from portal.kernel.db import db
from portal.routing.facts import GroupFacts
from portal.routing.fallbacks import rule_of
from portal.routing.models import FallbackKind, HuntGroup, HuntStrategy
from portal.routing.rules import Rules, RulesAtHand
from portal.telephony.plan import FallbackCause, StepReason


def on_call_rang(event: CallRang) -> None:
    """Notes with whom round robin has begun, of each group that rings since now."""
    call = event.call
    if call.fallback is None:
        return
    at_hand: RulesAtHand = current_app.extensions["portal.rules"]
    rules, _turns = at_hand.look()
    legs = [leg for leg in call.legs if leg.reason == StepReason.FALLBACK]
    for group, rung in _passed_on(rules, FallbackCause(call.fallback), legs):
        first = next((leg for leg in rung if leg.rang_at is not None), None)
        if group.strategy is HuntStrategy.ROUND_ROBIN and first is not None and _rings(first):
            _begins_with(group, first.address)


def _rings(leg: CallLeg) -> bool:
    """Now: when it is answered, a later call may have moved the place on."""
    return leg.answered_at is None and leg.ended_at is None


def _passed_on(
    rules: Rules, cause: FallbackCause, legs: Sequence[CallLeg]
) -> Iterator[tuple[GroupFacts, list[CallLeg]]]:
    """The groups after the receivers of new contacts, each with its legs: rounds count on, as in `FallbackMaker`."""
    group, rounds = rules.new_contacts, 0
    passed = {group.id}
    while (rule := rule_of(group, cause)).kind is FallbackKind.GROUP:
        following = rules.groups.get(rule.group_id or 0)
        if following is None or following.id in passed:
            return
        group = following
        passed.add(group.id)
        rung = [leg for leg in legs if rounds < leg.round <= rounds + group.rounds]
        yield group, rung
        rounds += group.rounds
        cause = FallbackCause.NOBODY_ANSWERED if rung else FallbackCause.NOBODY_REGISTERED


def _begins_with(group: GroupFacts, address: str) -> None:
    key = next((member.key for member in group.members if member.address == address), None)
    if key is not None:
        db.session.execute(update(HuntGroup).where(HuntGroup.id == group.id).values(last_member_id=key))
