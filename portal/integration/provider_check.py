"""The check of a provider's connection: what was tried, one thing after another, and what came of each."""

from __future__ import annotations

from dataclasses import dataclass

from portal.integration.provider import trouble_word
from portal.kernel.http import ServiceTrouble, Trouble
from portal.kernel.i18n import gettext as _
from portal.telephony.engines.provider.client import Client

_NOT_REACHED = frozenset({Trouble.UNREACHABLE, Trouble.SILENT, Trouble.ADDRESS})
_NOT_LET_IN = frozenset({Trouble.KEY_REFUSED, Trouble.FORBIDDEN})


@dataclass(frozen=True, slots=True)
class Step:
    """One thing that was tried. `text` says in words what came of it."""

    name: str
    is_good: bool
    text: str


def check_in_steps(client: Client) -> list[Step]:
    """Asks for one call. The steps up to the first that failed, or all of them; raises nothing of the provider's."""
    try:
        count = client.check()
    except ServiceTrouble as failure:
        return _steps_to(failure)
    found = _("It answers, and tells of calls.") if count else _("It answers; there are no calls yet.")
    return [_reached(), Step(_("Key"), True, _("It was accepted.")), Step(_("List of calls"), True, found)]


def _steps_to(failure: ServiceTrouble) -> list[Step]:
    said = f"{trouble_word(failure.trouble)} ({failure.detail})"
    if failure.trouble in _NOT_REACHED:
        return [Step(_("Connection"), False, said)]
    if failure.trouble in _NOT_LET_IN:
        return [_reached(), Step(_("Key"), False, said)]
    return [_reached(), Step(_("List of calls"), False, said)]


def _reached() -> Step:
    return Step(_("Connection"), True, _("The server was reached."))
