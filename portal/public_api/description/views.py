"""The page, the document, and a form for each call."""

from __future__ import annotations

import json
from dataclasses import replace
from typing import Any

from flask import Response, request
from flask.typing import ResponseReturnValue

from portal.kernel import phone
from portal.kernel.clock import from_unix
from portal.kernel.errors import PortalError
from portal.kernel.tenancy import current_account_id
from portal.public_api import answers
from portal.public_api.description import document
from portal.public_api.description.document import Operation
from portal.public_api.description.feature import feature
from portal.public_api.description.samples import RECORD_ANSWER, call_answer, samples
from portal.public_api.description.trying import Trial, tried, typed
from portal.public_api.limits import CAPACITY, PER_SECOND
from portal.public_api.parameters import Parameters
from portal.web import htmx
from portal.web.access import Permission
from portal.web.addresses import public_root, public_url
from portal.webhooks.models import EventType
from portal.webhooks.wire import get_url, json_body
from portal.webhooks.words import EVENT_LABELS

_RIGHTS = {
    "outcome": Permission.PLACE_CALLS,
    "get_calls": Permission.SEE_CALLS,
    "get_record": Permission.LISTEN,
}
_SAVES_AS = {"get_record": "record.wav"}
_ENDED_AT = 1_795_424_465
_RECEIVER = "https://crm.example/calls.php"


@feature.get("", needs=Permission.SIGNED_IN)
def index() -> ResponseReturnValue:
    return _page()


@feature.get("/openapi.json", needs=Permission.SIGNED_IN)
def openapi() -> ResponseReturnValue:
    text = json.dumps(document.served(public_root()), ensure_ascii=False, indent=1)
    return Response(text, content_type="application/json; charset=utf-8")


@feature.post("/try/get-calls", needs=Permission.SEE_CALLS, writes=False)
def try_get_calls() -> ResponseReturnValue:
    return _try("get_calls", lambda given: answers.get_calls(current_account_id(), given))


@feature.post("/try/get-record", needs=Permission.LISTEN, writes=False)
def try_get_record() -> ResponseReturnValue:
    return _try("get_record", answers.get_record)


@feature.post("/try/outcome", needs=Permission.PLACE_CALLS, writes=False)
def try_outcome() -> ResponseReturnValue:
    if request.form.get("confirmed"):
        return _try("outcome", lambda given: answers.outcome(current_account_id(), given, None))
    try:
        order = answers.read_order(Parameters(request.form), None)
    except PortalError:
        # What is wrong is answered before anybody is asked.
        return _try("outcome", lambda given: answers.outcome(current_account_id(), given, None))
    asks = (phone.display(order.caller), phone.display(order.callee))
    return _page("outcome", Trial(typed(_operations()["outcome"]), asks=asks))


def _try(name: str, answer: Any) -> Response:
    return _page(name, tried(_operations()[name], public_url(f"public_api.{name}"), answer))


def _operations() -> dict[str, Operation]:
    return {operation.name: operation for operation in document.operations()}


def _page(name: str = "", trial: Trial | None = None) -> Response:
    """The page; under htmx the form that was sent, with its answer."""
    operations = _operations()
    tries = {each: Trial(values={"limit": "5"} if each == "get_calls" else {}) for each in operations}
    fragment = f"public_api/_try_{name}.html" if name else None
    return htmx.render(
        "public_api/description.html",
        fragment=fragment,
        operations=operations,
        rights=_RIGHTS,
        tries=tries | ({name: trial} if trial else {}),
        samples={each: _samples(operation) for each, operation in operations.items()},
        answers={each: _answer(operation) for each, operation in operations.items()},
        fields=document.fields(),
        refusals=document.refusals(),
        error_answer=document.error_example(),
        events=[_event(event) for event in document.events()],
        posted=_posted(),
        addresses={each: public_url(f"public_api.{each}") for each in operations},
        capacity=CAPACITY,
        per_second=PER_SECOND,
    )


def _samples(operation: Operation) -> Any:
    url = public_url(f"public_api.{operation.name}")
    return samples(url, operation.query, saves_as=_SAVES_AS.get(operation.name))


def _answer(operation: Operation) -> str:
    if operation.name == "get_calls":
        return call_answer()
    return RECORD_ANSWER if operation.answer is None else json.dumps(operation.answer)


def _event(event: Operation) -> tuple[Operation, str]:
    """The event by the name that its webhook has on the page, and an example of what is sent."""
    label = str(EVENT_LABELS[EventType(event.name)])
    return replace(event, title=label), get_url(_RECEIVER, event.query)


def _posted() -> str:
    """An example of what is sent by POST."""
    [event] = [each for each in document.events() if each.name == EventType.CALL_FINISHED]
    return json_body(EventType.CALL_FINISHED, event.query, from_unix(_ENDED_AT)).decode()
