"""`portal demo`: everything of one installation as one process tree, on an embedded database."""

from __future__ import annotations

import dataclasses
import ipaddress
import os
import socket
import threading

import click
from flask import Flask
from flask_migrate import upgrade

from portal.app import create_app
from portal.demo.companies import COMPANIES, OPERATOR
from portal.demo.seed import is_settled, settle
from portal.kernel.config import Settings, SettingsError
from portal.kernel.db import db
from portal.kernel.secrets import random_word
from portal.server.parts import run_engine, run_worker
from portal.server.tree import ProcessTree
from portal.server.web import serve

LOOPBACK = (ipaddress.ip_network("127.0.0.0/8"), ipaddress.ip_network("::1/128"))
_WAIT_SECONDS = 60


def run_demo(settings: Settings, *, host: str | None, port: int | None, calls: int, traffic: bool) -> None:
    """Runs the demo until Ctrl-C. Raises `SettingsError` where it cannot: another database, a port in use."""
    if not settings.is_embedded:
        raise SettingsError("portal demo works on its own embedded database: unset PORTAL_DATABASE_URL.")
    host = host or settings.host
    port = _free_port(host, settings.port if port is None else port)
    settings = dataclasses.replace(
        settings,
        host=host,
        port=port,
        is_demo=True,
        webhook_allow=(*settings.webhook_allow, *LOOPBACK),
        log_level="warning" if settings.log_level == "info" else settings.log_level,
    )
    _prepare(settings, calls)
    tree = ProcessTree(
        {
            "web": lambda: serve(create_app(settings, "web"), settings),
            "worker": lambda: run_worker(create_app(settings, "worker")),
            "engine": lambda: run_engine(create_app(settings, "engine"), settings, traffic=traffic),
        }
    )
    tree.start()
    threading.Thread(target=_announce, args=(host, port), daemon=True).start()
    tree.watch()


def _prepare(settings: Settings, calls: int) -> None:
    app = create_app(settings, "command")
    with app.app_context():
        upgrade()
    if not is_settled(app):
        password = settings.demo_password or random_word(16)
        settle(app, password, calls)
        _introduce(password if settings.demo_password is None else None)
    with app.app_context():
        db.engine.dispose()


def _introduce(password: str | None) -> None:
    click.echo("People of the demo:")
    for person in (*(p for company in COMPANIES for p in company.people), OPERATOR):
        click.echo(f"  {person.email:<22} {person.role}")
    click.echo(f"Password of all: {password}" if password else "Password of all: as PORTAL_DEMO_PASSWORD says")


def _free_port(host: str, port: int) -> int:
    """The port, or a free one for 0. Raises `SettingsError` where another program listens."""
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family, socket.SOCK_STREAM) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError as error:
            raise SettingsError(
                f"{host}:{port} cannot be listened on ({os.strerror(error.errno or 0)}): choose another with --port."
            ) from None
        return int(probe.getsockname()[1])


def _announce(host: str, port: int) -> None:
    """Says that the demo answers, once it does."""
    step = threading.Event()
    for _ in range(_WAIT_SECONDS * 50):
        try:
            with socket.create_connection((host, port), timeout=1) as probe:
                probe.sendall(f"GET /healthz HTTP/1.0\r\nHost: {host}\r\n\r\n".encode())
                if b"200" in probe.recv(64):
                    shown = f"[{host}]" if ":" in host else host
                    click.echo(f"Ready: http://{shown}:{port}")
                    return
        except OSError:
            pass
        step.wait(0.02)
