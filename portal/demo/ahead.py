"""A second process for what takes as long as all the rest: a machine has two cores."""

from __future__ import annotations

from collections.abc import Generator, Iterator
from contextlib import suppress
from multiprocessing import get_context
from multiprocessing.connection import Connection
from typing import TypeVar, cast

_T = TypeVar("_T")


def ahead(items: Iterator[_T]) -> Generator[_T]:
    """The same items, made by a process of their own, always one ahead at least. Closed, it waits for that to end.

    The connections to the database are the present process's: the other one must leave them alone.
    """
    context = get_context("fork")
    coming, going = context.Pipe(duplex=False)
    maker = context.Process(target=_make, args=(items, coming, going), daemon=True)
    maker.start()
    going.close()
    try:
        while (item := _received(coming)) is not None:
            yield cast("_T", item)
    finally:
        coming.close()
        maker.join()


def _make(items: Iterator[object], coming: Connection, going: Connection) -> None:
    """In the process that makes them."""
    coming.close()
    # The one who takes them has stopped, or everybody has been told to.
    with suppress(BrokenPipeError, KeyboardInterrupt):
        for item in items:
            going.send(item)
        going.send(None)


def _received(coming: Connection) -> object:
    try:
        return coming.recv()
    except EOFError:
        raise RuntimeError("the second process of the filling has died") from None
