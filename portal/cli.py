"""The console script `portal`: every command of the installation. Flask's own CLI underneath."""

from __future__ import annotations

import os
import sys
from pathlib import Path

import click
from flask import Flask, current_app
from flask.cli import ScriptInfo, with_appcontext
from flask_migrate.cli import db as database  # type: ignore[import-not-found]
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.commands import account, user
from portal.accounts.trail.commands import trail
from portal.app import Process, create_app
from portal.billing.commands import ledger
from portal.kernel.commands import on_a_ready_database
from portal.kernel.config import Settings, SettingsError, load_settings
from portal.kernel.errors import PortalError
from portal.kernel.lateindexes import WHAT_TO_DO, make_missing_indexes, missing_indexes, tell_missing_indexes
from portal.kernel.readiness import NotReadyError, check_database, reason, upgrade_database
from portal.telephony.commands import call
from portal.telephony.line_commands import line, number

_FOLDER = click.Path(file_okay=False, path_type=Path)
_FILE = click.Path(dir_okay=False, path_type=Path)


@click.group(context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100})
def cli() -> None:
    """The telephony cabinet. Settings are PORTAL_* variables: see the table in README.md."""


cli.add_command(account)
cli.add_command(trail)
cli.add_command(user)
cli.add_command(call)
cli.add_command(line)
cli.add_command(number)
cli.add_command(ledger)
cli.add_command(database)


@click.command("upgrade")
@with_appcontext
def upgrade() -> None:
    """Bring the database to this release; an empty one gets its tables."""
    click.echo(f"The database is at revision {upgrade_database(_app())}.")
    if made := make_missing_indexes(_app()):
        click.echo(f"Made the indexes that were missing: {', '.join(made)}.")
    elif missing_indexes(_app()):
        click.echo(WHAT_TO_DO)


# In place of Flask-Migrate's own, which knows neither of our errors.
database.add_command(upgrade)


def _app() -> Flask:
    app: Flask = current_app._get_current_object()  # type: ignore[attr-defined]  # noqa: SLF001
    return app


def _ready_app(process: Process) -> tuple[Flask, Settings]:
    settings = load_settings()
    app = create_app(settings, process)
    check_database(app)
    tell_missing_indexes(app)
    return app, settings


@cli.command()
def web() -> None:
    """Serve pages and the telephony API."""
    from portal.server.web import serve

    app, settings = _ready_app("web")
    serve(app, settings)


@cli.command()
def worker() -> None:
    """Send webhooks, and do background jobs beside them."""
    from portal.server.worker import run_both

    _app, settings = _ready_app("command")
    run_both(settings)


@cli.group(invoke_without_command=True)
@click.pass_context
def engine(context: click.Context) -> None:
    """Drive the switch: one engine per switch."""
    if context.invoked_subcommand is not None:
        return
    from portal.server.parts import run_engine

    app, _settings = _ready_app("engine")
    run_engine(app)


@engine.command("check")
def check_engine() -> None:
    """Say what is still missing for an Asterisk to work under the portal; code 1 while anything is."""
    from portal.telephony.asterisk_check_command import run_check

    app, _settings = _ready_app("command")
    with app.app_context():
        run_check()


@engine.command("sounds")
@click.argument("folder", type=_FOLDER)
def write_sounds(folder: Path) -> None:
    """Write a signal for each announcement that FOLDER lacks: Asterisk's sounds/portal. Nothing there is replaced."""
    from portal.telephony.engines.asterisk.sounds import write_signals

    try:
        made = write_signals(folder)
    except OSError as error:
        raise click.ClickException(f"{folder} cannot be written: {error.strerror}.") from None
    for path in made:
        click.echo(f"{path} is written: a signal, no words. Replace it by a recording of yours.")
    if not made:
        click.echo(f"{folder} has every announcement already.")


@cli.command()
@click.option("--host", help="Address to listen on (default: PORTAL_HOST, 127.0.0.1).")
@click.option(
    "--port", type=click.IntRange(0, 65535), help="Port to listen on (default: PORTAL_PORT, 8000); 0 takes a free one."
)
@click.option("--data", type=_FOLDER, help="Folder of everything (default: PORTAL_DATA, ./var).")
@click.option(
    "--calls",
    type=click.IntRange(0, 1_000_000),
    default=400,
    show_default=True,
    help="Calls of history, on a first start.",
)
@click.option("--quiet", is_flag=True, help="Place no calls by itself.")
def demo(host: str | None, port: int | None, data: Path | None, calls: int, quiet: bool) -> None:  # noqa: FBT001
    """Two companies with history, web, worker and the sandbox switch as one process tree."""
    from portal.server.demo import run_demo

    run_demo(load_settings(data=data), host=host, port=port, calls=calls, traffic=not quiet)


@cli.command()
@click.option("--account", "account_id", type=int, required=True, help="Number of the account.")
@click.option("--calls", type=click.IntRange(1), required=True, help="How many calls to add.")
@with_appcontext
@on_a_ready_database
def fill(account_id: int, calls: int) -> None:
    """Add bulk history for load tests, as realistic as the demo's; also while the installation runs.

    From 200,000 calls on it is quickest while nothing runs: nothing can begin then until it has ended.
    """
    from portal.demo.fill import fill_account

    fill_account(_app(), account_id, calls, say=click.echo)


@cli.command()
@click.argument("file", type=_FILE)
@with_appcontext
@on_a_ready_database
def backup(file: Path) -> None:
    """Write a consistent copy of database, secret and records to FILE, also while the installation runs."""
    from portal.server.backup import back_up

    click.echo(back_up(_app(), file))


@cli.command()
@click.argument("file", type=_FILE)
@click.option("--replace", is_flag=True, help="Replace an installation that is there already.")
def restore(file: Path, replace: bool) -> None:  # noqa: FBT001
    """Bring a copy of `portal backup` back, into an installation that does not run."""
    from portal.server.restore import restore_installation

    click.echo(restore_installation(file, replace=replace))


def main() -> None:
    """Runs a command; what a person can mend is told in one line, without a trace."""
    # Databases, records and copies hold what no other user of the machine may read.
    os.umask(0o077)
    info = ScriptInfo(create_app=lambda: create_app(load_settings(), "command"), set_debug_flag=False)
    try:
        cli.main(prog_name="portal", obj=info)
    except (SettingsError, NotReadyError) as error:
        _fail(str(error), 2)
    except PortalError as error:
        _fail(error.message or error.code, 1)
    except SQLAlchemyError as error:
        _fail(f"The database refused: {reason(error)}", 3)
    except PermissionError as error:
        _fail(f"{error.filename} cannot be used: {error.strerror}.", 2)


def _fail(message: str, code: int) -> None:
    click.echo(f"portal: {message}", err=True)
    sys.exit(code)
