"""«Описание»: the API as a page, with the installation's own addresses."""

from __future__ import annotations

from flask.typing import ResponseReturnValue

from portal.public_api.limits import CAPACITY, PER_SECOND
from portal.public_api.reference import ERROR_ANSWER, ERRORS, EVENTS, FIELDS, METHODS
from portal.public_api.samples import samples
from portal.web import htmx
from portal.web.access import Permission
from portal.web.addresses import public_url
from portal.web.feature import Feature

feature = Feature("description", __name__)


@feature.get("/description", needs=Permission.SIGNED_IN)
def index() -> ResponseReturnValue:
    addresses = {method.name: public_url(f"public_api.{method.name}") for method in METHODS}
    return htmx.render(
        "public_api/description.html",
        methods=METHODS,
        addresses=addresses,
        samples={m.name: samples(addresses[m.name], m.example, saves_as=m.saves_as) for m in METHODS},
        fields=FIELDS,
        errors=ERRORS,
        error_answer=ERROR_ANSWER,
        events=EVENTS,
        capacity=CAPACITY,
        per_second=PER_SECOND,
    )
