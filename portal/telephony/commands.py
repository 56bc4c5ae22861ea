"""`portal call …`."""

from __future__ import annotations

import click

from portal.kernel.commands import Commands
from portal.telephony import services

call = Commands("call", help="Calls on the sandbox switch.")


@call.command("incoming")
@click.option("--account", "account_id", type=int, required=True, help="Number of the account.")
@click.option("--from", "caller", help="Who calls (default: a made-up number).")
@click.option("--to", "did", help="Public number that is dialled (default: the account's first).")
def incoming(account_id: int, caller: str | None, did: str | None) -> None:
    """Place a test call on the running sandbox switch; prints its api_call_id."""
    click.echo(services.place_test_call(account_id, caller=caller, did=did))
