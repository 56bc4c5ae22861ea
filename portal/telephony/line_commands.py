"""`portal line …` and `portal number …`: whose phones and numbers there are, and on which switch."""

from __future__ import annotations

import click

from portal.accounts.services import find_account
from portal.kernel import phone
from portal.kernel.commands import Commands
from portal.kernel.db import transaction
from portal.kernel.errors import NotFound
from portal.telephony import lines, queries
from portal.telephony.models import MAIN_SWITCH

line = Commands("line", help="SIP accounts: whose they are, and with which switch their phones register.")
number = Commands("number", help="Public numbers: whose they are, and to which switch their calls come.")

_of_account = click.option("--account", "account_id", type=int, required=True, help="Number of the account.")
_on_switch = click.option("--switch", default=MAIN_SWITCH, show_default=True, help="PORTAL_SWITCH of its engine.")
_labelled = click.option("--label", default="", help="What people call it.")


@line.command("add")
@click.argument("name")
@_of_account
@_on_switch
@_labelled
def add_line(name: str, account_id: int, switch: str, label: str) -> None:
    """Give an account the SIP account NAME; on an Asterisk that is an endpoint's name."""
    with transaction(account_id):
        find_account(account_id)
        click.echo(lines.add_sip_line(name, label, switch).name)


@line.command("list")
@_of_account
def list_lines(account_id: int) -> None:
    """Name, switch, state and label of each SIP account."""
    with transaction(account_id, writes=False):
        for each in queries.sip_lines():
            click.echo(f"{each.name}\t{each.switch}\t{each.presence}\t{each.label}")


@line.command("move")
@click.argument("name")
@_of_account
@_on_switch
def move_line(name: str, account_id: int, switch: str) -> None:
    """Let the phone of NAME register with another switch."""
    with transaction(account_id):
        found = queries.find_sip_line(f"SIP/{name.removeprefix('SIP/')}")
        if found is None:
            raise NotFound(f"The account has no SIP account {name}.")
        lines.move_to_switch(found, switch)


@number.command("add")
@click.argument("digits")
@_of_account
@_on_switch
@_labelled
def add_number(digits: str, account_id: int, switch: str, label: str) -> None:
    """Give an account the public number DIGITS, as people write it."""
    with transaction(account_id):
        find_account(account_id)
        click.echo(lines.add_did(digits, label, switch).number)


@number.command("list")
@_of_account
def list_numbers(account_id: int) -> None:
    """Number, switch and label of each public number."""
    with transaction(account_id, writes=False):
        for each in queries.dids():
            click.echo(f"{each.number}\t{each.switch}\t{each.label}")


@number.command("move")
@click.argument("digits")
@_of_account
@_on_switch
def move_number(digits: str, account_id: int, switch: str) -> None:
    """Let the calls of a public number come to another switch."""
    with transaction(account_id):
        found = queries.find_did(phone.normalise(digits))
        if found is None:
            raise NotFound(f"The account has no number {digits}.")
        lines.move_to_switch(found, switch)
