"""Both sides tell their details: every fault is named at once, nothing typed is lost, two editors hear of both."""

from __future__ import annotations

import re

import pytest
from flask import Flask
from sqlalchemy import select

from portal.accounts.trail.models import AuditEntry
from portal.invoicing.parties.queries import buyer, seller
from portal.kernel.db import transaction
from tests.browser import Browser
from tests.invoicing.parties import BUYER, SELLER
from tests.people import Cast


def test_an_admin_tells_the_company_and_a_viewer_reads_it(
    app: Flask, cast: Cast, anna: Browser, boris: Browser
) -> None:
    assert anna.submit("/profile/company", {**BUYER, "inn": "7736 0500-03"}).status_code == 303
    assert "7736050003" in boris.get("/profile/company").get_data(as_text=True)
    assert boris.submit("/profile/company", BUYER).status_code == 403

    with app.app_context(), transaction(cast.north, writes=False) as session:
        details = buyer()
        actions = session.scalars(select(AuditEntry.action)).all()
    assert details is not None
    assert (details.inn, details.kpp, details.revision) == ("7736050003", "997250001", 1)
    assert "company.details" in actions


def test_every_fault_is_named_at_its_field_and_what_was_typed_stays(anna: Browser) -> None:
    wrong = {**BUYER, "inn": "7736050004", "kpp": "12", "name": "  ", "papers_email": "nobody", "ogrn": "1027700132194"}
    answer = anna.submit("/profile/company", wrong)
    page = answer.get_data(as_text=True)

    assert answer.status_code == 422
    for field in ("inn", "kpp", "name", "papers_email", "ogrn"):
        assert f'id="{field}-error"' in page
    assert 'value="7736050004"' in page
    assert 'id="address-error"' not in page


def test_an_entrepreneur_has_twelve_digits_and_no_kpp(app: Flask, cast: Cast, anna: Browser) -> None:
    form = {**BUYER, "form": "entrepreneur", "inn": "500100732259", "ogrn": "304500116000157", "kpp": "773601001"}
    assert anna.submit("/profile/company", form).status_code == 303

    with app.app_context(), transaction(cast.north, writes=False):
        details = buyer()
    assert details is not None
    assert (details.is_company, details.kpp) == (False, "")


def test_who_saves_over_somebody_else_is_told_and_shown_both(anna: Browser) -> None:
    anna.submit("/profile/company", BUYER)
    anna.submit("/profile/company", {**BUYER, "name": "ООО «Юг»", "revision": "1"})
    answer = anna.submit("/profile/company", {**BUYER, "name": "ООО «Запад»", "revision": "1"})
    page = answer.get_data(as_text=True)

    assert answer.status_code == 409
    assert "ООО «Юг»" in page
    assert "ООО «Запад»" in page
    assert 'name="revision" value="2"' in page
    assert anna.submit("/profile/company", {**BUYER, "revision": "2"}).status_code == 303


def test_the_stranger_sees_her_own(anna: Browser, clara: Browser) -> None:
    anna.submit("/profile/company", BUYER)

    assert "7736050003" not in clara.get("/profile/company").get_data(as_text=True)


def test_the_operator_tells_the_seller(app: Flask, olga: Browser, anna: Browser) -> None:
    assert anna.submit("/admin/seller", SELLER).status_code == 403
    assert olga.submit("/admin/seller", {**SELLER, "papers_since": "2026-03-15"}).status_code == 303

    with app.app_context(), transaction(writes=False):
        details = seller()
    assert details is not None
    assert (details.vat_percent, details.papers_since.isoformat()) == (22, "2026-03-01")
    assert 'value="2026-03-01"' in olga.get("/admin/seller").get_data(as_text=True)


@pytest.mark.parametrize(
    ("field", "value"),
    [
        ("bank_account", "40702810938000000029"),
        ("correspondent_account", "30101810400000000224"),
        ("bik", "04452522"),
        ("vat", "18"),
        ("papers_since", "March"),
        ("bank_name", ""),
    ],
)
def test_a_wrong_bank_is_found(olga: Browser, field: str, value: str) -> None:
    answer = olga.submit("/admin/seller", {**SELLER, field: value})

    assert answer.status_code == 422
    assert f'id="{field}-error"' in answer.get_data(as_text=True)


def test_what_is_wrong_in_several_fields_is_told_apart(anna: Browser) -> None:
    page = anna.submit("/profile/company", {"form": "company"}).text
    summary = page.partition("data-error-summary")[2].partition("</ul>")[0]

    lines = re.findall(r"<li><a [^>]+>([^<]+)</a>", summary)
    assert len(lines) > 2
    assert len(set(lines)) == len(lines)
