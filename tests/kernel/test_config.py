"""Settings are checked at start; what is wrong is said in one line that tells what to do."""

import stat
from pathlib import Path

import pytest

from portal.kernel.config import SettingsError, load_settings

SECRET = "s" * 32


def test_an_empty_environment_gives_an_embedded_installation(tmp_path: Path) -> None:
    settings = load_settings({}, data=tmp_path / "var")

    assert settings.is_embedded
    assert settings.database_url == f"sqlite:///{tmp_path / 'var' / 'portal.db'}"
    assert settings.engine == "sandbox"


def test_the_made_up_secret_is_kept_and_readable_by_its_owner_alone(tmp_path: Path) -> None:
    first = load_settings({}, data=tmp_path)
    second = load_settings({}, data=tmp_path)

    assert first.secret_key == second.secret_key
    assert stat.S_IMODE((tmp_path / "secret").stat().st_mode) == 0o600
    assert first.secret_key not in repr(first)


@pytest.mark.parametrize(
    ("environ", "words"),
    [
        ({"PORTAL_DATABSE_URL": "x"}, "PORTAL_DATABSE_URL is not a setting"),
        ({"PORTAL_PORT": "eighty"}, "PORTAL_PORT must be a whole number"),
        ({"PORTAL_PORT": "70000"}, "PORTAL_PORT must be a whole number"),
        ({"PORTAL_ENGINE": "carrier-pigeon"}, "PORTAL_ENGINE must be one of"),
        ({"PORTAL_WEBHOOK_ALLOW": "10.0.0.1/8"}, "PORTAL_WEBHOOK_ALLOW must be networks"),
        ({"PORTAL_DATABASE_URL": "mysql://host/name"}, "PORTAL_DATABASE_URL must name PostgreSQL or SQLite"),
        ({"PORTAL_DATABASE_URL": "what"}, "PORTAL_DATABASE_URL must look like"),
        ({"PORTAL_SECRET_KEY": "short"}, "PORTAL_SECRET_KEY must have at least 32"),
        ({"PORTAL_PUBLIC_URL": "cabinet.example"}, "PORTAL_PUBLIC_URL must begin with http"),
        ({"PORTAL_DATABASE_URL": "postgresql://u:p@host/name"}, "PORTAL_SECRET_KEY is missing"),
        ({"PORTAL_SECRET_KEY_FILE": "/no/such/file"}, "PORTAL_SECRET_KEY_FILE cannot be read"),
        ({"PORTAL_SECRET_KEY_FILE": "/x", "PORTAL_SECRET_KEY": SECRET}, "are both set"),
    ],
)
def test_what_cannot_be_used_is_told_in_one_line(tmp_path: Path, environ: dict[str, str], words: str) -> None:
    with pytest.raises(SettingsError) as told:
        load_settings(environ, data=tmp_path)

    assert words in str(told.value)
    assert "\n" not in str(told.value)


def test_a_secret_may_come_from_a_file(tmp_path: Path) -> None:
    (tmp_path / "key").write_text(f"{SECRET}\n")

    settings = load_settings({"PORTAL_SECRET_KEY_FILE": str(tmp_path / "key")}, data=tmp_path)

    assert settings.secret_key == SECRET


def test_a_folder_that_cannot_be_made_is_told(tmp_path: Path) -> None:
    (tmp_path / "file").write_text("")

    with pytest.raises(SettingsError, match="PORTAL_DATA"):
        load_settings({}, data=tmp_path / "file" / "var")


def test_postgresql_is_driven_by_psycopg_whatever_the_url_says(tmp_path: Path) -> None:
    environ = {
        "PORTAL_DATABASE_URL": "postgres://u:p%40ss@host:5433/name".replace("postgres:", "postgresql:"),
        "PORTAL_SECRET_KEY": SECRET,
    }

    settings = load_settings(environ, data=tmp_path)

    assert settings.database_url == "postgresql+psycopg://u:p%40ss@host:5433/name"
    assert not settings.is_embedded
