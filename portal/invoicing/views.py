"""The room's pages: who imports them hangs them up."""

from portal.invoicing.bills import views as bills
from portal.invoicing.cards import views as cards
from portal.invoicing.cards.notices import notices
from portal.invoicing.feature import desk, invoicing
from portal.invoicing.papers import views as papers
from portal.invoicing.parties import views as parties
from portal.invoicing.topping_up import views as topping_up

__all__ = ["bills", "cards", "desk", "invoicing", "notices", "papers", "parties", "topping_up"]
