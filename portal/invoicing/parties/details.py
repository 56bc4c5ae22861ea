"""What is written into the two forms of details, taken apart and checked as a whole: every fault at once."""

from __future__ import annotations

from collections.abc import Callable, Mapping
from typing import Any

from portal.invoicing.parties import requisites
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.writing import line_of

VAT_PERCENTS = (0, 5, 7, 10, 20, 22)
"""What the Tax Code names: 22 from 2026 on (Federal Law 425 of 2025), 20 before; 5 and 7 of the simplified system."""


class DetailsRefused(Exception):
    """Some fields are wrong; `refusals` has each with its reason."""

    def __init__(self, refusals: list[Refused]) -> None:
        super().__init__(", ".join(refusal.field or "" for refusal in refusals))
        self.refusals = refusals


class Checks:
    """Runs each check of a form and collects what it refuses."""

    def __init__(self, raw: Mapping[str, Any]) -> None:
        self._raw = raw
        self.values: dict[str, Any] = {}
        self._refusals: list[Refused] = []

    def text(self, field: str) -> str:
        """What was typed."""
        return str(self._raw.get(field) or "").strip()

    def check(self, field: str, run: Callable[[str], str], *, is_optional: bool = False) -> None:
        """Keeps what `run` makes of the field, or its refusal."""
        text = self.text(field)
        if not text and is_optional:
            self.values[field] = ""
            return
        try:
            if not text:
                raise Refused(_("Fill in this field."), field)  # noqa: TRY301 -- collected with the others
            self.values[field] = run(text)
        except Refused as refusal:
            self._refusals.append(refusal)

    def line(self, field: str, longest: int, *, is_optional: bool = False) -> None:
        """A line of text."""
        self.check(field, lambda text: line_of(text, field=field, longest=longest), is_optional=is_optional)

    def finish(self) -> dict[str, Any]:
        """All values. Raises `DetailsRefused`."""
        if self._refusals:
            raise DetailsRefused(self._refusals)
        return self.values


def check_party(checks: Checks, *, is_company: bool) -> None:
    """The fields that both sides have."""
    checks.values["is_company"] = is_company
    checks.line("name", 250)
    checks.check("inn", lambda text: requisites.inn(text, is_company=is_company))
    if is_company:
        checks.check("kpp", requisites.kpp)
    else:
        checks.values["kpp"] = ""
    checks.check("ogrn", lambda text: requisites.ogrn(text, is_company=is_company), is_optional=True)
    checks.line("address", 300)


def check_bank(checks: Checks) -> None:
    """The seller's bank. The keys of the accounts are reckoned with the BIK, where that is right."""
    checks.line("bank_name", 150)
    checks.check("bik", requisites.bik)
    bank = checks.values.get("bik", "")
    checks.check("bank_account", lambda text: requisites.bank_account(text, bank))
    checks.check("correspondent_account", lambda text: requisites.correspondent_account(text, bank), is_optional=True)
