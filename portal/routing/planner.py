"""Plans real calls: gathers the facts, decides, and moves round robin on."""

from __future__ import annotations

from collections.abc import Collection, Mapping
from dataclasses import replace
from datetime import datetime
from random import Random, SystemRandom

from flask import Flask

from portal.contacts.queries import owner_id_of
from portal.kernel.clock import monotonic
from portal.kernel.db import transaction
from portal.routing.deciding import Decision, make_plan
from portal.routing.facts import RouteFacts
from portal.routing.known import gather_facts
from portal.routing.models import HuntStrategy
from portal.routing.rules import RulesAtHand
from portal.routing.turns import Turns
from portal.telephony.engine import IncomingCall, Presence
from portal.telephony.plan import RoutePlan


class Planner:
    """See `portal.telephony.engine.RoutePlanner`. May be asked from any thread, and may take the lookup's budget."""

    def __init__(self, app: Flask, chance: Random | None = None) -> None:
        self._app = app
        self._chance = chance or SystemRandom()

    def prepare(self, account_ids: Collection[int]) -> None:
        """See `RoutePlanner`."""
        at_hand: RulesAtHand = self._app.extensions["portal.rules"]
        for account_id in account_ids:
            with self._app.app_context(), transaction(account_id, writes=False):
                at_hand.look()
                owner_id_of("")

    def plan(self, call: IncomingCall, presence: Mapping[str, Presence], now: datetime) -> RoutePlan:
        """The plan of a call that has just come in; round robin moves on by it."""
        read_at = monotonic()
        facts = gather_facts(self._app, call.account_id, call.caller, call.did, presence, now)
        if facts.group.strategy is not HuntStrategy.ROUND_ROBIN or not facts.is_let_in(now):
            return make_plan(facts, now, self._chance).plan
        return self._take_turn(call.account_id, facts, read_at, now).plan

    def _take_turn(self, account_id: int, facts: RouteFacts, read_at: float, now: datetime) -> Decision:
        turns: Turns = self._app.extensions["portal.turns"]

        def decide(last_member_id: int | None) -> Decision:
            group = replace(facts.group, last_member_key=last_member_id)
            return make_plan(replace(facts, group=group), now, self._chance)

        return turns.take(account_id, facts.group, read_at, decide)
