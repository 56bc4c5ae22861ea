"""The page of known contacts: whom their calls ring, who is asked for it, how the CRM answers."""

from __future__ import annotations

from dataclasses import dataclass
from typing import Any

from flask import request
from wtforms import RadioField, StringField

from portal.integration.forms import CHOICE_WORDS, WholeNumber
from portal.kernel.clock import now
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.routing.known_rules import BUDGET_MS, LAST_TALK_HOURS, OWNER_SECONDS, known_contact_rules
from portal.routing.lookup import crm_at_hand
from portal.routing.lookup.state import lookup_state
from portal.routing.lookup.words import answer_in_words
from portal.routing.models import ContactSource, OwnerMode
from portal.routing.queries import new_contact_group
from portal.web.editing import EditForm

PAGE = "integration/known_contacts.html"


class KnownContactsForm(EditForm):
    """How calls of known contacts go. The sources come as `source` (ticked) in the order of `order`."""

    mode = RadioField(_l("What the CRM user's phone does"), **CHOICE_WORDS)
    owner_seconds = WholeNumber(_l("It rings, s"), OWNER_SECONDS)
    last_talk_hours = WholeNumber(_l("Who talked last: within, h"), LAST_TALK_HOURS)
    budget_ms = WholeNumber(_l("Everybody who is asked has together, ms"), BUDGET_MS)
    lookup_url = StringField(
        _l("URL of the CRM"), render_kw={"inputmode": "url", "autocomplete": "off", "spellcheck": "false"}
    )

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.mode.choices = [
            (OwnerMode.FIRST, _("Rings first, then the others")),
            (OwnerMode.TOGETHER, _("Rings together with the others")),
            (OwnerMode.ONLY, _("Rings alone; the others do not")),
            (OwnerMode.OFF, _("Nothing special: known contacts are treated as new ones")),
        ]

    @classmethod
    def saved(cls) -> KnownContactsForm:
        """The form as saved."""
        rules = known_contact_rules()
        data = {
            "mode": str(rules.mode),
            "owner_seconds": new_contact_group().owner_seconds,
            "last_talk_hours": rules.last_talk_hours,
            "budget_ms": rules.budget_ms,
            "lookup_url": rules.lookup_url,
        }
        return cls(formdata=None, data=data).as_saved(also=",".join(rules.sources))


@dataclass(frozen=True, slots=True)
class SourceRow:
    """Somebody who may know the caller's CRM user."""

    source: ContactSource
    title: str
    text: str
    is_asked: bool


def typed_sources() -> tuple[list[str], list[str]]:
    """The order of the rows and the ticked ones in it, one of them moved where `move` (`NAME:up`) says so."""
    order = [each for each in dict.fromkeys(request.form.getlist("order")) if each in list(ContactSource)]
    order += [each.value for each in ContactSource if each.value not in order]
    name, _colon, way = request.form.get("move", "").partition(":")
    if name in order and way in ("up", "down"):
        here = order.index(name)
        there = here + (1 if way == "down" else -1)
        if 0 <= there < len(order):
            order[here], order[there] = order[there], order[here]
    ticked = request.form.getlist("source")
    return order, [each for each in order if each in ticked]


def known_contacts_page(
    form: KnownContactsForm | None = None, sources: tuple[list[str], list[str]] | None = None
) -> dict[str, Any]:
    """The page as saved, or as it was typed and refused."""
    rules = known_contact_rules()
    saved = list(rules.sources)
    order, asked = sources or ([*saved, *(each.value for each in ContactSource if each.value not in saved)], saved)
    state = lookup_state()
    return {
        "form": form or KnownContactsForm.saved(),
        "sources": [SourceRow(ContactSource(each), *_words(ContactSource(each)), each in asked) for each in order],
        "state": state,
        "crm_title": crm_at_hand().title(),
        "answer": answer_in_words(state, rules.budget_ms) if state is not None else None,
        "is_resting": state is not None and state.open_until is not None and state.open_until > now(),
    }


def _words(source: ContactSource) -> tuple[str, str]:
    match source:
        case ContactSource.ADDRESS_BOOK:
            return _("Address book"), _("The CRM user who looks after the contact")
        case ContactSource.LAST_TALK:
            return _("Last talk"), _("Whoever talked with this number last")
        case ContactSource.LOOKUP:
            title = crm_at_hand().title()
            text = _("Asked while the caller waits: %(name)s", name=title) if title else None
            return _("The CRM"), text or _("Asked at its URL while the caller waits")
