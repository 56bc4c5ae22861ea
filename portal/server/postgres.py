"""PostgreSQL's own tools for copies: `pg_dump` and `pg_restore`, as old as the server at most."""

from __future__ import annotations

import os
import shutil
import subprocess
from pathlib import Path

from sqlalchemy.engine import make_url

from portal.kernel.errors import Unavailable
from portal.kernel.rowsecurity import SETTING


def dump(database_url: str, target: Path) -> None:
    """Writes the whole database in the custom format. Raises `Unavailable` with what the tool says."""
    # Row security is forced on the owner too: the dump is made as of all accounts.
    _run(
        "pg_dump",
        database_url,
        "--format=custom",
        "--no-owner",
        "--no-privileges",
        "--enable-row-security",
        f"--file={target}",
    )


def load(database_url: str, source: Path) -> None:
    """Puts the dumped tables in the place of those that are there, all or none. Raises `Unavailable`."""
    listed = _run("pg_restore", None, "--list", str(source))
    # An extension belongs to the superuser who allowed it, and stays.
    wanted = source.with_suffix(".list")
    wanted.write_text("".join(line for line in listed.splitlines(keepends=True) if " EXTENSION " not in line))
    _run(
        "pg_restore",
        database_url,
        "--clean",
        "--if-exists",
        "--no-owner",
        "--single-transaction",
        "--exit-on-error",
        f"--use-list={wanted}",
        str(source),
    )


def _run(tool: str, database_url: str | None, *arguments: str) -> str:
    environ = dict(os.environ)
    where: list[str] = []
    if database_url is not None:
        url = make_url(database_url).set(drivername="postgresql")
        # The password goes by the environment: arguments are for everybody on the machine to read.
        environ |= {"PGPASSWORD": str(url.password or ""), "PGOPTIONS": f"-c {SETTING}=all"}
        where = [f"--dbname={url.set(password=None).render_as_string(hide_password=False)}"]
    done = subprocess.run(  # noqa: S603 -- a tool of PostgreSQL's, with arguments of our own
        [_find(tool), *where, *arguments], env=environ, capture_output=True, text=True, check=False
    )
    if done.returncode != 0:
        said = next((line for line in done.stderr.splitlines() if "error:" in line), done.stderr.strip())
        raise Unavailable(f"{tool} failed: {said.removeprefix(f'{tool}: ')}")
    return done.stdout


def _find(tool: str) -> str:
    """On PATH, or the newest at Debian's place. Raises `Unavailable` where it is nowhere."""
    versions = sorted(Path("/usr/lib/postgresql").glob(f"*/bin/{tool}"), key=lambda path: float(path.parts[-3]))
    found = str(versions[-1]) if versions else shutil.which(tool)
    if found is None:
        raise Unavailable(
            f"{tool} is not installed: it comes with PostgreSQL (Debian: apt-get install postgresql-client)."
        )
    return found
