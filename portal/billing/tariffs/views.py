"""Tariffs, their versions, and who has which: pages of the operator."""

from __future__ import annotations

from datetime import date, timedelta

from flask import Response, url_for
from flask.typing import ResponseReturnValue

from portal.billing.plans import version_of
from portal.billing.tariffs import queries, services
from portal.billing.tariffs.feature import desk as desk
from portal.billing.tariffs.forms import AssignForm, VersionForm
from portal.billing.tariffs.price_list import PriceListError, read_rates, write_rates
from portal.kernel.clock import now
from portal.kernel.db import transaction
from portal.kernel.errors import Conflict, Refused
from portal.kernel.i18n import gettext as _
from portal.kernel.money import exact
from portal.web import htmx
from portal.web.access import Permission
from portal.web.filters import day, zone
from portal.web.forms import row_id


@desk.get("", needs=Permission.OPERATE)
def index() -> ResponseReturnValue:
    return htmx.render("billing/tariffs/index.html", rows=queries.tariff_rows(_today()))


@desk.get("/new", needs=Permission.OPERATE)
def new_tariff() -> ResponseReturnValue:
    return _form_page(VersionForm(valid_from=_today(), rates=write_rates(())))


@desk.post("/new", needs=Permission.OPERATE)
def add_tariff() -> ResponseReturnValue:
    return _publish(VersionForm(), None)


@desk.get("/<int:tariff_id>", needs=Permission.OPERATE)
def tariff(tariff_id: int) -> ResponseReturnValue:
    return _tariff_page(tariff_id, AssignForm(valid_from=_today()))


@desk.post("/<int:tariff_id>/default", needs=Permission.OPERATE)
def make_default(tariff_id: int) -> ResponseReturnValue:
    made = services.make_default(tariff_id)
    return htmx.done(
        _("New accounts get %(name)s from now on.", name=made.name),
        back_to=url_for("tariffs.tariff", tariff_id=made.id),
    )


@desk.get("/<int:tariff_id>/new-version", needs=Permission.OPERATE)
def new_version(tariff_id: int) -> ResponseReturnValue:
    newest = queries.newest_version(tariff_id)
    form = VersionForm(
        valid_from=_today() + timedelta(days=1),
        monthly_fee=exact(newest.monthly_fee) if newest else "0",
        included=exact(newest.included) if newest else "0",
        rates=write_rates(newest.rates if newest else ()),
        after=str(newest.id if newest else 0),
    )
    return _form_page(form, tariff_id)


@desk.post("/<int:tariff_id>/new-version", needs=Permission.OPERATE)
def publish_version(tariff_id: int) -> ResponseReturnValue:
    return _publish(VersionForm(), tariff_id)


@desk.get("/<int:tariff_id>/versions/<int:version_id>", needs=Permission.OPERATE)
def version(tariff_id: int, version_id: int) -> ResponseReturnValue:
    found = queries.find_version(tariff_id, version_id)
    return htmx.render("billing/tariffs/version.html", version=found, can_withdraw=found.valid_from > _today())


@desk.get("/<int:tariff_id>/versions/<int:version_id>/rates.csv", needs=Permission.OPERATE)
def rates_csv(tariff_id: int, version_id: int) -> ResponseReturnValue:
    found = queries.find_version(tariff_id, version_id)
    headers = {"Content-Disposition": f'attachment; filename="rates-{found.id}.csv"'}
    return Response("\ufeff" + write_rates(found.rates), content_type="text/csv; charset=utf-8", headers=headers)


@desk.post("/<int:tariff_id>/versions/<int:version_id>/withdraw", needs=Permission.OPERATE)
def withdraw_version(tariff_id: int, version_id: int) -> ResponseReturnValue:
    services.withdraw_version(tariff_id, version_id, _today())
    return htmx.done(_("The version is taken back."), back_to=url_for("tariffs.tariff", tariff_id=tariff_id))


@desk.post("/<int:tariff_id>/accounts", needs=Permission.OPERATE, writes=False)
def assign(tariff_id: int) -> ResponseReturnValue:
    form = AssignForm()
    form.account.choices = list(queries.accounts())
    if not form.validate():
        return _tariff_page(tariff_id, form, 422)
    since = form.valid_from.data or _today()
    with transaction(form.account.data):
        name = services.assign_tariff(tariff_id, since).name
    words = _("The account has %(name)s from %(day)s on.", name=name, day=day(since))
    return htmx.done(words, back_to=url_for("tariffs.tariff", tariff_id=tariff_id))


@desk.post(
    "/<int:tariff_id>/accounts/<int:account_id>/<string:since>/take-back", needs=Permission.OPERATE, writes=False
)
def take_back(tariff_id: int, account_id: int, since: str) -> ResponseReturnValue:
    try:
        valid_from = date.fromisoformat(since)
    except ValueError:
        raise Refused(_("Choose a day.")) from None
    with transaction(account_id):
        services.take_back_plan(valid_from, _today())
    return htmx.done(_("The account keeps what it has."), back_to=url_for("tariffs.tariff", tariff_id=tariff_id))


def _publish(form: VersionForm, tariff_id: int | None) -> ResponseReturnValue:
    if not form.validate():
        return _form_page(form, tariff_id, 422)
    try:
        rates = read_rates(form.price_list())
        fee, included = form.amount("monthly_fee"), form.amount("included")
        tariff = queries.find_tariff(tariff_id) if tariff_id else services.add_tariff(form.name.data or "")
        made = services.publish_version(
            tariff, form.valid_from.data or _today(), fee, included, rates, after=row_id(form.after.data) or 0
        )
    except Refused as error:
        form.refuse(error)
        return _form_page(form, tariff_id, 422, error.lines if isinstance(error, PriceListError) else ())
    except Conflict as error:
        form.form_errors.append(error.message)
        return _form_page(form, tariff_id, 409)
    words = _("The version is in force from %(day)s.", day=day(made.valid_from))
    return htmx.done(words, back_to=url_for("tariffs.version", tariff_id=tariff.id, version_id=made.id))


def _form_page(
    form: VersionForm, tariff_id: int | None = None, status: int = 200, faults: object = ()
) -> ResponseReturnValue:
    found = queries.find_tariff(tariff_id) if tariff_id else None
    newest = queries.newest_version(tariff_id) if tariff_id else None
    return htmx.render(
        "billing/tariffs/edit.html",
        status=status,
        form=form,
        tariff=found,
        newest=newest,
        faults=faults,
        today=_today(),
    )


def _tariff_page(tariff_id: int, form: AssignForm, status: int = 200) -> ResponseReturnValue:
    form.account.choices = list(queries.accounts())
    today = _today()
    found = queries.find_tariff(tariff_id)
    return htmx.render(
        "billing/tariffs/tariff.html",
        status=status,
        tariff=found,
        current=version_of(tariff_id, today),
        plans=queries.plan_rows(tariff_id, today),
        form=form,
        today=today,
    )


def _today() -> date:
    return now().astimezone(zone()).date()
