"""How fast `get_calls` streams a long answer over HTTP, and what that costs the server's memory."""

import re
import statistics
import time
from pathlib import Path

import requests

from tests.bench.sites import Site

CALL = b'{"abonent_id"'
_PIECE = 1 << 20


def get_calls(site: Site, calls: int, rounds: int) -> tuple[float, float]:
    """Calls a second in one answer of `calls` calls, and by how many megabytes the server's processes grew."""
    headers = {"Authorization": f"Bearer {site.run('account', 'key', '1').strip()}"}
    url = f"{site.url}/api.php/telephony/get_calls"
    requests.get(url, {"limit": 10_000}, headers=headers, timeout=60).raise_for_status()
    before = _peaks(site)
    found = [_one(url, calls, headers) for _ in range(rounds)]
    grown = [size - before.get(process, size) for process, size in _peaks(site).items()]
    return statistics.median(found), sum(grown) / 1024


def _one(url: str, calls: int, headers: dict[str, str]) -> float:
    began, count, last = time.monotonic(), 0, b""
    with requests.get(url, {"limit": calls}, headers=headers, stream=True, timeout=60) as answer:
        answer.raise_for_status()
        for piece in answer.iter_content(_PIECE):
            # A call's beginning may lie across two pieces.
            joined = last + piece
            last = joined[-len(CALL) + 1 :]
            count += joined.count(CALL)
    assert count == calls, f"{count} of {calls} calls came"
    assert last.endswith(b"]"), "the array has no end"
    return calls / (time.monotonic() - began)


def _peaks(site: Site) -> dict[int, int]:
    """The most kilobytes that each process of the installation ever held, as Linux counts them."""
    found, data = {}, site.environment["PORTAL_DATA"].encode()
    for status in Path("/proc").glob("[0-9]*/status"):
        try:
            if any(data in (status.parent / name).read_bytes() for name in ("cmdline", "environ")):
                peak = re.search(r"VmHWM:\s+(\d+) kB", status.read_text())
                found[int(status.parent.name)] = int(peak[1]) if peak else 0
        except OSError:
            continue
    return found
