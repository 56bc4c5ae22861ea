"""Telling the details of either side. Papers that were drawn up keep what they say."""

from __future__ import annotations

import re
from collections.abc import Mapping
from datetime import date, timedelta
from typing import Any, TypeVar

from portal.accounts.audit import audit
from portal.invoicing.parties import queries
from portal.invoicing.parties.details import VAT_PERCENTS, Checks, check_bank, check_party
from portal.invoicing.parties.models import BuyerDetails, SellerDetails
from portal.kernel.actor import current_actor
from portal.kernel.clock import now
from portal.kernel.db import announce, db
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _

Details = TypeVar("Details", SellerDetails, BuyerDetails)
_EMAIL = re.compile(r"[^@\s]+@[^@\s]+\.[^@\s]+")


def set_seller(raw: Mapping[str, Any], revision: int) -> SellerDetails:
    """The operator's company from now on. `revision` is what was edited, 0 for none.

    Raises `DetailsRefused` with every field that is wrong, `Conflict` where somebody changed it meanwhile.
    """
    checks = Checks(raw)
    check_party(checks, is_company=raw.get("form") != "entrepreneur")
    check_bank(checks)
    for field in ("director_title", "director_name", "accountant_name"):
        checks.line(field, 100, is_optional=True)
    checks.check("vat", _vat)
    values = checks.finish()
    vat = values.pop("vat")
    values |= {
        "vat_percent": None if vat == "none" else int(vat),
        "has_transfer_document": raw.get("papers") == "transfer",
        "papers_since": (raw.get("papers_since") or _last_month()).replace(day=1),
    }
    found = queries.seller(locks=True)
    if found is None and revision == 0:
        found = SellerDetails(id=1, **values, changed_by=current_actor().name)
        db.session.add(found)
        db.session.flush()
        return found
    return _change(found, revision, values)


def set_buyer(raw: Mapping[str, Any], revision: int) -> BuyerDetails:
    """The entered account's company from now on; as `set_seller`."""
    checks = Checks(raw)
    check_party(checks, is_company=raw.get("form") != "entrepreneur")
    checks.check("papers_email", _email, is_optional=True)
    checks.line("signatory", 100, is_optional=True)
    values = checks.finish()
    found = queries.buyer(locks=True)
    before = _told(found) if found is not None else None
    if found is None and revision == 0:
        found = BuyerDetails(**values, changed_by=current_actor().name)
        db.session.add(found)
        db.session.flush()
    else:
        found = _change(found, revision, values)
    audit("company.details", found.name, before=before, after=_told(found))
    announce("documents-changed")
    return found


def _change(found: Details | None, revision: int, values: Mapping[str, Any]) -> Details:
    if found is None or found.revision != revision:
        who = found.changed_by if found is not None else ""
        raise Conflict(_("%(who)s has changed these details meanwhile. Compare, and save again.", who=who))
    for name, value in values.items():
        setattr(found, name, value)
    found.revision += 1
    found.changed_by, found.changed_at = current_actor().name, now()
    db.session.flush()
    return found


def _told(details: BuyerDetails) -> dict[str, Any]:
    names = ("name", "inn", "kpp", "ogrn", "address", "papers_email", "signatory")
    return {name: getattr(details, name) for name in names}


def _last_month() -> date:
    return (now().date().replace(day=1) - timedelta(days=1)).replace(day=1)


def _vat(text: str) -> str:
    if text == "none" or (text.isascii() and text.isdigit() and int(text) in VAT_PERCENTS):
        return text
    raise Refused(_("Choose one of the list."), "vat")


def _email(text: str) -> str:
    if len(text) > 254 or not _EMAIL.fullmatch(text):
        raise Refused(_("This is not an e-mail address."), "papers_email")
    return text
