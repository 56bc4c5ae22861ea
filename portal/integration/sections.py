"""What each section of the page shows. A section is drawn the same in the page and as a fragment of its own."""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass
from typing import Any

from flask import Response
from markupsafe import Markup

from portal.accounts.api_keys import KeyView, working_keys
from portal.accounts.api_keys.named import named_keys
from portal.accounts.models import ApiKey
from portal.calls.queries import live_calls
from portal.contacts.models import CrmUser
from portal.contacts.phones import PhoneState, phone_state
from portal.contacts.queries import crm_users
from portal.integration.checks import mapping_checks
from portal.integration.choices import StrategyCard, scope_words, strategy_cards
from portal.integration.forms import RotateForm, StrategyForm
from portal.integration.mapping import mapping_section
from portal.integration.rehearsing import rehearsal_section
from portal.integration.ways import ways
from portal.kernel import phone
from portal.kernel.clock import now
from portal.kernel.db import db
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.routing.known_rules import known_contact_rules
from portal.routing.models import FallbackKind, HuntGroup, HuntStrategy, OwnerMode
from portal.routing.queries import find_group, new_contact_group, receivers
from portal.routing.words import describe, describe_owner
from portal.web import htmx
from portal.webhooks.pages.section import webhook_section

PAGE = "integration/index.html"


def show(fragment: str, section: dict[str, Any], status: int = 200) -> Response:
    """One section; without htmx the whole page with this section in it."""
    context = section if htmx.wants_fragment() else page_sections() | section
    return htmx.render(PAGE, fragment=f"integration/{fragment}", status=status, **context)


def page_sections() -> dict[str, Any]:
    """All sections as saved, and the calls that last: whoever changes how phones ring wants to hear them ring."""
    return (
        {"live_calls": live_calls(), "checks": mapping_checks(), "ways": ways()}
        | key_section()
        | more_keys_section()
        | mapping_section()
        | receivers_section()
        | strategy_section()
        | webhook_section()
        | rehearsal_section()
    )


@dataclass(frozen=True, slots=True)
class KeySection:
    """The current key, those that still work beside it, and the current one in plain where it was asked for."""

    current: KeyView | None
    replaced: Sequence[KeyView]
    rotate: RotateForm
    revealed: str | None


@dataclass(frozen=True, slots=True)
class NamedKeyRow:
    """A further key as the list shows it; `scopes` in the reader's words."""

    key: ApiKey
    scopes: Sequence[str]
    is_expired: bool


def more_keys_section() -> dict[str, Any]:
    """The further keys."""
    return {"more_keys": [_named_key_row(key) for key in named_keys()]}


def _named_key_row(key: ApiKey) -> NamedKeyRow:
    words = scope_words()
    is_expired = key.expires_at is not None and key.expires_at <= now()
    return NamedKeyRow(key, [words[scope] for scope in key.scopes or ()], is_expired)


def key_section(rotate: RotateForm | None = None, *, revealed: str | None = None) -> dict[str, Any]:
    """The section of the key; `rotate` is a form that was just refused."""
    keys = working_keys()
    current = next((key for key in keys if key.expires_at is None), None)
    rotate = rotate or RotateForm(formdata=None)
    rotate.replaces.data = str(current.id) if current else ""
    return {"key": KeySection(current, [key for key in keys if key is not current], rotate, revealed)}


@dataclass(frozen=True, slots=True)
class ReceiverRow:
    """A CRM user who may take calls of new contacts. `place` counts the chosen ones from 1."""

    user: CrmUser
    phone: PhoneState
    place: int | None


@dataclass(frozen=True, slots=True)
class ReceiversSection:
    """All that `_receivers.html` shows; `based_on` is what the person sees, to be sent back with the form."""

    rows: Sequence[ReceiverRow]
    chosen_count: int
    based_on: str
    problem: str | None


def receivers_section(
    order: Sequence[int] | None = None, chosen: Sequence[int] | None = None, *, problem: str | None = None
) -> dict[str, Any]:
    """The receivers as saved, or in the order and with the ticks of a form; who is not chosen stands below."""
    saved = saved_receivers()
    places = {user_id: place for place, user_id in enumerate(saved if chosen is None else chosen, 1)}
    if order is None:
        order = saved
    users = {user.id: user for user in crm_users()}
    shown = [user_id for user_id in dict.fromkeys([*order, *users]) if user_id in users]
    rows = [ReceiverRow(users[user_id], phone_state(users[user_id]), places.get(user_id)) for user_id in shown]
    return {"receivers": ReceiversSection(rows, len(places), listed(saved), problem)}


def saved_receivers(*, locks: bool = False) -> list[int]:
    """The ids of the CRM users who take calls of new contacts, in order; `locks` as in `new_contact_group`."""
    return [member.crm_user_id for member in receivers(new_contact_group(locks=locks))]


def listed(user_ids: Sequence[int]) -> str:
    """A list of ids as a hidden field carries it; never empty, so that a missing field is known from an empty list."""
    return ",".join(map(str, user_ids)) or "none"


@dataclass(frozen=True, slots=True)
class StrategySection:
    """All that `_strategy.html` shows. `plan` says what will happen; in a conflict `present` says what is saved."""

    form: StrategyForm
    cards: dict[HuntStrategy, StrategyCard]
    plan: Markup
    owner: Markup
    present: Markup | None


def strategy_section(form: StrategyForm | None = None, *, present: Markup | None = None) -> dict[str, Any]:
    """The strategy as saved, or as it was typed and refused."""
    group = new_contact_group()
    saved = StrategyForm.of(group)
    section = StrategySection(form or saved, strategy_cards(), describe(group), owner_sentence(group), present)
    return {"strategy": section, "plan": section.plan, "owner_plan": section.owner}


def owner_sentence(group: HuntGroup) -> Markup:
    """What is done with the CRM user who looks after a caller."""
    return describe_owner(group, OwnerMode(known_contact_rules().mode))


def described_as(settings: dict[str, Any]) -> HuntGroup:
    """The group as it would be with these settings; nothing is saved by it. Raises `Refused` for a wrong number."""
    address = settings["fallback_address"]
    if settings["fallback"] == FallbackKind.NUMBER:
        settings = settings | {"fallback_address": phone.normalise(address or "")}
    elif settings["fallback"] == FallbackKind.SIP_LINE and not address:
        raise Refused(_("Say where the call goes then."))
    elif settings["fallback"] == FallbackKind.GROUP:
        find_group(settings["fallback_group_id"] or 0)
    group = new_contact_group()
    db.session.expunge(group)
    for name, value in settings.items():
        setattr(group, name, value)
    return group
