"""A copy is made while the installation works and comes back whole."""

import stat
import tarfile
from collections.abc import Callable
from pathlib import Path

import pytest

from tests.server.shell import Shell

SECRET = "0123456789abcdef" * 4
Installations = Callable[[str], Shell]


@pytest.fixture
def installation(tmp_path: Path, new_database: Callable[[], str]) -> Installations:
    """Makes a shell at an installation with a folder and an empty database of its own."""

    def make(name: str, **settings: str) -> Shell:
        return Shell(tmp_path / name, PORTAL_DATABASE_URL=new_database(), PORTAL_SECRET_KEY=SECRET, **settings)

    return make


@pytest.fixture
def north(installation: Installations, tmp_path: Path) -> Shell:
    """An installation with one account and one record."""
    shell = installation("north")
    shell("db", "upgrade")
    shell("account", "add", "North")
    record = tmp_path / "north" / "blobs" / "records" / "1" / "one.wav"
    record.parent.mkdir(parents=True)
    record.write_bytes(b"RIFF")
    return shell


def test_a_copy_comes_back_with_accounts_keys_and_records(
    north: Shell, installation: Installations, tmp_path: Path
) -> None:
    copy = tmp_path / "copy.tar"
    other = installation("other")

    assert "and 1 records" in north("backup", copy)
    assert other("restore", copy).endswith("It can be started.")

    assert other("account", "list") == "1\tNorth\tactive"
    assert other("account", "key", "1") == north("account", "key", "1")
    assert (tmp_path / "other" / "blobs" / "records" / "1" / "one.wav").read_bytes() == b"RIFF"
    assert stat.S_IMODE(copy.stat().st_mode) == 0o600


def test_what_is_there_is_replaced_only_on_demand(north: Shell, installation: Installations, tmp_path: Path) -> None:
    copy = tmp_path / "copy.tar"
    north("backup", copy)
    north("account", "add", "South")
    (tmp_path / "north" / "blobs" / "records" / "1" / "two.wav").touch()

    assert "restore with --replace" in north.run("restore", copy).complaint
    assert north("account", "list").count("\n") == 1

    north("restore", copy, "--replace")

    assert north("account", "list") == "1\tNorth\tactive"
    assert [path.name for path in (tmp_path / "north" / "blobs").rglob("*.wav")] == ["one.wav"]


def test_no_copy_is_written_over_another(north: Shell, tmp_path: Path) -> None:
    (tmp_path / "copy.tar").touch()

    assert "is there already" in north.run("backup", tmp_path / "copy.tar").complaint


def test_a_copy_with_another_secret_is_refused(north: Shell, tmp_path: Path, new_database: Callable[[], str]) -> None:
    north("backup", tmp_path / "copy.tar")
    other = Shell(tmp_path / "other", PORTAL_DATABASE_URL=new_database(), PORTAL_SECRET_KEY="fedcba9876543210" * 4)

    assert "made with another secret" in other.run("restore", tmp_path / "copy.tar").complaint


def test_what_is_no_copy_is_refused_and_changes_nothing(north: Shell, tmp_path: Path) -> None:
    stranger = tmp_path / "stranger.tar"
    with tarfile.open(stranger, "w") as tar:
        tar.add(__file__, arcname="../outside")

    for file in (stranger, Path(__file__), tmp_path / "nothing.tar"):
        assert "no copy" in north.run("restore", file, "--replace").complaint
    assert north("account", "list") == "1\tNorth\tactive"


def test_records_that_are_in_a_bucket_are_said_not_to_be_in_the_copy(
    new_database: Callable[[], str], tmp_path: Path
) -> None:
    database = {"PORTAL_DATABASE_URL": new_database(), "PORTAL_SECRET_KEY": SECRET}
    shell = Shell(tmp_path / "cloud", **database, PORTAL_STORAGE="s3://records/north")
    shell("db", "upgrade")
    copy = tmp_path / "copy.tar"

    assert "no records (they are in s3://records/north/" in shell("backup", copy)

    with tarfile.open(copy) as tar:
        assert not [name for name in tar.getnames() if name.startswith("blobs")]
