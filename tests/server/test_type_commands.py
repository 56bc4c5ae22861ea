"""Commands on an installation that does not run: what they do, and the one line they say when they cannot."""

import sqlite3
from contextlib import closing
from pathlib import Path

import pytest

from portal.cli import cli
from tests.architecture.sources import ROOT
from tests.server.shell import Shell

PASSWORD = "correct horse battery staple"


@pytest.fixture(scope="module")
def shell(tmp_path_factory: pytest.TempPathFactory) -> Shell:
    """A person at an installation with one account and one user."""
    shell = Shell(tmp_path_factory.mktemp("installation"))
    assert shell("db", "upgrade") == "The database is at revision 0001."
    assert shell("account", "add", "North") == "1"
    shell("user", "add", "anna@north.example", "--account", "1", "--role", "admin", "--password", PASSWORD)
    return shell


def test_accounts_are_listed_with_their_state(shell: Shell) -> None:
    shell("account", "block", "1")
    blocked = shell("account", "list")
    shell("account", "block", "1", "--undo")

    assert blocked == "1\tNorth\tblocked"
    assert shell("account", "list") == "1\tNorth\tactive"


def test_the_key_of_an_account_is_printed_alone(shell: Shell) -> None:
    assert shell("account", "key", "1").startswith("abonent1")


def test_a_password_is_asked_for_twice_and_not_shown(shell: Shell) -> None:
    printed = shell("user", "password", "anna@north.example", typed=f"{PASSWORD} new\n{PASSWORD} new\n")

    assert PASSWORD not in printed


def test_a_person_is_disabled_and_let_in_again(shell: Shell) -> None:
    shell("user", "disable", "anna@north.example")
    disabled = shell("user", "list")
    shell("user", "disable", "anna@north.example", "--undo")

    assert disabled.endswith("disabled")
    assert shell("user", "list").endswith("active")


@pytest.mark.parametrize(
    ("command", "complaint"),
    [
        ("account add ''", "Give the account a name."),
        ("account add East --time-zone Mars/Phobos", "There is no time zone Mars/Phobos."),
        ("user role anna@north.example 7 admin", "There is no account 7."),
        ("user add boris@north.example --password short", "A password has from 12 to 256 characters."),
        ("call incoming --account 1", "The account has no public number to call."),
        ("fill --account 1 --calls 10", "Add a SIP account and a public number to the account first."),
    ],
)
def test_what_cannot_be_done_is_said_in_one_line(shell: Shell, command: str, complaint: str) -> None:
    outcome = shell.run(*[word.strip("'") for word in command.split()])

    assert outcome.complaint == f"portal: {complaint}"
    assert outcome.code == 1


@pytest.mark.parametrize("command", ["web", "account list"])
def test_nothing_works_on_a_database_that_is_not_there(tmp_path: Path, command: str) -> None:
    outcome = Shell(tmp_path).run(*command.split())

    assert "make one with `portal db upgrade`" in outcome.complaint
    assert not (tmp_path / "portal.db").exists()


@pytest.mark.parametrize("command", ["web", "db upgrade", "demo --port 0"])
def test_a_newer_database_is_left_alone(shell: Shell, tmp_path: Path, command: str) -> None:
    with closing(sqlite3.connect(tmp_path / "portal.db")) as database:
        database.execute("create table alembic_version (version_num varchar(32))")
        database.execute("insert into alembic_version values ('9999')")
        database.commit()

    assert "The database is newer than this release" in Shell(tmp_path).run(*command.split()).complaint


@pytest.mark.parametrize(
    ("settings", "complaint"),
    [
        ({"PORTAL_PROT": "8000"}, "PORTAL_PROT is not a setting of the portal"),
        ({"PORTAL_DATA": "/dev/null/portal"}, "PORTAL_DATA /dev/null/portal cannot be used"),
        ({"PORTAL_DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal"}, "PORTAL_SECRET_KEY is missing"),
        (
            {"PORTAL_DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal", "PORTAL_SECRET_KEY": "0123" * 16},
            "start it, or correct PORTAL_DATABASE_URL.",
        ),
    ],
)
def test_a_wrong_setting_keeps_the_web_server_from_starting(
    tmp_path: Path, settings: dict[str, str], complaint: str
) -> None:
    outcome = Shell(tmp_path, **settings).run("web")

    assert complaint in outcome.complaint
    assert outcome.code == 2


def test_a_command_explains_itself_without_an_installation(tmp_path: Path) -> None:
    shell = Shell(tmp_path, PORTAL_PROT="8000")

    assert "--replace" in shell("restore", "--help")
    assert "Place a test call" in shell("call", "incoming", "--help")


def test_the_readme_lists_every_command() -> None:
    readme = (ROOT / "README.md").read_text(encoding="utf-8")

    assert not [name for name in cli.commands if f"`portal {name}" not in readme]
