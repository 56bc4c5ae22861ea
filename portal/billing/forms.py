"""Forms of money."""

from __future__ import annotations

from decimal import Decimal

from wtforms import StringField

from portal.billing.alerts.services import Warnings
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.kernel.money import exact, parse_amount
from portal.web.editing import EditForm


class WarningsForm(EditForm):
    """When to warn; an empty field: never."""

    below = StringField(_l("Warn when the balance falls below"), render_kw={"inputmode": "decimal"})
    days = StringField(_l("Warn when the money lasts for so many days"), render_kw={"inputmode": "numeric"})

    @classmethod
    def of(cls, warnings: Warnings) -> WarningsForm:
        """With what is set."""
        below = "" if warnings.below is None else exact(warnings.below)
        days = "" if warnings.days is None else str(warnings.days)
        return cls(formdata=None, below=below, days=days).as_saved()

    def sum_below(self) -> Decimal | None:
        """Raises `Refused` for what is no sum."""
        text = (self.below.data or "").strip()
        try:
            return parse_amount(text) if text else None
        except Refused as error:
            error.field = "below"
            raise

    def day_count(self) -> int | None:
        """Raises `Refused` for what is no number of days."""
        text = (self.days.data or "").strip()
        if not text:
            return None
        if not (text.isascii() and text.isdigit() and len(text) <= 4):
            raise Refused(_("Write the number of days in figures."), "days")
        return int(text)
