"""The first page."""

from __future__ import annotations

from collections.abc import Sequence

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import signed_in
from portal.accounts.person import SignedIn
from portal.calls.queries import live_calls
from portal.kernel.errors import Forbidden
from portal.kernel.i18n import gettext as _
from portal.overview.figures import Figure, day_figures, delivery_figure, follow_up_figure, money_figure, troubles
from portal.overview.setup import setup_steps
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.webhooks.queries import WebhookRow, webhook_list

feature = Feature("overview", __name__)


@feature.get("/", needs=Permission.SIGNED_IN)
def index() -> ResponseReturnValue:
    person = signed_in()
    if person is None or person.account is None:
        if person is not None and person.is_operator:
            return htmx.go_to(url_for("admin.accounts"))
        raise Forbidden(_("You belong to no company yet. Ask an administrator of yours."))
    webhooks = webhook_list() if Permission.SEE_INTEGRATION in person.permissions else []
    return htmx.render(
        "overview/index.html",
        fragment="overview/_figures.html",
        figures=_figures(person, webhooks),
        troubles=troubles(webhooks),
        steps=setup_steps(webhooks) if Permission.SEE_INTEGRATION in person.permissions else [],
        live_calls=live_calls(),
    )


def _figures(person: SignedIn, webhooks: Sequence[WebhookRow]) -> list[Figure]:
    """Whoever may not open a figure's list is not shown it."""
    figures = [*day_figures(), follow_up_figure()]
    if Permission.SEE_INTEGRATION in person.permissions:
        figures.append(delivery_figure(webhooks))
    if Permission.SEE_MONEY in person.permissions:
        figures.append(money_figure())
    return figures
