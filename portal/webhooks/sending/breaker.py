"""When a webhook counts as failing, and when it is probed. Pure: the present moment and chance are handed in."""

from __future__ import annotations

from dataclasses import dataclass, replace
from datetime import datetime, timedelta

from portal.webhooks.sending.schedule import JITTER

WINDOW = 20
"""How many of the last tries the share is taken of."""
IN_A_ROW = 5
"""So many failures in a row open the breaker."""
SLOWLY_IN_A_ROW, SLOWLY = 3, timedelta(minutes=4)
"""Fewer do where they span so long a time: few calls come, and their admin shall hear of it all the same."""
OF_WINDOW = 14
"""So many failures among the last 20 open it too: a receiver that now and then gets through is failing all the same."""
FIRST_PROBE = timedelta(seconds=10)
"""What is waited before the first probe; each that fails doubles it."""
_MOST_DOUBLINGS = 16
_MASK = (1 << WINDOW) - 1


@dataclass(frozen=True, slots=True)
class Health:
    """The breaker of one webhook, with the fields of `WebhookSubscription` under the same names."""

    failing_since: datetime | None = None
    failures: int = 0
    recent_failures: int = 0
    first_failure_at: datetime | None = None
    quiet_until: datetime | None = None
    probe_at: datetime | None = None
    probes: int = 0


SPOTLESS = Health()


def after_success(health: Health) -> Health:
    """The receiver took a delivery: a failing one has recovered, and is judged anew from here on."""
    if health.failing_since is not None:
        return SPOTLESS
    recent = (health.recent_failures << 1) & _MASK
    return replace(SPOTLESS, recent_failures=recent)


def after_failure(
    health: Health,
    *,
    at: datetime,
    retry_after: timedelta | None,
    is_probe: bool,
    longest_probe: timedelta,
    chance: float,
) -> Health:
    """A try came to nothing at `at`. `retry_after` is what the receiver asked for, within our cap.

    Only a probe puts the next probe off: what was in the air when the breaker opened tells nothing new.
    """
    asked = at + retry_after if retry_after is not None else None
    noted = replace(
        health,
        failures=health.failures + 1,
        recent_failures=((health.recent_failures << 1) | 1) & _MASK,
        first_failure_at=health.first_failure_at or at,
        quiet_until=max(filter(None, (asked, health.quiet_until)), default=None),
    )
    if health.probe_at is None and not _is_steady(noted, at):
        return noted
    if health.probe_at is not None and not is_probe:
        return replace(noted, probe_at=max(filter(None, (health.probe_at, noted.quiet_until))))
    probes = health.probes + 1 if is_probe else 0
    pause = min(FIRST_PROBE * 2 ** min(probes, _MOST_DOUBLINGS), longest_probe) * (1 - JITTER + 2 * JITTER * chance)
    return replace(
        noted,
        failing_since=health.failing_since or noted.first_failure_at,
        probe_at=max(filter(None, (at + pause, noted.quiet_until))),
        probes=probes,
    )


def _is_steady(health: Health, at: datetime) -> bool:
    lasted = at - health.first_failure_at if health.first_failure_at else timedelta(0)
    return (
        health.failures >= IN_A_ROW
        or (health.failures >= SLOWLY_IN_A_ROW and lasted >= SLOWLY)
        or health.recent_failures.bit_count() >= OF_WINDOW
    )
