"""Where YooKassa tells of payments: no page, no sign-in. Nothing that a notice says is believed: see `asking.heard`."""

from __future__ import annotations

from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.invoicing.cards import asking
from portal.kernel.errors import Unavailable
from portal.web.access import Permission
from portal.web.feature import Feature

PREFIX = "/notices/yookassa"
_LONGEST_ID = 64


class OpenDoor:
    """Lets everybody in and asks for nobody: see `web.access.Door`."""

    def enter(self, needs: Permission) -> None:
        """Whoever sends here is a program."""


notices = Feature("card_notices", __name__, url_prefix=PREFIX, door=OpenDoor(), locale="ru")


@notices.post("", needs=Permission.PUBLIC, writes=False)
def receive() -> ResponseReturnValue:
    """200: heard, or nobody's; 400: no notice; 503: to be sent again."""
    found = _named(request.get_json(silent=True))
    if found is None:
        return plain(400)
    try:
        asking.heard(*found)
    except Unavailable:
        return plain(503)
    return plain(200)


def plain(status: int) -> Response:
    """An answer for a program."""
    return Response(f"{status}\n", status, mimetype="text/plain")


def _named(said: Any) -> tuple[str, str] | None:
    """The payment's name at the service and ours, out of a notice of a payment or of a refund."""
    if not isinstance(said, dict) or not isinstance(said.get("object"), dict):
        return None
    told = said["object"]
    is_refund = str(said.get("event", "")).startswith("refund.")
    provider_id = told.get("payment_id") if is_refund else told.get("id")
    metadata = told.get("metadata")
    reference = metadata.get("reference") if isinstance(metadata, dict) else ""
    if not isinstance(provider_id, str) or not 0 < len(provider_id) <= _LONGEST_ID:
        return None
    if not provider_id.replace("-", "").isalnum() or not provider_id.isascii():
        return None
    return provider_id, reference if isinstance(reference, str) and len(reference) <= _LONGEST_ID else ""
