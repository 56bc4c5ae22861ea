"""A planner that always answers: where it cannot, with what it last said of engine errors on this line."""

from __future__ import annotations

import logging
from collections.abc import Callable, Mapping
from datetime import datetime

from portal.telephony.engine import IncomingCall, Presence, RoutePlanner
from portal.telephony.plan import Fallback, FallbackCause, RoutePlan, plan_for_engine_error

log = logging.getLogger(__name__)


class LastResorts:
    """May be asked from any thread; never raises."""

    def __init__(self, planner: RoutePlanner) -> None:
        self._planner = planner
        self._last: dict[tuple[int, str], Fallback] = {}

    def plan(self, call: IncomingCall, presence: Callable[[], Mapping[str, Presence]], now: datetime) -> RoutePlan:
        """The planner's word, or the line's last resort; `presence` is asked for here, since it may fail too."""
        line = (call.account_id, call.did)
        try:
            plan = self._planner.plan(call, presence(), now)
        except Exception:
            log.exception("call %s: could not be routed", call.api_call_id)
            return plan_for_engine_error(self._last.get(line, Fallback()))
        self._last[line] = plan.fallback(FallbackCause.ENGINE_ERROR)
        return plan
