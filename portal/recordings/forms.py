"""The form of how long records are kept."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from typing import Any

from wtforms import IntegerField, RadioField
from wtforms.fields.choices import SelectChoice  # type: ignore[attr-defined]
from wtforms.validators import InputRequired, NumberRange, Optional

from portal.kernel.i18n import lazy_gettext as _l
from portal.recordings.retention import LONGEST_DAYS
from portal.web.editing import EditForm

_OFFERED_DAYS = 90
_FEW = _l("Give a number of days from 1 to 36,500.")


class RetentionForm(EditForm):
    """For ever, or a number of days."""

    keep = RadioField(
        _l("How long records are kept"),
        [InputRequired(_l("Choose one."))],
        choices=[SelectChoice("ever", _l("For ever")), SelectChoice("days", _l("For a number of days"))],
    )
    days = IntegerField(_l("Days"), [Optional(), NumberRange(1, LONGEST_DAYS, message=_FEW)])

    @classmethod
    def of(cls, days: int | None) -> RetentionForm:
        """As it is set; None: for ever."""
        return cls(formdata=None, keep="days" if days else "ever", days=days or _OFFERED_DAYS).as_saved()

    def validate(self, extra_validators: Mapping[str, Sequence[Any]] | None = None) -> bool:
        """A number of days is needed only where it counts."""
        is_fine = super().validate(extra_validators)
        if is_fine and self.keep.data == "days" and not self.days.data:
            self.days.errors = [*self.days.errors, str(_FEW)]
            return False
        return is_fine

    @property
    def chosen_days(self) -> int | None:
        """None: for ever."""
        return self.days.data if self.keep.data == "days" else None
