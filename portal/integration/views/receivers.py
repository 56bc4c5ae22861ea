"""Who takes calls of new contacts, in which order."""

from __future__ import annotations

from collections.abc import Sequence

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.contacts.queries import crm_users
from portal.integration.feature import feature
from portal.integration.sections import listed, receivers_section, saved_receivers, show
from portal.kernel.errors import NotFound
from portal.kernel.i18n import gettext as _
from portal.routing import services
from portal.routing.queries import new_contact_group
from portal.web import htmx
from portal.web.access import Permission
from portal.web.forms import row_id

FRAGMENT = "_receivers.html"


@feature.post("/receivers", needs=Permission.MANAGE_INTEGRATION)
def save_receivers() -> ResponseReturnValue:
    order, chosen = _typed()
    saved = listed(saved_receivers(locks=True))
    if request.form.get("based_on", saved) != saved:
        problem = _("Somebody else has changed the receivers meanwhile. Nothing was saved; save again to put yours.")
        return show(FRAGMENT, receivers_section(order, chosen, problem=problem), 409)
    if not set(chosen) <= {user.id for user in crm_users()}:
        raise NotFound
    chosen = _moved(chosen, request.form.get("move", ""))
    services.set_receivers(chosen)
    context = receivers_section() if htmx.wants_fragment() else {}
    return htmx.done(
        _told(chosen),
        back_to=url_for("integration.index", _anchor="receivers"),
        fragment=f"integration/{FRAGMENT}",
        announces="receivers-changed",
        undo=url_for("integration.undo_group", group_id=new_contact_group().id, back="receivers"),
        **context,
    )


@feature.post("/receivers/draft", needs=Permission.MANAGE_INTEGRATION, writes=False)
def draft_receivers() -> ResponseReturnValue:
    """The section with the present CRM users and the ticks as they stand on the page: saves nothing."""
    return show(FRAGMENT, receivers_section(*_typed()))


def _typed() -> tuple[list[int], list[int]]:
    """The rows' order, and the chosen ones of them in that order. What is no number was never ours."""
    order = request.form.getlist("order", type=int)
    ticked = request.form.getlist("receiver", type=int)
    return order, [user_id for user_id in dict.fromkeys([*order, *ticked]) if user_id in set(ticked)]


def _moved(chosen: Sequence[int], move: str) -> list[int]:
    """`move` is `ID:up` or `ID:down`; at the end of the list, or for anything else, nothing moves."""
    name, _colon, way = move.partition(":")
    user_id, moved = row_id(name), list(chosen)
    if user_id is None or user_id not in moved or way not in ("up", "down"):
        return moved
    here = moved.index(user_id)
    there = here - 1 if way == "up" else here + 1
    if 0 <= there < len(moved):
        moved[here], moved[there] = moved[there], moved[here]
    return moved


def _told(chosen: Sequence[int]) -> str:
    names = {user.id: user.name for user in crm_users()}
    if not chosen:
        return _("Saved: nobody takes calls of new contacts.")
    return _("Saved. Order: %(names)s.", names=", ".join(names[user_id] for user_id in chosen))
