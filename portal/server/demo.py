"""`portal demo`: everything of one installation as one process tree, on an embedded database."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import socket
import threading
from pathlib import Path

import click
from sqlalchemy.engine import make_url

from portal.app import create_app
from portal.demo.companies import COMPANIES, OPERATOR
from portal.demo.seed import is_settled, settle
from portal.kernel.config import Settings, SettingsError
from portal.kernel.db import db
from portal.kernel.locks import take_lock
from portal.kernel.readiness import upgrade_database
from portal.kernel.secrets import random_word
from portal.server.parts import run_engine, run_jobs, run_worker
from portal.server.tree import ProcessTree
from portal.server.web import address, serve

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_ANSWER_SECONDS = 60


def run_demo(settings: Settings, *, host: str | None, port: int | None, calls: int, traffic: bool) -> None:
    """Runs the demo until Ctrl-C. Raises `SettingsError` where it cannot: another database, a port in use."""
    file = _database_file(settings)
    host = host or settings.host
    with _listen(host, settings.port if port is None else port) as listening:
        port = int(listening.getsockname()[1])
        settings = _as_demo(settings, host, port)
        lock = take_lock("demo", settings.database_url, settings.data)
        if lock is None:
            raise SettingsError(
                f"Another demo or a `portal fill` works on {settings.data}: wait for its end, or choose another folder "
                "with --data."
            )
        _prepare(settings, file, calls)
        # Children of a tree that was killed keep the port and the lock for the second that they outlive it.
        tree = ProcessTree(
            {
                "web": lambda: serve(create_app(settings, "web"), settings, listening),
                "worker": lambda: run_worker(create_app(settings, "worker")),
                "jobs": lambda: run_jobs(create_app(settings, "jobs")),
                "engine": lambda: run_engine(create_app(settings, "engine"), traffic=traffic),
            }
        )
        tree.start()
        threading.Thread(target=_announce, args=(host, port), daemon=True).start()
        tree.watch()
        lock.release()


def _database_file(settings: Settings) -> Path:
    url = make_url(settings.database_url)
    if url.get_backend_name() != "sqlite" or not url.database or url.database == ":memory:":
        raise SettingsError("portal demo works on an embedded database of its own: unset PORTAL_DATABASE_URL.")
    return Path(url.database)


def _as_demo(settings: Settings, host: str, port: int) -> Settings:
    """Webhooks reach this machine; the log holds its peace while all goes well."""
    return dataclasses.replace(
        settings,
        host=host,
        port=port,
        is_demo=True,
        capture_pages=True,
        webhook_allow=(*settings.webhook_allow, *LOOPBACK),
        log_level="warning" if settings.log_level == "info" else settings.log_level,
    )


def _prepare(settings: Settings, file: Path, calls: int) -> None:
    """An installation with the demo's companies.

    Its first database gets its name when it is whole, so that a first start that was broken off begins anew.
    """
    if file.exists():
        _settle(settings, calls)
        return
    draft = file.with_name(f"{file.name}.new")
    for leftover in (draft, Path(f"{draft}-wal"), Path(f"{draft}-shm")):
        leftover.unlink(missing_ok=True)
    _settle(dataclasses.replace(settings, database_url=f"sqlite:///{draft}"), calls)
    draft.replace(file)


def _settle(settings: Settings, calls: int) -> None:
    app = create_app(settings, "command")
    upgrade_database(app)
    if not is_settled(app):
        password = settings.demo_password or random_word(16)
        settle(app, password, calls)
        _introduce(password if settings.demo_password is None else "as PORTAL_DEMO_PASSWORD says")
    else:
        _introduce("as at the first start; portal user password E-MAIL sets a new one")
    with app.app_context():
        # The children open connections of their own, and SQLite puts its log away at the last one's end.
        db.engine.dispose()


def _introduce(password: str) -> None:
    click.echo("People of the demo:")
    for person in (*(p for company in COMPANIES for p in company.people), OPERATOR):
        click.echo(f"  {person.email:<22} {person.role}")
    click.echo(f"Password of all: {password}")


def _listen(host: str, port: int) -> socket.socket:
    """The socket that every life of the web part serves, bound to the port, or to a free one for 0."""
    listening = socket.socket(socket.AF_INET6 if ":" in host else socket.AF_INET)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((host, port))
        listening.listen()
    except OSError as error:
        listening.close()
        said = os.strerror(error.errno) if error.errno and error.errno > 0 else error.strerror
        raise SettingsError(
            f"{address(host, port)} cannot be listened on ({said}): choose another --host or --port."
        ) from None
    return listening


def _announce(host: str, port: int) -> None:
    """Says that the demo answers, once it does."""
    try:
        with socket.create_connection((host, port), timeout=_ANSWER_SECONDS) as probe:
            probe.sendall(f"GET /healthz HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
            if b" 200 " in probe.recv(64):
                click.echo(f"Ready: http://{address(host, port)}")
    except OSError as error:
        click.echo(f"portal: the web server does not answer: {error}", err=True)
