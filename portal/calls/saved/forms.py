"""Forms of saved views and of columns."""

from __future__ import annotations

from wtforms import BooleanField, HiddenField, SelectMultipleField, StringField

from portal.calls.log.periods import Period
from portal.calls.saved.columns import offered
from portal.calls.saved.models import LogPreference, SavedView
from portal.kernel.i18n import lazy_gettext as _l
from portal.web.editing import EditForm
from portal.web.forms import BaseForm


class ViewForm(EditForm):
    """The name of a view, and who sees it."""

    name = StringField(_l("Name of the view"), render_kw={"maxlength": "80", "autocomplete": "off"})
    is_shared = BooleanField(_l("Everybody of the company sees it"))
    keeps_columns = BooleanField(_l("With the columns that I see now"))
    moves = BooleanField(_l("The period moves with the days"))
    query = HiddenField()

    period: Period | None = None
    """The period that could move."""

    @classmethod
    def new(cls, query: str, period: Period | None) -> ViewForm:
        """Of a view of what the log shows now."""
        form = cls(formdata=None, query=query, keeps_columns=False, moves=period is not None)
        form.period = period
        return form

    @classmethod
    def of(cls, view: SavedView) -> ViewForm:
        """Of a view that is there."""
        return cls(formdata=None, name=view.name, is_shared=view.is_shared).as_saved()


class ColumnsForm(BaseForm):
    """Which columns, and how close the rows stand."""

    columns = SelectMultipleField(_l("Columns"), validate_choice=False)
    is_dense = BooleanField(_l("Rows close together"))

    @classmethod
    def of(cls, liked: LogPreference | None) -> ColumnsForm:
        """As the person has it now."""
        chosen = list(offered()) if liked is None or liked.columns is None else liked.columns
        form = cls(formdata=None, columns=chosen, is_dense=bool(liked and liked.is_dense))
        form.columns.choices = list(offered().items())
        return form
