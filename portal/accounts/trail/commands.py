"""`portal audit …`."""

from __future__ import annotations

import sys

import click
from flask import current_app

from portal.accounts.trail.verify import verify_trails
from portal.kernel.commands import Commands

trail = Commands("audit", help="The audit trail.")


@trail.command("verify")
def verify() -> None:
    """Say of each chain whether it is whole; ends with 1 where one is not.

    A printed seal that is kept elsewhere shows later that nothing before it was exchanged.
    """
    is_whole = True
    for found in verify_trails(current_app.extensions["portal.vault"]):
        chain = found.chain or "-"
        verdict = found.fault or "whole"
        click.echo(f"{chain}\t{found.name}\t{found.entries} entries\t{found.seal[:16] or '-'}\t{verdict}")
        is_whole = is_whole and found.fault is None
    if not is_whole:
        sys.exit(1)
