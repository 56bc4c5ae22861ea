"""North's office for tests of routing: people with phones, receivers, contacts; and calls to plan for."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from dataclasses import dataclass
from datetime import UTC, datetime
from random import Random

from flask import Flask

from portal.contacts.models import Contact, ContactNumber, CrmUser
from portal.kernel.db import transaction
from portal.routing.models import HuntGroup, HuntStrategy
from portal.routing.planner import Planner
from portal.routing.queries import new_contact_group, receivers
from portal.routing.services import set_receivers
from portal.routing.turns import Turns
from portal.telephony.engine import IncomingCall, Presence
from portal.telephony.models import SipLine
from portal.telephony.plan import RoutePlan, StepReason

NOON = datetime(2026, 11, 23, 9, 0, tzinfo=UTC)
"""Noon in Moscow."""
STRANGER = "79039998877"
DID = "74951234567"


@dataclass(frozen=True, slots=True)
class Office:
    """One account's people; `address` and `user` are by name."""

    app: Flask
    account_id: int
    user: Mapping[str, int]
    address: Mapping[str, str]

    def set(self, **settings: object) -> None:
        """Changes the group's settings past the services."""
        with self.app.app_context(), transaction(self.account_id):
            group = new_contact_group()
            for name, value in settings.items():
                setattr(group, name, value)

    def receive(self, *names: str) -> None:
        with self.app.app_context(), transaction(self.account_id):
            set_receivers([self.user[name] for name in names])

    def receivers(self) -> list[str]:
        with self.app.app_context(), transaction(self.account_id, writes=False):
            return [member.crm_user.name for member in receivers(new_contact_group())]

    def know(self, number: str, owner: str) -> None:
        """A contact with this number, looked after by `owner`."""
        with self.app.app_context(), transaction(self.account_id) as session:
            contact = Contact(name="Maria", crm_user_id=self.user[owner], numbers=[ContactNumber(number=number)])
            session.add(contact)

    def call(self, caller: str = STRANGER, at: datetime = NOON) -> IncomingCall:
        return IncomingCall(self.account_id, f"{Random().getrandbits(128):032x}", caller, DID, at)

    def plan(self, caller: str = STRANGER, *, at: datetime = NOON, **absent: Presence) -> RoutePlan:
        """The plan of a call; everybody is online but those named in `absent`."""
        presence = {address: absent.get(name, Presence.ONLINE) for name, address in self.address.items()}
        return Planner(self.app, Random(1)).plan(self.call(caller, at), presence, at)

    def a_moment_later(self) -> None:
        """Where round robin stands is in its row by then."""
        turns: Turns = self.app.extensions["portal.turns"]
        turns.write()

    def row(self) -> HuntGroup:
        with self.app.app_context(), transaction(self.account_id, writes=False):
            return new_contact_group()


def furnish(app: Flask, account_id: int, *names: str, mute: Sequence[str] = ()) -> Office:
    """An office of people with a SIP account each, but for those in `mute`."""
    user: dict[str, int] = {}
    address: dict[str, str] = {}
    with app.app_context(), transaction(account_id) as session:
        for number, name in enumerate(names, 671):
            line = None
            if name not in mute:
                line = SipLine(name=f"SIP/00000000{number}")
                session.add(line)
                session.flush()
                address[name] = line.name
            person = CrmUser(name=name, sip_line_id=line.id if line else None)
            session.add(person)
            session.flush()
            user[name] = person.id
    return Office(app, account_id, user, address)


def rung(plan: RoutePlan, reason: StepReason | None = None) -> list[list[str]]:
    """The names of each step, those who ring together in one list."""
    return [[target.label for target in step.targets] for step in plan.steps if reason in (None, step.reason)]


def first_of(plan: RoutePlan) -> str:
    return plan.steps[0].targets[0].label


STRATEGIES = list(HuntStrategy)
