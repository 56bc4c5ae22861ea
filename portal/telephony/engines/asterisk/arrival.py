"""A channel that was just made, and is not in our hands yet."""

from __future__ import annotations

from portal.kernel.clock import monotonic
from portal.telephony.engines.asterisk.ari import AriRefused, Errand
from portal.telephony.engines.asterisk.lanes import Job, Pause

_NOT_OURS_YET = frozenset({409, 422})
_LONGEST_SECONDS, _FIRST_PAUSE, _LONGEST_PAUSE = 2.0, 0.01, 0.16


def once_it_is_ours(errand: Errand) -> Job:
    """Does this with a channel that `channels/create` has answered.

    Asterisk answers before a thread of its own has put the channel into our application. A busy switch needs a while
    for that, and refuses meanwhile. Raises `AriRefused` and `AriAway`.
    """
    deadline, pause = monotonic() + _LONGEST_SECONDS, _FIRST_PAUSE
    while True:
        try:
            return (yield errand)
        except AriRefused as error:
            if error.status not in _NOT_OURS_YET or monotonic() >= deadline:
                raise
        # The busier it is, the less often it is asked.
        yield Pause(pause)
        pause = min(2 * pause, _LONGEST_PAUSE)
