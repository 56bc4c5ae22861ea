"""«Описание»: the API as a page, with the account's own addresses."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.public_api.reference import ERRORS, EVENTS, FIELDS, METHODS
from portal.web import htmx
from portal.web.access import Permission
from portal.web.addresses import public_root
from portal.web.feature import Feature

feature = Feature("description", __name__)


@feature.get("/description", needs=Permission.SIGNED_IN)
def index() -> ResponseReturnValue:
    return htmx.render(
        "public_api/description.html",
        methods=METHODS,
        fields=FIELDS,
        errors=ERRORS,
        events=EVENTS,
        base=public_root(),
    )
