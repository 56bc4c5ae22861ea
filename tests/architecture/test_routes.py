"""Addresses: typed, readable, kept, and each with the permission that it needs."""

import re

from flask import Flask

from portal.navigation import ENTRIES
from portal.web.access import Permission
from tests.architecture.routes import MAP, routes, written

# No feature's: what these answer is the same for everybody.
OPEN = {"static"}
# Whoever adds to this list opens a page to the street.
PUBLIC = {
    "accounts.ask_for_reset",
    "accounts.forgotten",
    "accounts.invitation",
    "accounts.join",
    "accounts.join_as",
    "accounts.passkey_options",
    "accounts.reset",
    "accounts.reset_post",
    "accounts.second_step",
    "accounts.second_step_post",
    "accounts.sign_in_with_passkey",
    "accounts.set_preferences",
    "accounts.sign_in",
    "accounts.sign_in_post",
    "health.healthz",
    "health.readyz",
    "card_notices.receive",
    "crm_records.hear",
    "inlet.receive",
    "inlet.receive_post",
    "metrics.metrics",
    "provider_inlet.receive",
}
# Spelled by the provider whose API ours replaces.
FIXED_ELSEWHERE = ("/api.php/telephony/",)
# Pages that send on those who have no such entry.
SENDS_ON = {"overview.index": "the operator goes on to the console"}
# Pages that are reached from another page and not from the menu.
NOT_IN_THE_MENU = {
    "connectors.authorise": "leaves for Bitrix24",
    "connectors.authorised": "Bitrix24 sends the browser back there",
    "crm_records.hear": "from a card of the CRM",
    "connectors.index": "a link of the integration page",
    "connectors.state": "a part of the CRM's page",
    "admin.new_company": "from the accounts",
    "metrics.metrics": "for Prometheus",
    "accounts.app": "a step of the second factor",
    "accounts.company": "a link of «Личные данные»",
    "accounts.new_contact_person": "from the company",
    "accounts.confirm": "asks anew who it is",
    "accounts.forgotten": "of people who cannot sign in",
    "accounts.second_factor": "a part of «Личные данные»",
    "accounts.second_step": "a part of signing in",
    "integration.blacklist": "a link of the integration page",
    "integration.checks": "a part of the integration page",
    "integration.fallbacks": "a link of the integration page",
    "integration.groups": "a link of the integration page",
    "contacts.exchange": "a button of the address book",
    "contacts.export_page": "a button of the address book",
    "integration.provider": "a link of the integration page",
    "integration.provider_state": "a part of the provider's page",
    "provider_inlet.receive": "a provider's notices come there",
    "integration.hours": "a link of the integration page",
    "integration.known_contacts": "a link of the integration page",
    "accounts.live": "a stream of events, no page",
    "accounts.sign_in": "where those come who have no menu yet",
    "billing.alerts": "a fragment of every page",
    "billing.header": "a fragment of every page",
    "billing.payments_csv": "from the payment statistics",
    "billing.postings_csv": "from the balance",
    "rerating.index": "from the tariffs",
    "tariffs.new_tariff": "from the tariffs",
    "invoicing.top_up": "a button of every page",
    "calls.export": "from the call log",
    "calls.live": "a fragment of the overview",
    "calls.new_call": "from the call log",
    "calls.totals": "a fragment of the call log",
    "calls.tag_list": "from a call's page",
    "calls.view_list": "from the call log",
    "contacts.new_contact": "from the address book",
    "contacts.crm_users": "a tab of the address book",
    "contacts.lines": "a tab of the address book",
    "contacts.new_crm_user": "from the CRM users of the address book",
    "description.openapi": "a file, from the description",
    "integration.new_named_key": "led to by the list of keys",
    "helpdesk.new_thread": "from the questions asked before",
    "health.healthz": "for operators' programs",
    "health.readyz": "for operators' programs",
    "integration.phones": "from the integration page",
    "webhooks.alerts": "a fragment of every page",
    "webhooks.capture": "from the list of webhooks",
    "webhooks.index": "from the integration page",
    "public_api.get_calls": "for programs",
    "public_api.get_record": "for programs",
    "public_api.outcome": "for programs",
    "static": "files",
}


def test_no_address_is_lost_and_none_changes_unseen(house: Flask) -> None:
    hint = "addresses changed: people keep them, so mean it, then run python -m tests.architecture.routes"

    assert written(house) == MAP.read_text(encoding="utf-8"), hint


def test_every_view_says_what_it_needs(house: Flask) -> None:
    silent = [route for route in routes(house) if route.needs == "none" and route.endpoint not in OPEN]

    assert not silent, "add it with Feature.get or Feature.post and needs="


def test_what_is_open_to_everybody_is_listed(house: Flask) -> None:
    public = {route.endpoint for route in routes(house) if route.needs == Permission.PUBLIC}

    assert public == PUBLIC


def test_every_variable_is_typed(house: Flask) -> None:
    untyped = [route for route in routes(house) if re.search(r"<[^:>]+>", route.rule) and route.endpoint not in OPEN]

    assert not untyped, "say <int:id>, <uuid:id> or <string:name>: what does not fit is then not found"


def test_addresses_are_kebab_case(house: Flask) -> None:
    odd = [
        route
        for route in routes(house)
        if not route.rule.startswith(FIXED_ELSEWHERE)
        and re.search(r"[^a-z0-9/.-]|.+/$", re.sub(r"<[^>]+>", "x", route.rule))
    ]

    assert not odd, "words in lower case with dashes, no slash at the end"


def test_every_page_is_in_the_menu_or_excused(house: Flask) -> None:
    in_menu = {entry.endpoint for entry in ENTRIES}
    pages = {route.endpoint for route in routes(house) if route.method == "GET" and "<" not in route.rule}

    assert not pages - in_menu - set(NOT_IN_THE_MENU), "add it to portal.navigation, or say here why not"


def test_the_menu_and_the_excuses_name_pages_that_exist(house: Flask) -> None:
    endpoints = {route.endpoint for route in routes(house)}
    in_menu = {entry.endpoint for entry in ENTRIES}

    assert not in_menu - endpoints, "an entry without its page is not drawn"
    assert not (set(NOT_IN_THE_MENU) | PUBLIC) - endpoints


def test_the_menu_opens_to_those_whom_the_page_lets_in(house: Flask) -> None:
    needs = {route.endpoint: route.needs for route in routes(house)}
    different = [
        entry.endpoint
        for entry in ENTRIES
        if entry.endpoint not in SENDS_ON and entry.needs.value != needs.get(entry.endpoint)
    ]

    assert not different, "an entry needs what its page needs"
