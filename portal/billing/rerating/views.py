"""Correcting charges: pages of the operator."""

from __future__ import annotations

from datetime import date

from flask import url_for
from flask.typing import ResponseReturnValue
from wtforms import DateField, SelectField
from wtforms.validators import InputRequired

from portal.billing.rerating import services
from portal.billing.tariffs.queries import accounts
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import NotFound, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.i18n import lazy_gettext as _l
from portal.web import htmx
from portal.web.access import Permission
from portal.web.feature import Feature
from portal.web.filters import zone
from portal.web.forms import BaseForm

desk = Feature("rerating", "portal.billing.rerating", url_prefix="/admin/tariffs/re-rating")


class ReRatingForm(BaseForm):
    """Whose calls of which days."""

    account = SelectField(_l("Company"), coerce=int)
    first_day = DateField(_l("From"), [InputRequired(_l("Choose a day."))])
    last_day = DateField(_l("To"), [InputRequired(_l("Choose a day."))])


@desk.get("", needs=Permission.OPERATE)
def index() -> ResponseReturnValue:
    today = _today()
    return _page(ReRatingForm(first_day=today.replace(day=1), last_day=today))


@desk.post("", needs=Permission.OPERATE, writes=False)
def begin() -> ResponseReturnValue:
    form = ReRatingForm()
    form.account.choices = list(accounts())
    if form.validate():
        today = _today()
        first, last = form.first_day.data or today, form.last_day.data or today
        try:
            with transaction(form.account.data):
                made = services.begin_re_rating(first, last, today)
                number, account_id = made.id, made.account_id
        except Refused as error:
            form.refuse(error)
        else:
            return htmx.go_to(url_for(".one", account_id=account_id, re_rating_id=number))
    return _page(form, 422)


@desk.get("/<int:account_id>/<int:re_rating_id>", needs=Permission.OPERATE)
def one(account_id: int, re_rating_id: int) -> ResponseReturnValue:
    row = services.find_re_rating(re_rating_id)
    if row.account_id != account_id:
        raise NotFound
    return htmx.render("billing/rerating/one.html", fragment="billing/rerating/_standing.html", row=row)


@desk.post("/<int:account_id>/<int:re_rating_id>/apply", needs=Permission.OPERATE, needs_fresh=True, writes=False)
def apply(account_id: int, re_rating_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        services.apply_re_rating(re_rating_id)
    back = url_for(".one", account_id=account_id, re_rating_id=re_rating_id)
    return htmx.done(_("The corrections are being posted."), back_to=back)


@desk.post("/<int:account_id>/<int:re_rating_id>/drop", needs=Permission.OPERATE, writes=False)
def drop(account_id: int, re_rating_id: int) -> ResponseReturnValue:
    with transaction(account_id):
        services.drop_re_rating(re_rating_id)
    return htmx.done(_("Nothing was changed."), back_to=url_for(".index"))


def _page(form: ReRatingForm, status: int = 200) -> ResponseReturnValue:
    form.account.choices = list(accounts())
    return htmx.render("billing/rerating/index.html", status=status, form=form, rows=services.newest_re_ratings())


def _today() -> date:
    return now().astimezone(zone()).date()
