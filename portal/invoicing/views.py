"""The room's pages: who imports them hangs them up."""

from portal.invoicing.feature import desk, invoicing
from portal.invoicing.papers import views as papers
from portal.invoicing.parties import views as parties
from portal.invoicing.topping_up import views as topping_up

__all__ = ["desk", "invoicing", "papers", "parties", "topping_up"]
