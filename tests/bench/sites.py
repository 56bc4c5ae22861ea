"""Installations to measure: the demo as it comes, and one on PostgreSQL with its three processes."""

import os
import secrets
import subprocess
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

import psycopg
import requests
from flask import Flask

from portal.app import create_app
from portal.demo.seed import settle
from portal.kernel.config import load_settings
from portal.kernel.readiness import upgrade_database
from tests.support.installation import PORTAL, Installation
from tests.support.postgres import PostgresServer, free_port

PASSWORD = Installation.password
READY_SECONDS = 60


class Site:
    """Where it answers, an app on the same database, and a way to type commands."""

    def __init__(self, url: str, data: Path, environment: dict[str, str]) -> None:
        self.url = url
        self.environment = {"PORTAL_DATA": str(data), "PORTAL_LOG_LEVEL": "warning"} | environment
        self.app: Flask = create_app(load_settings(self.environment), "command")

    def run(self, *arguments: str) -> str:
        """What a command prints."""
        plain = {name: value for name, value in os.environ.items() if not name.startswith("PORTAL_")}
        command = [str(PORTAL), *arguments]
        return subprocess.run(
            command, env=plain | self.environment, stdout=subprocess.PIPE, text=True, check=True
        ).stdout


@contextmanager
def demo(data: Path) -> Iterator[Site]:
    """`portal demo` on a folder; it places no calls by itself."""
    with Installation(data, "--quiet") as running:
        yield Site(running.url, data, {})


@contextmanager
def durable_postgresql() -> Iterator[PostgresServer]:
    """A server that writes as durably as PostgreSQL's own settings say."""
    with PostgresServer() as server:
        for setting in ("fsync", "full_page_writes", "synchronous_commit"):
            server.address.execute("postgres", psycopg.sql.SQL(f"alter system set {setting} = on"))
        server.address.execute("postgres", psycopg.sql.SQL("select pg_reload_conf()"))
        yield server


@contextmanager
def on_postgresql(data: Path) -> Iterator[Site]:
    """`portal web`, `worker` and `engine` on a server of their own."""
    with durable_postgresql() as server:
        port = free_port()
        environment = {
            "PORTAL_DATABASE_URL": server.address.create_database("bench"),
            "PORTAL_SECRET_KEY": secrets.token_hex(32),
            "PORTAL_PORT": str(port),
            "PORTAL_WEBHOOK_ALLOW": "127.0.0.0/8",
        }
        site = Site(f"http://127.0.0.1:{port}", data, environment)
        upgrade_database(site.app)
        settle(site.app, PASSWORD, 400)
        parts = [
            subprocess.Popen([PORTAL, part], env=os.environ | site.environment) for part in ("web", "worker", "engine")
        ]
        try:
            _wait_for(site.url)
            yield site
        finally:
            for part in parts:
                part.terminate()
            for part in parts:
                part.wait(READY_SECONDS)


def _wait_for(url: str) -> None:
    deadline = time.monotonic() + READY_SECONDS
    while True:
        try:
            requests.get(f"{url}/healthz", timeout=READY_SECONDS).raise_for_status()
        except requests.ConnectionError:
            assert time.monotonic() < deadline, f"{url} does not answer"
            time.sleep(0.05)
        else:
            return
