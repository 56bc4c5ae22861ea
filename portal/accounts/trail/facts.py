"""What stands before and after an act, in words: the names of facts as `audit(..., before=, after=)` gives them."""

from __future__ import annotations

from portal.kernel.i18n import gettext as _


def fact_label(name: str) -> str:
    """`phone` as `Phone`; the name itself for one that nobody has put into words, as a key of a form may be."""
    return _labels().get(name, name)


def _labels() -> dict[str, str]:
    return {**_of_people(), **_of_the_company(), **_of_calls(), **_of_webhooks(), **_of_money(), **_of_work()}


def _of_people() -> dict[str, str]:
    return {
        "name": _("Name"),
        "email": _("E-mail"),
        "phone": _("Phone"),
        "position": _("Job title"),
        "matter": _("Answers for"),
        "role": _("Role"),
        "by": _("How"),
        "locale": _("Language"),
        "theme": _("Theme"),
        "unwanted_mail": _("Unwanted mail"),
        "is_operator": _("Operator"),
        "reason": _("Reason"),
        "asked": _("Asked for"),
        "account": _("Company"),
    }


def _of_the_company() -> dict[str, str]:
    return {
        "company": _("Company"),
        "time_zone": _("Time zone"),
        "inn": _("INN"),
        "kpp": _("KPP"),
        "ogrn": _("OGRN or OGRNIP"),
        "address": _("Legal address"),
        "papers_email": _("E-mail for papers"),
        "signatory": _("Who signs"),
        "scopes": _("Rights"),
        "networks": _("Networks"),
        "expires_at": _("Valid until"),
        "is_bearer": _("Only in the header"),
        "overlap_hours": _("The former works for, hours"),
        "overlap_seconds": _("The former works for, seconds"),
    }


def _of_calls() -> dict[str, str]:
    return {
        "numbers": _("Numbers"),
        "note": _("Note"),
        "mobile": _("Mobile"),
        "is_on_duty": _("On duty"),
        "label": _("Label"),
        "owner": _("Who looks after them"),
        "crm_user_id": _("CRM user"),
        "receivers": _("Who takes new callers"),
        "strategy": _("Strategy"),
        "ring_seconds": _("Rings, seconds"),
        "rounds": _("Rounds"),
        "total_seconds": _("All together, seconds"),
        "week": _("Week"),
        "spans": _("Hours"),
        "last_day": _("Last day"),
        "caller": _("Caller"),
        "api_call_id": _("Call"),
        "tag": _("Tag"),
        "tone": _("Colour"),
        "into": _("Into"),
        "shared": _("Shared"),
        "columns": _("Columns"),
        "dense": _("Close lines"),
        "due": _("Due"),
        "minutes": _("Minutes"),
        "days": _("Days"),
        "known_as": _("Known as"),
        "behaviour": _("How the phone answers"),
        "after_seconds": _("After, seconds"),
        "is_on": _("Switched on"),
    }


def _of_webhooks() -> dict[str, str]:
    return {
        "url": _("Address"),
        "event": _("Event"),
        "method": _("Method"),
        "headers": _("Headers"),
        "rate_per_minute": _("At most a minute"),
        "dids": _("Numbers"),
        "sip_lines": _("SIP accounts"),
        "outcomes": _("Outcomes"),
        "backlog": _("What had waited"),
        "dropped": _("Dropped"),
        "kept": _("Kept"),
        "delivery": _("Notice"),
        "since": _("Since"),
        "key": _("Key"),
        "switch": _("Switch"),
        "kind": _("Kind"),
        "way": _("Way"),
        "creates_contacts": _("Creates contacts"),
        "shows_cards": _("Shows cards"),
        "writes_calls": _("Writes calls"),
        "names": _("Names"),
    }


def _of_money() -> dict[str, str]:
    return {
        "amount": _("Amount"),
        "below": _("Warn below"),
        "total": _("Sum"),
        "refunded": _("Given back"),
        "difference": _("Difference"),
        "tariff": _("Tariff"),
        "fee": _("Monthly fee"),
        "included": _("Included"),
        "rates": _("Prices"),
        "valid_from": _("In force from"),
        "version": _("Version"),
    }


def _of_work() -> dict[str, str]:
    return {
        "job": _("Task"),
        "count": _("Count"),
        "files": _("Files"),
        "octets": _("Size, bytes"),
        "format": _("Format"),
        "query": _("Choice"),
        "seconds": _("Seconds"),
        "state": _("State"),
    }
