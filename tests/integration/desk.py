"""North's desk for the tests of the page: Olga has 672, Igor 674, Alex no phone; Olga and Igor take new contacts."""

import re
from dataclasses import dataclass

import pytest
from flask import Flask

from portal.contacts import services as contacts
from portal.routing import services as routing
from portal.routing.queries import new_contact_group, receivers
from tests.browser import Browser
from tests.contacts.desk import add_lines, add_users, inside
from tests.people import Cast

PAGE = "/integration"


@dataclass(frozen=True, slots=True)
class Desk:
    """The ids of North's CRM users and SIP accounts."""

    olga: int
    igor: int
    alex: int
    line_672: int
    line_673: int
    line_674: int


@pytest.fixture
def desk(app: Flask, cast: Cast) -> Desk:
    """North as above; 673 is free, the phone of 674 is offline."""
    line_672, line_673 = add_lines(app, cast.north, "672", "673")
    (line_674,) = add_lines(app, cast.north, "674", presence="offline")
    olga, igor, alex = add_users(app, cast.north, "Olga Manoli", "Igor Batov", "Alex Gogolev")
    with inside(app, cast.north):
        contacts.map_crm_users({olga: line_672, igor: line_674})
        routing.set_receivers([olga, igor])
    return Desk(olga, igor, alex, line_672, line_673, line_674)


def hidden(browser: Browser, name: str, url: str = PAGE, after: str = "") -> str:
    """What a hidden field of the page carries; `after` is a text that stands before its form."""
    page = browser.get(url).get_data(as_text=True)
    found = re.search(rf'name="{re.escape(name)}" value="([^"]*)"', page[page.index(after) :])
    assert found, f"the page has no hidden field {name}"
    return found[1]


def order(app: Flask, account_id: int) -> list[str]:
    """Who takes calls of new contacts, in order."""
    with inside(app, account_id):
        return [member.crm_user.name for member in receivers(new_contact_group())]
