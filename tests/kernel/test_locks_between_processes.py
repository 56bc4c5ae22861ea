import os
import signal
from collections.abc import Callable

import psycopg
import pytest

from portal.kernel.locks import LockLost, ProcessLock, take_lock

Take = Callable[[str], ProcessLock | None]


@pytest.fixture
def take(database_url: str, tmp_path_factory: pytest.TempPathFactory) -> Take:
    """Tries for a lock of this installation."""
    data = tmp_path_factory.mktemp("data")
    return lambda name: take_lock(name, database_url, data)


def taken(lock: ProcessLock | None) -> ProcessLock:
    assert lock is not None
    return lock


def test_one_at_a_time_has_it(take: Take) -> None:
    lock = taken(take("engine-main"))

    assert take("engine-main") is None
    lock.check()
    lock.release()


def test_another_name_is_another_lock(take: Take) -> None:
    locks = [taken(take(name)) for name in ("engine-main", "engine-branch")]

    for lock in locks:
        lock.release()


def test_it_is_free_again_when_it_was_let_go(take: Take) -> None:
    lock = taken(take("engine-main"))
    lock.release()
    lock.release()

    taken(take("engine-main")).release()


def test_a_process_that_is_killed_lets_go(take: Take) -> None:
    reader, writer = os.pipe()
    child = os.fork()
    if child == 0:
        took = take("engine-main") is not None
        os.write(writer, b"1" if took else b"0")
        signal.pause()
    assert os.read(reader, 1) == b"1"
    assert take("engine-main") is None

    os.kill(child, signal.SIGKILL)
    os.waitpid(child, 0)
    os.close(reader)
    os.close(writer)

    lock = None
    for _ in range(1000):  # a server sees the end of a connection a moment later
        lock = lock or take("engine-main")
    taken(lock).release()


def test_a_broken_connection_is_seen_by_who_held_the_lock(take: Take, is_postgresql: bool, database_url: str) -> None:
    lock = taken(take("engine-main"))
    if is_postgresql:
        with psycopg.connect(database_url.replace("+psycopg", "")) as other:
            other.execute("select pg_terminate_backend(pid) from pg_locks where locktype = 'advisory'")
        with pytest.raises(LockLost):
            lock.check()
    else:
        lock.check()
    lock.release()
