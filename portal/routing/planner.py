"""Plans real calls: gathers the facts, decides, and moves round robin on."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import replace
from datetime import datetime
from random import Random, SystemRandom

from flask import Flask

from portal.kernel.db import transaction
from portal.routing.deciding import make_plan
from portal.routing.facts import RouteFacts
from portal.routing.known import gather_facts
from portal.routing.models import HuntStrategy
from portal.routing.reading import keep_turn, read_turn
from portal.telephony.engine import IncomingCall, Presence
from portal.telephony.plan import RoutePlan


class Planner:
    """See `portal.telephony.engine.RoutePlanner`. May be asked from any thread, and may take the lookup's budget."""

    def __init__(self, app: Flask, chance: Random | None = None) -> None:
        self._app = app
        self._chance = chance or SystemRandom()

    def plan(self, call: IncomingCall, presence: Mapping[str, Presence], now: datetime) -> RoutePlan:
        """The plan of a call that has just come in; round robin moves on by it."""
        facts = gather_facts(self._app, call.account_id, call.caller, call.did, presence, now)
        if facts.group.strategy is not HuntStrategy.ROUND_ROBIN or not facts.is_let_in(now):
            return make_plan(facts, now, self._chance).plan
        with self._app.app_context(), transaction(call.account_id):
            return self._take_turn(facts, now)

    def _take_turn(self, facts: RouteFacts, now: datetime) -> RoutePlan:
        """Reads the position again under its lock: of two calls at once, the second must see where the first began."""
        group_id, last_member_id = read_turn()
        group = replace(facts.group, last_member_key=last_member_id)
        decision = make_plan(replace(facts, group=group), now, self._chance)
        if decision.begins_with is not None:
            keep_turn(group_id, decision.begins_with)
        return decision.plan
