"""People with real phones: baresip, one process each, told what to do and watched by its control socket."""

from __future__ import annotations

import json
import math
import os
import socket
import struct
import subprocess
import threading
import wave
from pathlib import Path
from typing import Any

from portal.kernel.clock import monotonic

_PATIENCE = 10.0


class Phone:
    """A phone that registers (with a password) or a subscriber of the outside (without), on loopback."""

    def __init__(
        self, tree: Path, folder: Path, user: str, pbx_port: int, *, password: str = "", port: int = 0
    ) -> None:
        self.user = user
        self.port = port or free_port()
        self._pbx = f"127.0.0.1:{pbx_port}"
        self._events: list[dict[str, Any]] = []
        self._changed = threading.Condition()
        control = free_port()
        folder.mkdir(parents=True)
        _write_tone(folder / "tone.wav", 400 + 200 * (int(user[-1]) % 8))
        (folder / "config").write_text(_config(tree, folder, self.port, control))
        (folder / "contacts").touch()
        account = f"<sip:{user}@{self._pbx};transport=udp>;answermode=manual;audio_codecs=PCMU"
        account += f";auth_user={user};auth_pass={password};regint=60" if password else ";regint=0"
        (folder / "accounts").write_text(account + "\n")
        with (folder / "log.txt").open("wb") as out:
            self._process = subprocess.Popen(
                [tree / "run" / "baresip", "-f", folder],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                env={**os.environ, "HOME": str(folder)},
            )
        self._socket = self._reach(control)
        threading.Thread(target=self._listen, daemon=True).start()

    def call(self, number: str) -> None:
        """Dial a number at the exchange."""
        self._say("dial", f"sip:{number}@{self._pbx}")

    def accept(self) -> None:
        """Pick up."""
        self._say("accept")

    def hang_up(self) -> None:
        """The red button: declines a call that rings, ends one that talks."""
        self._say("hangup")

    def register(self) -> None:
        """Say again where it is."""
        self._say("uareg", "60 0")

    def wait_for(self, kind: str, count: int = 1) -> dict[str, Any]:
        """The `count`th event of this kind since the phone was made (`CALL_INCOMING`, `CALL_ESTABLISHED` …)."""
        deadline = monotonic() + _PATIENCE
        with self._changed:
            while len(found := [each for each in self._events if each.get("type") == kind]) < count:
                left = deadline - monotonic()
                assert left > 0, f"{self.user}: no {kind} ({count}) in {_PATIENCE} seconds: {self._kinds()}"
                self._changed.wait(left)
            return found[count - 1]

    def count(self, kind: str) -> int:
        """How often that has happened."""
        with self._changed:
            return self._kinds().count(kind)

    def stop(self) -> None:
        """Unplug it."""
        self._process.terminate()
        try:
            self._process.wait(3)
        except subprocess.TimeoutExpired:
            self._process.kill()
            self._process.wait()
        self._socket.close()

    def _kinds(self) -> list[str]:
        return [str(each.get("type")) for each in self._events]

    def _say(self, command: str, words: str = "") -> None:
        body = json.dumps({"command": command, "params": words}).encode()
        self._socket.sendall(b"%d:%s," % (len(body), body))

    def _reach(self, port: int) -> socket.socket:
        deadline = monotonic() + _PATIENCE
        step = threading.Event()
        while True:
            try:
                return socket.create_connection(("127.0.0.1", port))
            except OSError:
                assert self._process.poll() is None, f"baresip of {self.user} has ended"
                assert monotonic() < deadline, f"baresip of {self.user} does not start"
                step.wait(0.05)

    def _listen(self) -> None:
        """Netstrings of JSON, until the phone is gone."""
        held = b""
        while True:
            try:
                came = self._socket.recv(65536)
            except OSError:
                return
            if not came:
                return
            held += came
            while b":" in held:
                length, rest = held.split(b":", 1)
                if len(rest) <= int(length):
                    break
                with self._changed:
                    self._events.append(json.loads(rest[: int(length)]))
                    self._changed.notify_all()
                held = rest[int(length) + 1 :]


def free_port() -> int:
    """A UDP and TCP port that nobody has, nor the next one: baresip takes that too."""
    while True:
        with socket.socket() as first, socket.socket() as second:
            first.bind(("127.0.0.1", 0))
            port = int(first.getsockname()[1])
            try:
                second.bind(("127.0.0.1", port + 1))
            except OSError:
                continue
            return port


def _config(tree: Path, folder: Path, port: int, control: int) -> str:
    return f"""module_path {tree}/usr/lib/baresip/modules
sip_listen 127.0.0.1:{port}
sip_trans_def udp
net_interface 127.0.0.1
call_local_timeout 300
call_max_calls 4
audio_path {folder}
audio_source aufile,{folder}/tone.wav
audio_player aubridge,none
audio_alert aubridge,none
audio_buffer 20-160
ctrl_tcp_listen 127.0.0.1:{control}
module g711.so
module aufile.so
module aubridge.so
module_tmp uuid.so
module_tmp account.so
module_app menu.so
module_app ctrl_tcp.so
"""


def _write_tone(path: Path, hertz: int) -> None:
    """A minute of what this person says."""
    second = b"".join(struct.pack("<h", int(8000 * math.sin(2 * math.pi * hertz * at / 8000))) for at in range(8000))
    with wave.open(str(path), "wb") as file:
        file.setnchannels(1)
        file.setsampwidth(2)
        file.setframerate(8000)
        file.writeframes(second * 60)
