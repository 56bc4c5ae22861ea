"""Where a record is heard from the CRM's card: no sign-in; the token in the address is all there is."""

from __future__ import annotations

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from portal.connectors.records import PREFIX, account_of_link, call_of_link
from portal.kernel import tenancy
from portal.kernel.actor import Actor, set_actor
from portal.kernel.db import db
from portal.kernel.errors import NotFound
from portal.kernel.tenancy import Scope
from portal.recordings import serving
from portal.recordings.queries import recording_of
from portal.web.access import Permission
from portal.web.feature import Feature


class RecordDoor:
    """Lets everybody in and asks for nobody: see `web.access.Door`."""

    def enter(self, needs: Permission) -> None:
        """Whoever has the link may hear."""


inlet = Feature("crm_records", __name__, url_prefix=PREFIX, door=RecordDoor(), locale="en")


@inlet.get("/<string:token>", needs=Permission.PUBLIC)
def hear(token: str) -> ResponseReturnValue:
    """The audio; who listened is noted as the CRM."""
    vault = current_app.extensions["portal.vault"]
    account_id = account_of_link(vault, token)
    set_actor(Actor("CRM", address=request.remote_addr))
    tenancy.enter(db.session(), Scope(account_id=account_id))
    recording = recording_of(call_of_link(vault, token))
    if recording is None:
        raise NotFound
    return serving.respond(recording)


def plain(status: int) -> Response:
    """A word for a program."""
    return Response(f"{status}\n", status, mimetype="text/plain")
