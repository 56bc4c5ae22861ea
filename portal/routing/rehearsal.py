"""What would happen to a call: the same facts, the same decision and the same machine as of a real one."""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from random import Random, SystemRandom

from flask import Flask

from portal.routing.deciding import make_plan
from portal.routing.facts import RouteFacts
from portal.routing.known import gather_facts
from portal.telephony.control.rehearse import play_unanswered
from portal.telephony.engine import CallSnapshot, IncomingCall, Presence
from portal.telephony.plan import RoutePlan

_NO_CALL = "0" * 32


@dataclass(frozen=True, slots=True)
class Rehearsal:
    """`call` is how it would be written down if nobody answered; `facts` and `plan` say why."""

    facts: RouteFacts
    plan: RoutePlan
    call: CallSnapshot
    at: datetime


def rehearse(
    app: Flask,
    account_id: int,
    caller: str,
    did: str,
    presence: Mapping[str, Presence],
    at: datetime,
    chance: Random | None = None,
) -> Rehearsal:
    """A call from `caller` ("" where withheld) to `did` at `at`, with the phones as they are in `presence`.

    Nothing is kept of it but a CRM's answer, which the next call may use: round robin stays where it is. No
    transaction may be open.
    """
    facts = gather_facts(app, account_id, caller, did, presence, at)
    plan = make_plan(facts, at, chance or SystemRandom()).plan
    call = play_unanswered(IncomingCall(account_id, _NO_CALL, caller, did, at), plan, presence)
    return Rehearsal(facts, plan, call, at)
