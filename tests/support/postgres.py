"""A PostgreSQL server of the test run's own: made in a temporary folder, gone with the run.

The role `portal` owns its databases and is no superuser, since superusers pass by row-level security.
"""

import os
import pwd
import secrets
import shutil
import socket
import subprocess
import sys
import tempfile
import time
from dataclasses import dataclass
from pathlib import Path
from typing import Self

import psycopg
from psycopg import sql

from tests.support import debian

START_SECONDS = 30
# Runs the server until standard input ends, be it that the run says so or that the run has died; then cleans up.
KEEPER = """
"$1/postgres" -D "$2/data" >"$2/log" 2>&1 &
server=$!
read -r _
kill -QUIT $server
wait $server
rm -rf "$2"
"""
# A server that forgets everything with the run need not wait for the disk.
SETTINGS = """
listen_addresses = '127.0.0.1'
port = {port}
unix_socket_directories = '{folder}'
max_connections = 200
shared_buffers = 64MB
fsync = off
full_page_writes = off
synchronous_commit = off
timezone = 'UTC'
"""
# The superuser comes through the socket, which stands in a closed folder; the portal over TCP with a password.
ACCESS = """
local all all trust
host all portal 127.0.0.1/32 scram-sha-256
"""


@dataclass(frozen=True, slots=True)
class PostgresAddress:
    """Where a server of this run answers; plain enough to be told to another process."""

    folder: str
    port: int
    password: str

    def create_database(self, name: str) -> str:
        """Make an empty database with pg_trgm; return its SQLAlchemy URL for the role `portal`."""
        self.drop_database(name)
        self.execute("postgres", sql.SQL("CREATE DATABASE {} OWNER portal").format(sql.Identifier(name)))
        self.execute(name, sql.SQL("CREATE EXTENSION pg_trgm"))
        return f"postgresql+psycopg://portal:{self.password}@127.0.0.1:{self.port}/{name}"

    def create_bare_database(self, name: str) -> str:
        """The same where pg_trgm is not and the role may not add it; the URL as above."""
        self.drop_database(name)
        self.execute("postgres", sql.SQL("CREATE DATABASE {}").format(sql.Identifier(name)))
        self.execute(name, sql.SQL("GRANT ALL ON SCHEMA public TO portal"))
        return f"postgresql+psycopg://portal:{self.password}@127.0.0.1:{self.port}/{name}"

    def drop_database(self, name: str) -> None:
        """Remove a database, its connections included; one that is not there is no error."""
        self.execute("postgres", sql.SQL("DROP DATABASE IF EXISTS {} WITH (FORCE)").format(sql.Identifier(name)))

    def execute(self, database: str, statement: sql.SQL | sql.Composed) -> None:
        """Run a statement as the server's superuser."""
        with psycopg.connect(
            host=self.folder, port=self.port, user="postgres", dbname=database, autocommit=True
        ) as connection:
            connection.execute(statement)


class PostgresServer:
    """A running server at `address`, until `stop` or the end of this process."""

    def __init__(self) -> None:
        binaries = _binaries()
        self._prefix, owner = _unprivileged()
        self._folder = Path(tempfile.mkdtemp(prefix="pg-"))
        if owner is not None:
            os.chown(self._folder, *owner)
        self.address = PostgresAddress(str(self._folder), free_port(), secrets.token_hex(16))
        self._initialise(binaries)
        # A session of its own: Ctrl-C reaches the tests first, which then end the server.
        self._keeper = subprocess.Popen(
            [*self._prefix, "sh", "-c", KEEPER, "keeper", binaries, self._folder],
            stdin=subprocess.PIPE,
            cwd=self._folder,
            start_new_session=True,
        )
        self._wait_until_ready()
        create_role = "CREATE ROLE portal LOGIN NOSUPERUSER NOBYPASSRLS PASSWORD {}"
        self.address.execute("postgres", sql.SQL(create_role).format(sql.Literal(self.address.password)))

    def stop(self) -> None:
        """End the server and remove its folder."""
        if self._keeper.stdin is not None:
            self._keeper.stdin.close()
        self._keeper.wait(timeout=START_SECONDS)

    def __enter__(self) -> Self:
        return self

    def __exit__(self, *_: object) -> None:
        self.stop()

    def _initialise(self, binaries: Path) -> None:
        data = self._folder / "data"
        options = ["--encoding=UTF8", _locale(), "--username=postgres", "--auth=trust", "--no-sync"]
        subprocess.run(
            [*self._prefix, binaries / "initdb", *options, f"--pgdata={data}"],
            cwd=self._folder,
            check=True,
            stdout=subprocess.DEVNULL,
        )
        with (data / "postgresql.conf").open("a") as settings:
            settings.write(SETTINGS.format(port=self.address.port, folder=self._folder))
        (data / "pg_hba.conf").write_text(ACCESS)

    def _wait_until_ready(self) -> None:
        deadline = time.monotonic() + START_SECONDS
        while True:
            try:
                self.address.execute("postgres", sql.SQL("SELECT 1"))
            except psycopg.OperationalError as error:
                if time.monotonic() > deadline or self._keeper.poll() is not None:
                    log = (self._folder / "log").read_text()
                    self.stop()
                    raise RuntimeError(f"PostgreSQL did not start:\n{log}") from error
                time.sleep(0.05)
            else:
                return


def _binaries() -> Path:
    """Where initdb and postgres are, installed first if they are nowhere."""
    found = _find_binaries()
    if found is None:
        debian.install("postgresql")
        found = _find_binaries()
    if found is None:
        raise debian.MissingProgramError("PostgreSQL's initdb was not found, neither on PATH nor at Debian's place.")
    return found


def _find_binaries() -> Path | None:
    versions = sorted(Path("/usr/lib/postgresql").glob("*/bin/initdb"), key=lambda path: float(path.parts[-3]))
    if versions:
        return versions[-1].parent
    on_path = shutil.which("initdb")
    return Path(on_path).resolve().parent if on_path else None


def _unprivileged() -> tuple[list[str], tuple[int, int] | None]:
    """How to run as somebody whom PostgreSQL accepts, and that user's ids; root is not accepted."""
    if os.geteuid() != 0:
        return [], None
    user = next(user for user in pwd.getpwall() if user.pw_name in {"postgres", "nobody"})
    ids = (user.pw_uid, user.pw_gid)
    return ["setpriv", f"--reuid={ids[0]}", f"--regid={ids[1]}", "--clear-groups", "--"], ids


def _locale() -> str:
    return "--locale=en_US.UTF-8" if sys.platform == "darwin" else "--locale=C.UTF-8"


def free_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        port: int = probe.getsockname()[1]
        return port
