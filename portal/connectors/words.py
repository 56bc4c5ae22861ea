"""The room's words: what is wrong with a CRM and what to do, what becomes of a user that is brought."""

from __future__ import annotations

from portal.contacts.services.crm_people import Fate
from portal.kernel.http import Trouble
from portal.kernel.i18n import gettext as _


def trouble_word(trouble: str) -> str:
    """What is wrong, in words that say what to do."""
    return _words()[Trouble(trouble)]


def _words() -> dict[Trouble, str]:
    return {
        Trouble.UNREACHABLE: _("It cannot be reached: check the address, or wait until its server is back."),
        Trouble.SILENT: _("It does not answer in time."),
        Trouble.KEY_REFUSED: _("It does not let us in: connect it with a key that is valid."),
        Trouble.FORBIDDEN: _("It knows us, but we may not do this: give the key the rights of an administrator."),
        Trouble.UNPAID: _("It says that it has not been paid for."),
        Trouble.TOO_MANY: _("It asks us to come less often; what waits goes later by itself."),
        Trouble.FAULT: _("It has a fault of its own; what waits goes later by itself."),
        Trouble.NONSENSE: _("What it answers is not what its API says: check the address."),
        Trouble.ADDRESS: _("This address may not be reached from here."),
        Trouble.NOT_AUTHORISED: _("Nobody has let our application in yet."),
        Trouble.NO_APPLICATION: _(
            "It takes calls and shows cards for applications only: connect it as an application."
        ),
        Trouble.REFUSED: _("It finds fault with this call."),
        Trouble.UNKNOWN_NUMBER: _("It has no contact with this number."),
        Trouble.NO_USER: _("It does not say in whose name the call could be written: bring its users in here."),
        Trouble.TOO_OLD: _("It could not be told for three days."),
    }


def fate_word(fate: Fate) -> str:
    """What bringing a person in does."""
    return {
        Fate.NEW: _("is added"),
        Fate.LINKED: _("is here already, and is joined"),
        Fate.RENAMED: _("gets the CRM's name"),
        Fate.BACK: _("was removed here, and comes back with all that was kept"),
        Fate.SAME: _("is here as in the CRM"),
        Fate.GONE: _("is not in the CRM any more"),
    }[fate]
