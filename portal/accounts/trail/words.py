"""What was done, in words: the thing and the act, as an action's code names them (`webhook.add`)."""

from __future__ import annotations

from portal.kernel.actor import SYSTEM
from portal.kernel.i18n import gettext as _


def action_label(action: str) -> str:
    """`Webhook: added`; the code itself for an action that nobody has named."""
    thing, _dot, act = action.partition(".")
    thing_word, act_word = things().get(thing), _acts().get(act)
    return f"{thing_word}: {act_word}" if thing_word and act_word else action


def who_label(actor: str | None) -> str:
    """A person by the name that was noted; a word for the installation itself, and a dash for nobody."""
    return _("the cabinet itself") if actor == SYSTEM.name else actor or "–"


def things() -> dict[str, str]:
    """What can be acted upon: the part of an action's code before its dot."""
    return {**_things_of_the_company(), **_things_of_calls(), **_things_of_money()}


def _things_of_the_company() -> dict[str, str]:
    return {
        "account": _("Company"),
        "company": _("Company's details"),
        "user": _("User"),
        "visit": _("Operator in the account"),
        "mail": _("Mail"),
        "contact-person": _("Contact person"),
        "second-factor": _("Second factor"),
        "audit": _("Audit"),
        "api_key": _("API key"),
        "webhook": _("Webhook"),
        "crm": _("CRM"),
        "crm_user": _("CRM user"),
        "receivers": _("Who takes new callers"),
        "strategy": _("Strategy"),
        "fallbacks": _("When nobody answers"),
        "known_contacts": _("Known contacts"),
        "group": _("Group"),
        "hours": _("Working hours"),
        "blacklist": _("Blacklist"),
        "contact": _("Contact"),
        "contacts": _("Address book"),
        "offer": _("Offer"),
        "support": _("Question to the operator"),
        "job": _("Task"),
    }


def _things_of_calls() -> dict[str, str]:
    return {
        "call": _("Call"),
        "calls": _("Call log"),
        "log": _("Call log"),
        "tag": _("Tag"),
        "view": _("View"),
        "follow_up": _("Missed call"),
        "record": _("Record"),
        "records": _("Records"),
        "provider": _("Provider"),
        "did": _("Number"),
        "line": _("SIP account"),
        "sip_line": _("SIP account"),
        "sandbox_phone": _("Sandbox phone"),
    }


def _things_of_money() -> dict[str, str]:
    return {
        "payment": _("Payment"),
        "card-payment": _("Payment by card"),
        "bill": _("Bill"),
        "paper": _("Document"),
        "papers": _("Documents"),
        "ledger": _("Money"),
        "money": _("Money"),
        "fee": _("Monthly fee"),
        "tariff": _("Tariff"),
    }


def _acts() -> dict[str, str]:
    return {
        **_acts_on_things(),
        **_acts_on_webhooks(),
        **_acts_on_money(),
        **_acts_of_people(),
        **_acts_on_calls(),
        **_acts_on_the_crm(),
    }


def _acts_on_things() -> dict[str, str]:
    return {
        "add": _("added"),
        "exception.add": _("exception added"),
        "exception.remove": _("exception deleted"),
        "exception.restore": _("exception restored"),
        "change": _("changed"),
        "edit": _("changed"),
        "set": _("changed"),
        "details": _("changed"),
        "columns": _("columns chosen"),
        "default": _("made the first one"),
        "rename": _("renamed"),
        "save": _("saved"),
        "move": _("moved"),
        "merge": _("merged"),
        "remove": _("deleted"),
        "delete": _("deleted"),
        "restore": _("restored"),
        "undo": _("change taken back"),
        "open": _("opened"),
        "block": _("blocked"),
        "unblock": _("let work again"),
        "reveal": _("shown"),
        "rotate": _("replaced"),
        "revoke": _("revoked"),
        "end": _("ended"),
        "cancel": _("cancelled"),
        "export": _("exported"),
        "bring-file": _("file brought"),
        "import": _("imported"),
        "import-columns": _("columns of the file chosen"),
        "import-undo": _("import taken back"),
        "credit": _("credited"),
        "adjust": _("corrected"),
        "accept": _("accepted"),
        "answer": _("answered"),
        "ask": _("asked"),
        "attach": _("files sent along"),
    }


def _acts_on_the_crm() -> dict[str, str]:
    return {
        "connect": _("connected"),
        "disconnect": _("disconnected"),
        "switch": _("changed"),
        "bring": _("brought from the CRM"),
        "take-back": _("bringing taken back"),
        "write-again": _("to be written again"),
    }


def _acts_on_webhooks() -> dict[str, str]:
    return {
        "catch-up": _("what was missed is sent"),
        "clear-capture": _("capture page cleared"),
        "open-capture": _("capture page opened"),
        "repeat": _("repeated"),
        "repeat-failed": _("what failed is repeated"),
        "reveal-secret": _("secret shown"),
        "reveal-keys": _("keys of a request shown"),
        "rotate-secret": _("secret replaced"),
        "resume": _("goes on"),
        "switch-off": _("switched off"),
    }


def _acts_on_money() -> dict[str, str]:
    return {
        "receipt-refused": _("the cash register made no receipt"),
        "rerate": _("calls charged anew"),
        "rerate-preview": _("charging anew looked at"),
        "rerate-drop": _("charging anew dropped"),
        "warnings": _("warnings changed"),
        "assign": _("assigned"),
        "publish": _("version published"),
        "withdraw": _("version taken back"),
        "take-back": _("taken back"),
        "post": _("posted"),
        "rotate-inlet": _("address of its notices replaced"),
        "begin": _("begun"),
        "state": _("new state"),
        "refund": _("paid back"),
        "payment-undone": _("payment taken back"),
        "issue": _("issued"),
        "archive": _("archive asked for"),
    }


def _acts_of_people() -> dict[str, str]:
    return {
        "second-factor": _("second factor asked of everybody, or not"),
        "codes": _("new backup codes"),
        "disable": _("let in no more"),
        "enable": _("let in again"),
        "invite": _("invited"),
        "uninvite": _("invitation taken back"),
        "join": _("joined"),
        "password": _("password changed"),
        "password-reset": _("password chosen anew by a link"),
        "reset-link": _("link for a new password made"),
        "role": _("role changed"),
        "sign-in": _("signed in"),
        "profile": _("own data changed"),
        "email": _("e-mail changed"),
        "time-zone": _("time zone changed"),
    }


def _acts_on_calls() -> dict[str, str]:
    return {
        "hang_up": _("hung up"),
        "note": _("note written"),
        "originate": _("placed"),
        "tag": _("tagged"),
        "untag": _("tag taken off"),
        "test": _("test sent"),
        "now": _("tried at once"),
        "discard": _("thrown away"),
        "duty": _("duty changed"),
        "import": _("imported"),
        "map": _("phone chosen"),
        "mobile": _("mobile changed"),
        "assign": _("handed to somebody"),
        "close": _("closed"),
        "due": _("due time changed"),
        "reopen": _("opened again"),
        "rules": _("rules changed"),
        "archive": _("packed"),
        "expired": _("deleted for age"),
        "retention": _("storage time changed"),
    }
