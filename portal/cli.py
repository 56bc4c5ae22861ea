"""The console script `portal`: every command of the installation. Flask's own CLI underneath."""

from __future__ import annotations

import sys
from pathlib import Path

import click
from flask import Flask
from flask.cli import FlaskGroup, pass_script_info
from sqlalchemy.exc import SQLAlchemyError

from portal.accounts.commands import account, user
from portal.app import Process, create_app
from portal.kernel.config import Settings, SettingsError, load_settings
from portal.kernel.errors import PortalError
from portal.kernel.readiness import NotReadyError, check_database
from portal.telephony.commands import call


def _app_of_environment(process: Process = "command") -> Flask:
    return create_app(load_settings(), process)


@click.group(
    cls=FlaskGroup,
    create_app=_app_of_environment,
    add_default_commands=False,
    add_version_option=False,
    load_dotenv=False,
    set_debug_flag=False,
    context_settings={"help_option_names": ["-h", "--help"], "max_content_width": 100},
)
def cli() -> None:
    """The telephony cabinet. Settings are PORTAL_* variables: see the table in README.md."""


cli.add_command(account)
cli.add_command(user)
cli.add_command(call)


def _ready_app(process: Process) -> tuple[Flask, Settings]:
    settings = load_settings()
    app = create_app(settings, process)
    check_database(app)
    return app, settings


@cli.command()
def web() -> None:
    """Serve pages and the telephony API."""
    from portal.server.web import serve

    app, settings = _ready_app("web")
    serve(app, settings)


@cli.command()
def worker() -> None:
    """Send webhooks."""
    from portal.server.parts import run_worker

    app, _settings = _ready_app("worker")
    run_worker(app)


@cli.command()
def engine() -> None:
    """Drive the switch: one engine per switch."""
    from portal.server.parts import run_engine

    app, settings = _ready_app("engine")
    run_engine(app, settings)


@cli.command()
@click.option("--host", help="Address to listen on (default: PORTAL_HOST, 127.0.0.1).")
@click.option("--port", type=click.IntRange(0, 65535), help="Port to listen on (default: PORTAL_PORT, 8000).")
@click.option("--data", type=click.Path(file_okay=False, path_type=Path), help="Folder of everything (default: PORTAL_DATA, ./var).")
@click.option("--calls", type=click.IntRange(0, 1_000_000), default=400, show_default=True, help="Calls of history.")
@click.option("--quiet", is_flag=True, help="Place no calls by itself.")
def demo(host: str | None, port: int | None, data: Path | None, calls: int, quiet: bool) -> None:  # noqa: FBT001
    """Two companies with history, web, worker and the sandbox switch as one process tree."""
    from portal.server.demo import run_demo

    run_demo(load_settings(data=data), host=host, port=port, calls=calls, traffic=not quiet)


@cli.command()
@click.option("--account", "account_id", type=int, required=True, help="Number of the account.")
@click.option("--calls", type=click.IntRange(1), required=True, help="How many calls to add.")
@pass_script_info
def fill(script_info, account_id: int, calls: int) -> None:  # type: ignore[no-untyped-def]
    """Add bulk history for load tests, as realistic as the demo's."""
    from portal.demo.fill import fill_account

    app = script_info.load_app()
    check_database(app)
    fill_account(app, account_id, calls, say=click.echo)


def main() -> None:
    """Runs a command; what a person can mend is told in one line, without a trace."""
    try:
        cli.main(prog_name="portal")
    except (SettingsError, NotReadyError) as error:
        _fail(str(error), 2)
    except PortalError as error:
        _fail(error.message or error.code, 1)
    except SQLAlchemyError as error:
        reason = str(getattr(error, "orig", error)).strip().splitlines()[0]
        _fail(f"The database refused: {reason}", 3)


def _fail(message: str, code: int) -> None:
    click.echo(f"portal: {message}", err=True)
    sys.exit(code)
