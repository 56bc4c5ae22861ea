"""Whatever a receiver babbles before it hangs up ends as an answer or as a failure, never as something else."""

from __future__ import annotations

from collections.abc import Iterator

import pytest
from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from portal.kernel.http import Door, Failed, FailureKind, Request
from tests.kernel.http.receivers import Receiver, Visit

HEAD = b"HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n"
# A sender is held for its deadline and not for ever; how much later the machine gets round to it is not promised.
DEADLINE = 0.2
NOT_FOR_EVER = 3.0


class Babbler(Receiver):
    """Says once what it was told to, then hangs up."""

    says = b""

    def __init__(self) -> None:
        super().__init__(self._babble)

    def _babble(self, visit: Visit) -> None:
        visit.read_request()
        visit.say(self.says)


@pytest.fixture
def babbler() -> Iterator[Babbler]:
    with Babbler() as babbler:
        yield babbler


@settings(max_examples=200, deadline=None, suppress_health_check=list(HealthCheck))
@given(
    st.lists(
        st.one_of(
            st.binary(max_size=40),
            st.sampled_from(
                [
                    b"HTTP/1.1 200 OK\r\n",
                    b"HTTP/1.0 500\r\n",
                    b"\r\n",
                    b"Content-Length: 3\r\n",
                    b"Content-Length: -3\r\n",
                    b"Content-Length: 99999999999999999999\r\n",
                    b"Transfer-Encoding: chunked\r\n",
                    b"Content-Encoding: gzip, deflate, br\r\n",
                    b"Connection: close\r\n",
                    b" folded\r\n",
                    b"3\r\nabc\r\n",
                    b"ffffffffffffffffffff\r\n",
                    b"0\r\n\r\n",
                ]
            ),
        ),
        max_size=8,
    )
)
def test_whatever_comes_before_the_end_is_an_answer_or_a_failure(
    door: Door, babbler: Babbler, pieces: list[bytes]
) -> None:
    babbler.says = b"".join(pieces)
    kind = None
    try:
        door.send(Request("GET", babbler.url()), deadline_seconds=10)
    except Failed as failure:
        kind = failure.kind
    assert kind is not FailureKind.TIMEOUT
