"""The pages of further groups: the list, and one group with its members and its strategy in one form."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import request
from markupsafe import Markup
from wtforms import SelectField, StringField

from portal.contacts.models import CrmUser
from portal.contacts.phones import PhoneState, phone_state
from portal.contacts.queries import crm_users
from portal.integration.choices import strategy_cards
from portal.integration.endings import ending_choices, ending_value, read_ending
from portal.integration.forms import CHOICE_WORDS, WholeNumber
from portal.kernel import phone
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import lazy_gettext as _l
from portal.routing.models import FallbackKind, HuntGroup
from portal.routing.queries import other_groups, receivers
from portal.routing.services import RING_SECONDS, ROUNDS, TOTAL_SECONDS
from portal.routing.words import describe
from portal.web.editing import EditForm
from portal.web.forms import BaseForm

LIST_PAGE = "integration/groups.html"
PAGE = "integration/group.html"


class NewGroupForm(BaseForm):
    """The name of a new group."""

    name = StringField(_l("Name of the group"), render_kw={"autocomplete": "off", "maxlength": "100"})


class GroupForm(EditForm):
    """A group's settings; its members come as `receiver` (ticked) in the order of `order`."""

    name = StringField(_l("Name of the group"), render_kw={"autocomplete": "off", "maxlength": "100"})
    strategy = SelectField(_l("Strategy"), **CHOICE_WORDS)
    ring_seconds = WholeNumber(_l("Each phone rings, s"), RING_SECONDS)
    rounds = WholeNumber(_l("Rounds"), ROUNDS)
    total_seconds = WholeNumber(_l("In all at most, s"), TOTAL_SECONDS)
    ending = SelectField(_l("When nobody answers"), **CHOICE_WORDS)
    ending_number = StringField(_l("Outside number"), render_kw={"inputmode": "tel", "autocomplete": "off"})

    def __init__(self, group: HuntGroup, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.strategy.choices = [(str(value), card.title) for value, card in strategy_cards().items()]
        self.ending.choices = list(ending_choices(besides=group.id))

    @classmethod
    def of(cls, group: HuntGroup) -> GroupForm:
        """The form as saved."""
        address = group.fallback_address
        data = {
            "name": group.name,
            "strategy": str(group.strategy),
            "ring_seconds": group.ring_seconds,
            "rounds": group.rounds,
            "total_seconds": group.total_seconds,
            "ending": ending_value(group.fallback, address, group.fallback_group_id),
            "ending_number": phone.display(address or "") if group.fallback == FallbackKind.NUMBER else "",
        }
        members = ",".join(str(member.crm_user_id) for member in receivers(group))
        return cls(group, formdata=None, data=data).as_saved(also=members)

    def settings(self) -> dict[str, Any]:
        """What `routing.services.set_strategy` takes. Raises `Refused` at its field."""
        is_number = self.ending.data == FallbackKind.NUMBER
        field = "ending_number" if is_number else "ending"
        try:
            ending = read_ending(self.ending.data, self.ending_number.data or "", field)
        except NotFound as error:
            raise Refused(error.message, field) from None
        return {
            "strategy": self.strategy.data,
            "ring_seconds": self.ring_seconds.data,
            "rounds": self.rounds.data,
            "total_seconds": self.total_seconds.data,
            "fallback": ending.kind,
            "fallback_address": ending.address,
            "fallback_group_id": ending.group_id,
        }


@dataclass(frozen=True, slots=True)
class MemberRow:
    """A CRM user who may be in the group."""

    user: CrmUser
    phone: PhoneState
    is_member: bool


@dataclass(frozen=True, slots=True)
class GroupCard:
    """A group of the list, with what it does in words."""

    group: HuntGroup
    plan: Markup


def groups_page(form: NewGroupForm | None = None, problem: str | None = None) -> dict[str, Any]:
    """The list of further groups; `form` is one that was just refused."""
    cards = [GroupCard(group, describe(group)) for group in other_groups()]
    return {"groups": cards, "form": form or NewGroupForm(formdata=None), "problem": problem}


def group_page(
    group: HuntGroup, form: GroupForm | None = None, members: tuple[Sequence[int], Sequence[int]] | None = None
) -> dict[str, Any]:
    """One group as saved, or as it was typed and refused."""
    chosen = [member.crm_user_id for member in receivers(group)]
    order, ticked = members or (chosen, chosen)
    users = {user.id: user for user in crm_users()}
    shown = [user_id for user_id in dict.fromkeys([*order, *users]) if user_id in users]
    rows = [MemberRow(users[user_id], phone_state(users[user_id]), user_id in ticked) for user_id in shown]
    return {"group": group, "form": form or GroupForm.of(group), "rows": rows, "plan": describe(group)}


def typed_members() -> tuple[list[int], list[int]]:
    """The rows' order and the ticked ones in it, one of them moved where `move` (`ID:up`) says so."""
    order = list(dict.fromkeys(request.form.getlist("order", type=int)))
    ticked = set(request.form.getlist("receiver", type=int))
    order = [*(each for each in order if each in ticked), *(each for each in order if each not in ticked)]
    name, _colon, way = request.form.get("move", "").partition(":")
    here = order.index(int(name)) if name.isascii() and name.isdigit() and int(name) in order else None
    if here is not None and way in ("up", "down"):
        there = here + (1 if way == "down" else -1)
        if 0 <= there < len(order):
            order[here], order[there] = order[there], order[here]
    return order, [each for each in order if each in ticked]
