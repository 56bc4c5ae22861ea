"""What `portal engine check` prints, and how it ends."""

from __future__ import annotations

import sys

import click
from flask import current_app

from portal.kernel.config import Settings
from portal.kernel.locks import take_lock
from portal.telephony.asterisk_check import check_asterisk


def run_check() -> None:
    """Prints a line for each thing; ends the process with code 1 where one keeps calls from working."""
    settings: Settings = current_app.extensions["portal.settings"]
    if settings.engine != "asterisk":
        click.echo(f"PORTAL_ENGINE is {settings.engine}: there is nothing outside the portal to check.")
        return
    # The probe listens in the engine's place, so the engine must not come meanwhile.
    lock = take_lock(f"engine-{settings.switch}", settings.database_url, settings.data)
    try:
        findings = check_asterisk(settings, is_engine_running=lock is None)
    finally:
        if lock is not None:
            lock.release()
    for finding in sorted(findings, key=lambda each: not each.is_fault):
        click.echo(f"{'missing' if finding.is_fault else 'note'}: {finding.text}")
    if any(finding.is_fault for finding in findings):
        sys.exit(1)
    click.echo(f'Asterisk at {settings.asterisk.url} is ready for the switch "{settings.switch}".')
