"""«Пополнить счет»: how much, and by which way; what was begun before."""

from __future__ import annotations

from flask import current_app
from flask.typing import ResponseReturnValue

from portal.invoicing.cards import asking
from portal.invoicing.feature import invoicing
from portal.invoicing.parties.queries import buyer, seller
from portal.invoicing.topping_up.forms import TopUpForm
from portal.invoicing.topping_up.queries import recent_bills, recent_cards
from portal.web import htmx
from portal.web.access import Permission


@invoicing.get("/top-up", needs=Permission.SEE_MONEY)
def top_up() -> ResponseReturnValue:
    return page(TopUpForm(amount="1000"))


def page(form: TopUpForm, status: int = 200) -> ResponseReturnValue:
    """The page as the form stands."""
    is_open = asking.is_open()
    return htmx.render(
        "invoicing/top_up.html",
        status=status,
        form=form,
        has_card=is_open or current_app.extensions["portal.settings"].is_demo,
        is_sandbox=not is_open,
        has_seller=seller() is not None,
        has_buyer=buyer() is not None,
        bills=recent_bills(),
        cards=recent_cards(),
    )
