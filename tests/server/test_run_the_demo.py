"""`portal demo` as its owner runs it: real processes, real signals."""

import os
import signal
import socket
import sqlite3
from collections.abc import Iterator
from contextlib import closing
from pathlib import Path

import pytest
import requests

from tests.server.processes import PATIENCE_SECONDS, are_gone, children, soon, tree
from tests.server.shell import Shell
from tests.support.installation import Installation
from tests.support.visitor import Visitor


@pytest.fixture(scope="module")
def demo(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Installation]:
    """One demo for the tests that leave it as it was."""
    with Installation(tmp_path_factory.mktemp("demo"), "--calls", "20", "--quiet") as running:
        yield running


def test_it_says_who_may_sign_in_and_where_and_nothing_else(demo: Installation) -> None:
    assert [line.split()[0] for line in demo.output if "@" in line] == [
        "anna@north.example",
        "boris@north.example",
        "clara@south.example",
        "olga@portal.example",
    ]
    assert demo.output[-1] == f"Ready: {demo.url}\n"
    assert len(demo.output) == 7
    assert requests.get(f"{demo.url}/login", timeout=10).status_code == 200


def test_a_second_demo_on_the_same_folder_is_refused(demo: Installation) -> None:
    complaint = Shell(demo.data).run("demo", "--port", "0").complaint

    assert "Another demo or a `portal fill` works on" in complaint


def test_a_command_beside_it_places_a_call_on_its_switch(demo: Installation) -> None:
    api_call_id = demo.run("call", "incoming", "--account", "1", "--from", "+7 903 999-88-77", "--to", "74951234567")

    key = demo.run("account", "key", "1")
    asked = {"abonent_api_key": key, "api_call_id": api_call_id}
    [call] = soon(lambda: requests.get(f"{demo.url}/api.php/telephony/get_calls", asked, timeout=10).json())
    assert (call["num_a"], call["num_m"]) == ("79039998877", "74951234567")


def test_a_history_can_be_filled_in_beside_it(demo: Installation) -> None:
    assert demo.run("fill", "--account", "2", "--calls", "500").startswith("500 of 500 calls")


def test_a_part_that_is_killed_comes_back(demo: Installation) -> None:
    before = children(demo.pid)
    for part in before:
        os.kill(part, signal.SIGKILL)

    soon(lambda: len(children(demo.pid)) == 4 and not set(before) & set(children(demo.pid)))
    assert requests.get(f"{demo.url}/login", timeout=PATIENCE_SECONDS).status_code == 200
    soon(lambda: sum('"part_ended"' in line for line in demo.output) == 4)


def test_one_ctrl_c_ends_the_tree_with_nothing_to_complain_of_and_a_second_start_keeps_everything(
    tmp_path: Path,
) -> None:
    demo = Installation(tmp_path, "--calls", "20")
    demo.start()
    key = demo.run("account", "key", "1")
    family = tree(demo.pid)

    assert demo.stop() == 0

    soon(lambda: are_gone(family))
    assert len(demo.output) == 7
    with Installation(tmp_path) as again:
        assert again.run("account", "key", "1") == key
        assert again.run("account", "list").count("\n") == 1


def test_a_live_page_does_not_hold_up_the_end(tmp_path: Path) -> None:
    with Installation(tmp_path, "--calls", "0", "--quiet") as demo, Visitor(demo.url) as anna:
        anna.sign_in("anna@north.example", demo.password)
        stream = anna.get("/live", stream=True)
        assert next(stream.iter_lines()) == b": open"

        assert demo.stop() == 0


def test_no_part_outlives_a_tree_that_was_killed(tmp_path: Path) -> None:
    with Installation(tmp_path, "--calls", "0", "--quiet") as demo:
        family = tree(demo.pid)

        os.kill(demo.pid, signal.SIGKILL)

        soon(lambda: are_gone(family))


def test_a_first_start_that_was_broken_off_begins_anew(tmp_path: Path) -> None:
    with closing(sqlite3.connect(tmp_path / "portal.db.new")) as half:
        half.execute("create table account (id integer)")

    with Installation(tmp_path, "--calls", "0", "--quiet") as demo:
        assert demo.run("account", "list").count("\n") == 1


def test_a_port_in_use_is_named(tmp_path: Path) -> None:
    with socket.socket() as other:
        other.bind(("127.0.0.1", 0))
        other.listen()
        port = str(other.getsockname()[1])

        complaint = Shell(tmp_path, PORTAL_PORT=port).run("demo").complaint

    assert f"127.0.0.1:{port} cannot be listened on (Address already in use)" in complaint


def test_it_takes_no_database_but_one_of_its_own(tmp_path: Path) -> None:
    settings = {"PORTAL_DATABASE_URL": "postgresql://portal@127.0.0.1:1/portal", "PORTAL_SECRET_KEY": "0123" * 16}

    assert "unset PORTAL_DATABASE_URL" in Shell(tmp_path, **settings).run("demo").complaint
