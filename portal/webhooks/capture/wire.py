"""What each parameter of a webhook means, for whoever sees one arrive."""

from __future__ import annotations

import json
from dataclasses import dataclass
from urllib.parse import parse_qsl

from portal.kernel.i18n import lazy_gettext as _l

MEANINGS = {
    "num_a": _l("who calls"),
    "code_name_num_a": _l("the caller's name in the address book"),
    "num_m": _l("the public number that was dialled"),
    "num_b": _l("who is called, or who answered"),
    "code_name_num_b": _l("the name of who is called"),
    "setup_time": _l("when the call began, UNIX seconds"),
    "connection_time": _l("how long the two talked, seconds"),
    "waiting_time": _l("how long the caller waited, seconds"),
    "api_call_id": _l("the call's own id: the same in each of its notices"),
    "price": _l("what the call cost"),
    "type": _l("the event"),
    "timestamp": _l("when it happened"),
}


@dataclass(frozen=True, slots=True)
class Told:
    """One parameter that came."""

    name: str
    value: str
    meaning: str


def told(query: str, body: str) -> list[Told]:
    """The parameters of the query, then those of a body: JSON, or a form."""
    pairs = parse_qsl(query, keep_blank_values=True)[:100]
    try:
        content = json.loads(body) if body else {}
    except (ValueError, RecursionError):
        content = None
        pairs += parse_qsl(body, keep_blank_values=True)[:100]
    if isinstance(content, dict):
        data = content.pop("data", {})
        pairs += [(name, _text(value)) for name, value in content.items()]
        pairs += [(name, _text(value)) for name, value in (data.items() if isinstance(data, dict) else ())]
    return [Told(name, value, str(MEANINGS.get(name, ""))) for name, value in pairs[:100]]


def _text(value: object) -> str:
    return value if isinstance(value, str) else json.dumps(value, ensure_ascii=False)
