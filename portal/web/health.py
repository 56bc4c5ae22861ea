"""For operators' probes: alive, and ready to serve."""

from __future__ import annotations

import structlog
from flask import Response, current_app
from flask.typing import ResponseReturnValue

from portal.kernel.readiness import NotReadyError, check_database
from portal.web.access import Permission
from portal.web.feature import Feature

feature = Feature("health", __name__)
log = structlog.get_logger(__name__)


@feature.get("/healthz", needs=Permission.PUBLIC)
def healthz() -> ResponseReturnValue:
    return Response("ok\n", content_type="text/plain; charset=utf-8")


@feature.get("/readyz", needs=Permission.PUBLIC)
def readyz() -> ResponseReturnValue:
    try:
        check_database(current_app._get_current_object())  # type: ignore[attr-defined]  # noqa: SLF001
    except NotReadyError as error:
        # What is wrong names files, servers and users: for the operator's log, not for everybody.
        log.warning("not_ready", reason=str(error))
        return Response("not ready\n", 503, content_type="text/plain; charset=utf-8")
    return Response("ready\n", content_type="text/plain; charset=utf-8")
