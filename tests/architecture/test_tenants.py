"""Tenants cannot mix: every table is owned or excused, and a row cannot point into another account."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest
from flask import Flask
from sqlalchemy import ForeignKeyConstraint, Table, UniqueConstraint

from portal.kernel.db import Model
from portal.kernel.tenancy import AccountOwned
from tests.architecture.sources import PORTAL, lines_with, python_files

# Tables that belong to no account, and why.
SHARED_TABLES = {
    "account": "the accounts themselves",
    "audit_head": "where each account's chain of audit entries ends, and the installation's",
    "backup_code": "a person's",
    "installation_audit_entry": "what was done to no account in particular",
    "membership": "who may enter which account: asked before one is entered",
    "operator_visit": "the operator's, who sees every account",
    "process_life": "a process serves every account",
    "offer_draft": "the provider's next offer, while the operator writes it",
    "offer_version": "the provider's offer is one for all",
    "card_shop": "the operator's shop takes every account's payments",
    "paper_counter": "numbers run through all accounts of a seller",
    "periodic_run": "works of the installation as a whole",
    "passkey": "a person's",
    "password_reset": "a person's, who is not signed in",
    "spent_challenge": "of passkeys, before anybody is known",
    "outgoing_mail": "to a person, who may belong to several accounts or to none",
    "seller_details": "the operator's company sells to every account",
    "sign_in_failure": "attempts, counted before anybody is known",
    "switch_life": "a switch serves every account",
    "tariff": "one price list for all",
    "tariff_rate": "one price list for all",
    "user_totp": "a person's",
    "tariff_version": "one price list for all",
    "user": "a person may belong to several accounts",
    "user_session": "a person's, before an account is entered",
}
# Where all accounts may be seen, each time for a stated reason.
OFFER_IT = {"portal/kernel/db.py", "portal/kernel/steady.py"}
SEE_EVERYTHING = {
    "portal/accounts/api_keys/lookup.py",
    "portal/admin/metrics/views.py",
    "portal/accounts/door.py",
    "portal/accounts/people/invitations.py",
    "portal/accounts/people/resets.py",
    "portal/routing/turns.py",
    "portal/connectors/records.py",
    "portal/connectors/telling/tasks.py",
    "portal/invoicing/cards/asking.py",
    "portal/invoicing/papers/job.py",
    "portal/jobs/keeping.py",
    "portal/kernel/jobs/dispatch.py",
    "portal/calls/journal/left_open.py",
    "portal/recordings/outlines.py",
    "portal/recordings/removal.py",
    "portal/recordings/retention.py",
    "portal/telephony/lines.py",
    "portal/telephony/orders.py",
    "portal/telephony/scribe/presence.py",
    "portal/telephony/asterisk_lines.py",
    "portal/telephony/provider/inbox.py",
    "portal/telephony/provider_engine.py",
    "portal/telephony/sandbox_lines.py",
    "portal/webhooks/capture/services.py",
    "portal/webhooks/sending/retention.py",
    "portal/webhooks/sending/noter.py",
    "portal/webhooks/sending/ear.py",
    "portal/webhooks/sending/worker.py",
}


@pytest.fixture
def tables(house: Flask) -> list[Table]:  # who has made the app has imported every room
    """All tables."""
    return list(Model.metadata.tables.values())


def test_every_table_is_owned_or_excused(tables: list[Table]) -> None:
    shared = {table.name for table in tables if not table.info.get("owned")}

    assert shared == set(SHARED_TABLES), "inherit AccountOwned, or say above why not"


def test_owned_rows_can_be_pointed_at_together_with_their_account(tables: list[Table]) -> None:
    without = [table.name for table in _owned(tables) if ("account_id", "id") not in set(_unique(table))]

    assert not without, "__table_args__ = owned(...)"


def test_a_row_cannot_point_into_another_account(tables: list[Table]) -> None:
    owned = {table.name for table in _owned(tables)}
    loose = [
        f"{table.name}.{', '.join(key.column_keys)} -> {key.referred_table.name}"
        for table in _owned(tables)
        for key in table.constraints
        if isinstance(key, ForeignKeyConstraint)
        if key.referred_table.name in owned and "account_id" not in key.column_keys
    ]

    assert not loose, "points_to(table, column) compares both columns"


def test_every_model_of_an_owned_table_is_guarded(tables: list[Table]) -> None:
    owned = {table.name for table in _owned(tables)}
    unguarded = [
        mapper.class_.__name__
        for mapper in Model.registry.mappers
        if getattr(mapper.local_table, "name", "") in owned and not issubclass(mapper.class_, AccountOwned)
    ]

    assert not unguarded


def test_all_accounts_are_seen_in_the_listed_places_only() -> None:
    found = lines_with(python_files(PORTAL), "everything=", "Scope(reason=")
    places = {line.partition(":")[0] for line in found}

    assert not places - SEE_EVERYTHING - OFFER_IT, "enter one account; where that is impossible, list the file above"
    assert not (SEE_EVERYTHING | OFFER_IT) - places, "it enters one account by now: take it from the list above"


def test_features_do_not_write_the_condition_themselves() -> None:
    # To compare the accounts of two tables is to join them; to compare with a value is the session's business.
    by_hand = re.compile(r"\.account_id == (?!\w+\.(account_id|id)\b)")
    found = [line for line in lines_with(_rooms(), ".account_id ==") if by_hand.search(line)]

    assert not found, "the session adds it to every owned table"


def test_nobody_takes_a_connection_past_the_guard() -> None:
    found = lines_with(_rooms(), ".connection()", "db.engine", ".get_bind(")

    assert not [line for line in found if not line.startswith("portal/server/")], "work through the session"


def _rooms() -> list[Path]:
    return [path for path in python_files(PORTAL) if "kernel" not in path.parts]


def _owned(tables: list[Table]) -> Iterator[Table]:
    return (table for table in tables if table.info.get("owned"))


def _unique(table: Table) -> Iterator[tuple[str, ...]]:
    for constraint in table.constraints:
        if isinstance(constraint, UniqueConstraint):
            yield tuple(column.name for column in constraint.columns)
