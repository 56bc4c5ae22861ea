"""How the receivers are rung; the sentence that says it follows what is typed."""

from __future__ import annotations

from typing import Any

from flask import url_for
from flask.typing import ResponseReturnValue

from portal.integration.feature import feature
from portal.integration.forms import StrategyForm, seen
from portal.integration.sections import PAGE, described_as, owner_sentence, show, strategy_section
from portal.kernel.errors import Refused
from portal.kernel.i18n import gettext as _
from portal.routing import services
from portal.routing.queries import new_contact_group
from portal.routing.words import describe
from portal.web import htmx
from portal.web.access import Permission

FRAGMENT = "_strategy.html"


@feature.post("/strategy", needs=Permission.MANAGE_INTEGRATION)
def save_strategy() -> ResponseReturnValue:
    form = StrategyForm()
    if not form.validate():
        return show(FRAGMENT, strategy_section(form), 422)
    group = new_contact_group(locks=True)
    if form.based_on.data not in ("", None, seen(group)):
        form.form_errors.append(_("Somebody else has changed the strategy meanwhile. Nothing was saved."))
        form.based_on.data = seen(group)
        return show(FRAGMENT, strategy_section(form, present=describe(group)), 409)
    try:
        services.set_strategy(**form.settings())
    except Refused as error:
        form.refuse(Refused(error.message, form.address_field if error.field == "fallback_address" else error.field))
        return show(FRAGMENT, strategy_section(form), 422)
    context = strategy_section() if htmx.wants_fragment() else {}
    back = url_for("integration.index", _anchor="strategy")
    undo = url_for("integration.undo_group", group_id=group.id, back="strategy")
    said = _("The strategy was saved.")
    return htmx.done(said, back_to=back, fragment=f"integration/{FRAGMENT}", undo=undo, **context)


@feature.post("/strategy/preview", needs=Permission.MANAGE_INTEGRATION, writes=False)
def preview_strategy() -> ResponseReturnValue:
    form = StrategyForm()
    is_clear = form.validate()
    if not htmx.wants_fragment():
        return show(FRAGMENT, strategy_section(form))
    problems = [str(error) for field in form for error in field.errors]
    said: dict[str, Any] = {}
    if is_clear:
        try:
            group = described_as(form.settings())
            said = {"plan": describe(group), "owner_plan": owner_sentence(group)}
        except Refused as error:
            problems.append(error.message)
    return htmx.render(PAGE, fragment="integration/_plan.html", problems=problems, **said)
