"""When Python looks for objects that only refer to each other."""

from __future__ import annotations

import gc

_NEW_OBJECTS = 50_000
"""A page makes fewer. By default the collector stops each of them dozens of times."""


def look_seldom() -> None:
    """Called when all that a process keeps for good is made: that is never looked through again, the rest seldom.

    To look through all of it takes 200 to 400 ms, in which no thread runs: no notice goes out and no phone is ordered
    to ring. Called before a fork as well, so that the processes go on sharing that memory.
    """
    gc.collect()
    gc.freeze()
    gc.set_threshold(_NEW_OBJECTS, 20, 20)
