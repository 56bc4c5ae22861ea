"""The blueprint of this room, and what its views share."""

from __future__ import annotations

from flask import current_app, request, url_for
from flask.typing import ResponseReturnValue

from portal.kernel.db import db
from portal.kernel.http import Door
from portal.web import htmx
from portal.web.feature import Feature
from portal.web.security import is_own_path
from portal.webhooks import urls, words
from portal.webhooks.models import WebhookSubscription
from portal.webhooks.pages import evidence, panel
from portal.webhooks.pages.forms import WebhookForm
from portal.webhooks.pages.section import webhook_section

feature = Feature("webhooks", __name__, url_prefix="/webhooks")
for _name, _filter in {**words.FILTERS, **evidence.FILTERS, **panel.FILTERS, **urls.FILTERS}.items():
    feature.add_app_template_filter(_filter, _name)
feature.add_app_template_global(words.cause, "failure_cause")
feature.add_app_template_global(words.advice, "failure_advice")
feature.add_app_template_global(evidence.curl, "attempt_as_curl")


def listed(
    message: str,
    hook: WebhookSubscription,
    *,
    fragment: str = "webhooks/_webhook_rows.html",
    undo: str | None = None,
) -> ResponseReturnValue:
    """After a change: the list under htmx, else the page where the form stood."""
    db.session.flush()
    return htmx.done(message, back_to=back(), fragment=fragment, undo=undo, changed=hook.id, **webhook_section())


def refused(form: WebhookForm) -> ResponseReturnValue:
    return htmx.render(
        "webhooks/index.html", fragment="webhooks/_webhook_list.html", status=422, **webhook_section(form)
    )


def back(otherwise: str | None = None) -> str:
    """The page of ours on which the form stood."""
    target = request.values.get("back", "")
    return target if is_own_path(target) else otherwise or url_for(".index")


def door() -> Door:
    door: Door = current_app.extensions["portal.http"]
    return door
