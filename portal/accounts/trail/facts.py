"""What stands before and after an act, in words: facts as `audit(..., before=, after=)` gives them.

The rows, their chain and the export keep the codes: words change with a release, what was written does not.
"""

from __future__ import annotations

from typing import Any

from portal.accounts.roles import Role, role_label
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l

# Looked up one by one: a page of the audit has some hundred facts.
_LABELS = {
    "name": _l("Name"),
    "email": _l("E-mail"),
    "phone": _l("Phone"),
    "position": _l("Job title"),
    "matter": _l("Answers for"),
    "role": _l("Role"),
    "by": _l("How"),
    "locale": _l("Language"),
    "theme": _l("Theme"),
    "unwanted_mail": _l("Unwanted mail"),
    "is_operator": _l("Operator"),
    "reason": _l("Reason"),
    "asked": _l("Asked for"),
    "account": _l("Company"),
    "company": _l("Company"),
    "time_zone": _l("Time zone"),
    "inn": _l("INN"),
    "kpp": _l("KPP"),
    "ogrn": _l("OGRN or OGRNIP"),
    "address": _l("Legal address"),
    "papers_email": _l("E-mail for papers"),
    "signatory": _l("Who signs"),
    "scopes": _l("Rights"),
    "networks": _l("Networks"),
    "expires_at": _l("Valid until"),
    "is_bearer": _l("Only in the header"),
    "overlap_hours": _l("The former works for, hours"),
    "overlap_seconds": _l("The former works for, seconds"),
    "numbers": _l("Numbers"),
    "note": _l("Note"),
    "mobile": _l("Mobile"),
    "is_on_duty": _l("On duty"),
    "label": _l("Label"),
    "owner": _l("Who looks after them"),
    "crm_user_id": _l("CRM user"),
    "receivers": _l("Who takes new callers"),
    "strategy": _l("Strategy"),
    "ring_seconds": _l("Rings, seconds"),
    "rounds": _l("Rounds"),
    "total_seconds": _l("All together, seconds"),
    "week": _l("Week"),
    "spans": _l("Hours"),
    "last_day": _l("Last day"),
    "caller": _l("Caller"),
    "api_call_id": _l("Call"),
    "tag": _l("Tag"),
    "tone": _l("Colour"),
    "into": _l("Into"),
    "shared": _l("Shared"),
    "columns": _l("Columns"),
    "dense": _l("Close lines"),
    "due": _l("Deadline"),
    "minutes": _l("Minutes"),
    "days": _l("Days"),
    "known_as": _l("Known as"),
    "behaviour": _l("How the phone answers"),
    "after_seconds": _l("After, seconds"),
    "is_on": _l("Switched on"),
    "url": _l("Address"),
    "event": _l("Event"),
    "method": _l("Method"),
    "headers": _l("Headers"),
    "rate_per_minute": _l("At most a minute"),
    "dids": _l("Numbers"),
    "sip_lines": _l("SIP accounts"),
    "outcomes": _l("Outcomes"),
    "backlog": _l("What had waited"),
    "dropped": _l("Dropped"),
    "kept": _l("Kept"),
    "delivery": _l("Notice"),
    "since": _l("Since"),
    "key": _l("Key"),
    "switch": _l("Switch"),
    "kind": _l("Kind"),
    "way": _l("Way"),
    "creates_contacts": _l("Creates contacts"),
    "shows_cards": _l("Shows cards"),
    "writes_calls": _l("Writes calls"),
    "names": _l("Names"),
    "amount": _l("Amount"),
    "below": _l("Warn below"),
    "total": _l("Sum"),
    "refunded": _l("Given back"),
    "difference": _l("Difference"),
    "tariff": _l("Tariff"),
    "fee": _l("Monthly fee"),
    "included": _l("Included"),
    "rates": _l("Prices"),
    "valid_from": _l("In force from"),
    "version": _l("Version"),
    "job": _l("Task"),
    "count": _l("How many"),
    "files": _l("Files"),
    "octets": _l("Size, bytes"),
    "format": _l("Format"),
    "query": _l("Choice"),
    "seconds": _l("Seconds"),
    "state": _l("State"),
}


def fact_label(name: str) -> str:
    """`phone` as `Phone`; the name itself for one that nobody has put into words, as a key of a form may be."""
    return str(_LABELS.get(name, name))


_LOCALES = {"ru": _l("Russian"), "en": _l("English")}
_THEMES = {"auto": _l("As the system"), "light": _l("Light"), "dark": _l("Dark")}
_WAYS_IN = {
    "password": _l("password"),
    "passkey": _l("passkey"),
    "invitation": _l("invitation"),
    "password, app code": _l("password and a code of the app"),
    "password, backup code": _l("password and a backup code"),
}


def fact_text(name: str, value: Any) -> str:
    """The value of a fact as people read it; a code that nobody has put into words stays as it is."""
    if isinstance(value, list):
        return ", ".join(fact_text(name, part) for part in value) or "–"
    if isinstance(value, dict):
        return ", ".join(f"{part}: {fact_text(part, said)}" for part, said in value.items()) or "–"
    if value is None or value == "":
        return "–"
    if isinstance(value, bool):
        return _("yes") if value else _("no")
    return _code_text(name, str(value))


def _code_text(name: str, code: str) -> str:
    if name == "role" and code in set(Role):
        return role_label(Role(code))
    words = {"theme": _THEMES, "by": _WAYS_IN, "locale": _LOCALES}.get(name, {})
    return str(words.get(code, code))
