"""Who may read the figures: this machine itself, or whoever brings the token of the settings."""

from __future__ import annotations

import hmac
import ipaddress

from flask import Response, current_app, request
from flask.typing import ResponseReturnValue

from portal.admin.installation.figures import figures
from portal.admin.metrics.text import MEDIA_TYPE, exposition
from portal.kernel.config import Settings
from portal.kernel.db import transaction
from portal.kernel.errors import NotFound
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.web.meters import RequestMeter

feature = Feature("metrics", __name__)
_FORWARDED = ("X-Forwarded-For", "X-Forwarded-Host", "X-Forwarded-Proto", "Forwarded", "X-Real-IP", "Via")


@feature.get("/metrics", needs=Permission.PUBLIC, writes=False)
def metrics() -> ResponseReturnValue:
    """For everybody else there is no such page."""
    if not (_has_token() or _is_this_machine()):
        raise NotFound
    with transaction(everything="figures of the installation", writes=False):
        found = figures()
    meter: RequestMeter = current_app.extensions["portal.meter"]
    return Response(exposition(found, meter.histograms()), content_type=MEDIA_TYPE)


def _has_token() -> bool:
    settings: Settings = current_app.extensions["portal.settings"]
    brought = request.headers.get("Authorization", "").partition("Bearer ")[2]
    wanted = settings.metrics_token
    return bool(wanted) and hmac.compare_digest(brought.encode(), (wanted or "").encode())


def _is_this_machine() -> bool:
    """Without a proxy between: what one hands on comes from this machine too, whoever asked it."""
    if any(name in request.headers for name in _FORWARDED):
        return False
    try:
        return ipaddress.ip_address(request.remote_addr or "").is_loopback
    except ValueError:
        return False
