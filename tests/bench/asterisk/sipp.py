"""Callers and phones by the hundred: sipp, one process for each side."""

from __future__ import annotations

import subprocess
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path

RINGS_MS, TALKS_MS = 1_000, 2_000

_HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<scenario name="{name}">\n'
_VIA = "Via: SIP/2.0/[transport] [local_ip]:[local_port];branch=[branch]"
_SDP = """v=0
o=- 1 1 IN IP4 [local_ip]
s=-
c=IN IP4 [media_ip]
t=0 0
m=audio [media_port] RTP/AVP 0
a=rtpmap:0 PCMU/8000"""
_FROM_CALLER = f"""{_VIA}
From: <sip:[field0]@[local_ip]:[local_port]>;tag=[call_number]
To: <sip:[field1]@[remote_ip]:[remote_port]>{{tag}}
Call-ID: [call_id]
CSeq: {{number}} {{method}}
Contact: <sip:[field0]@[local_ip]:[local_port]>
Max-Forwards: 70"""
_FROM_PHONE = """SIP/2.0 {status}
[last_Via:]
[last_From:]
[last_To:];tag=[call_number]
[last_Call-ID:]
[last_CSeq:]
Contact: <sip:[local_ip]:[local_port]>"""


@contextmanager
def phones(program: Path, folder: Path, port: int) -> Iterator[None]:
    """Every phone of everybody meanwhile: each rings for a second and picks up."""
    scenario = folder / "phones.xml"
    scenario.write_text(_phones())
    with (folder / "phones.txt").open("wb") as out:
        words: list[str | Path] = ["-sf", scenario, "-i", "127.0.0.1", "-p", str(port), "-nostdin", "-l", "5000"]
        process = subprocess.Popen([program, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder)
        try:
            yield
        finally:
            process.kill()
            process.wait()


def call(program: Path, folder: Path, ports: tuple[int, int], lines: list[str], *, calls: int, rate: int) -> int:
    """So many calls, so many a second, from our port to the exchange's; answers how many were not answered."""
    scenario, people = folder / "callers.xml", folder / "callers.csv"
    scenario.write_text(_callers())
    rows = [f"7903{number:07};{lines[number % len(lines)]}" for number in range(calls)]
    people.write_text("\n".join(["SEQUENTIAL", *rows, ""]))
    words: list[str | Path] = [
        "-sf",
        scenario,
        "-inf",
        people,
        "-i",
        "127.0.0.1",
        "-p",
        str(ports[0]),
        "-nostdin",
        "-l",
        "5000",
    ]
    words += ["-m", str(calls), "-r", str(rate), "-timeout", f"{calls // rate + 90}s", "-trace_stat", "-fd", "600"]
    words += ["-stf", folder / "callers.stat", f"127.0.0.1:{ports[1]}"]
    with (folder / "callers.txt").open("wb") as out:
        subprocess.run([program, *words], stdin=subprocess.DEVNULL, stdout=out, stderr=out, cwd=folder, check=False)
    names, *rounds = (folder / "callers.stat").read_text().splitlines()
    (folder / "callers.stat").unlink()
    last = dict(zip(names.split(";"), rounds[-1].split(";"), strict=True))
    return calls - int(last["SuccessfulCall(C)"])


def _callers() -> str:
    heads = {
        "INVITE": _FROM_CALLER.format(tag="", number=1, method="INVITE"),
        "ACK": _FROM_CALLER.format(tag="[peer_tag_param]", number=1, method="ACK"),
        "BYE": _FROM_CALLER.format(tag="[peer_tag_param]", number=2, method="BYE"),
    }
    to_line, to_peer = "[field1]@[remote_ip]:[remote_port]", "[field1]@[remote_ip]:[remote_port]"
    return "".join(
        [
            _HEAD.format(name="callers"),
            _send(f"INVITE sip:{to_line} SIP/2.0\n{heads['INVITE']}", _SDP, retransmitted=True),
            *(f'<recv response="{status}" optional="true"/>\n' for status in (100, 180, 183)),
            '<recv response="200" timeout="60000"/>\n',
            _send(f"ACK sip:{to_peer} SIP/2.0\n{heads['ACK']}"),
            f'<pause milliseconds="{TALKS_MS}"/>\n',
            _send(f"BYE sip:{to_peer} SIP/2.0\n{heads['BYE']}", retransmitted=True),
            '<recv response="200"/>\n</scenario>\n',
        ]
    )


def _phones() -> str:
    return "".join(
        [
            _HEAD.format(name="phones"),
            '<recv request="INVITE"/>\n',
            _send(_FROM_PHONE.format(status="180 Ringing")),
            f'<pause milliseconds="{RINGS_MS}"/>\n',
            _send(_FROM_PHONE.format(status="200 OK"), _SDP, retransmitted=True),
            '<recv request="ACK"/>\n<recv request="BYE"/>\n',
            _send(_FROM_PHONE.format(status="200 OK").replace(";tag=[call_number]", "")),
            "</scenario>\n",
        ]
    )


def _send(head: str, body: str = "", *, retransmitted: bool = False) -> str:
    kind = "Content-Type: application/sdp\n" if body else ""
    again = ' retrans="500"' if retransmitted else ""
    return f"<send{again}><![CDATA[\n\n{head}\n{kind}Content-Length: [len]\n\n{body}\n]]></send>\n"
