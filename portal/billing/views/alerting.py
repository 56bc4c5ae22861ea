"""Warnings: the bar over every page, and the thresholds that an account sets itself."""

from __future__ import annotations

from flask import request, url_for
from flask.typing import ResponseReturnValue

from portal.accounts.door import person_here
from portal.billing.alerts import services
from portal.billing.forms import WarningsForm
from portal.billing.ledger import hold_balance
from portal.billing.views.balance import balance_page
from portal.billing.views.feature import feature
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.web import htmx
from portal.web.access import Permission
from portal.web.security import is_own_path


@feature.get("/balance/alerts", needs=Permission.SEE_MONEY)
def alerts() -> ResponseReturnValue:
    return balance_page(fragment="layout/_alerts.html")


@feature.post("/balance/alerts/<int:money_alert_id>/dismiss", needs=Permission.SEE_MONEY)
def dismiss_alert(money_alert_id: int) -> ResponseReturnValue:
    services.dismiss_alert(money_alert_id, person_here().user_id)
    if htmx.wants_fragment():
        return balance_page(fragment="layout/_alerts.html")
    target = request.form.get("back", "")
    return htmx.go_to(target if is_own_path(target) else url_for("billing.balance"))


@feature.post("/balance/warnings", needs=Permission.MANAGE_COMPANY)
def set_warnings() -> ResponseReturnValue:
    form = WarningsForm()
    hold_balance()
    if form.is_overtaken(WarningsForm.of(services.warnings_here())):
        return balance_page(form=form, status=409)
    if form.validate():
        try:
            services.set_warnings(form.sum_below(), form.day_count())
        except Refused as error:
            form.refuse(error)
        else:
            return htmx.done(_("The warnings are set."), back_to=url_for("billing.balance", _anchor="warnings"))
    return balance_page(form=form, status=422)
