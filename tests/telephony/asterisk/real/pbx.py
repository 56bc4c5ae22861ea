"""A real Asterisk with the files of docs/asterisk.md, on ports of its own."""

from __future__ import annotations

import os
import subprocess
import threading
from pathlib import Path

import requests

from portal.kernel.clock import monotonic
from tests.telephony.asterisk.real.documents import documented_files, filled_in
from tests.telephony.asterisk.real.phones import free_port

PASSWORD, PHONE_PASSWORD = "a-password-of-ari", "a-password-of-phones"
_PATIENCE = 20.0

# A package brings these; here the machine has none. Nothing but what is needed is loaded, so that it starts in no time.
_MODULES = [
    "res_sorcery_config",
    "res_sorcery_memory",
    "res_sorcery_astdb",
    "res_timing_timerfd",
    "res_rtp_asterisk",
    "res_pjproject",
    "res_pjsip",
    "res_pjsip_session",
    "res_pjsip_sdp_rtp",
    "res_pjsip_caller_id",
    "res_pjsip_registrar",
    "res_pjsip_authenticator_digest",
    "res_pjsip_endpoint_identifier_user",
    "res_pjsip_endpoint_identifier_ip",
    "res_pjsip_pubsub",
    "res_pjsip_nat",
    "res_pjsip_rfc3326",
    "res_pjsip_path",
    "res_pjsip_outbound_registration",
    "chan_pjsip",
    "res_http_websocket",
    "res_websocket_client",
    "res_stasis",
    "res_stasis_answer",
    "res_stasis_playback",
    "res_stasis_recording",
    "res_stasis_device_state",
    "res_stasis_snoop",
    "res_ari",
    "res_ari_model",
    "res_ari_applications",
    "res_ari_asterisk",
    "res_ari_bridges",
    "res_ari_channels",
    "res_ari_device_states",
    "res_ari_endpoints",
    "res_ari_events",
    "res_ari_playbacks",
    "res_ari_recordings",
    "res_ari_sounds",
    "app_stasis",
    "app_dial",
    "pbx_config",
    "bridge_simple",
    "bridge_softmix",
    "bridge_native_rtp",
    "bridge_holding",
    "chan_bridge_media",
    "codec_ulaw",
    "codec_alaw",
    "codec_resample",
    "format_wav",
    "format_pcm",
    "format_sln",
    "func_channel",
    "func_callerid",
    "res_pjsip_header_funcs",
    "res_musiconhold",
    "res_indications",
]
_EMPTY = [
    "musiconhold",
    "features",
    "cdr",
    "cel",
    "udptl",
    "ccss",
    "acl",
    "stasis",
    "codecs",
    "sorcery",
    "pjproject",
    "statsd",
    "websocket_client",
]
_DIRECTORIES = """[directories]
astetcdir = {root}/etc
astmoddir = {tree}/usr/lib/x86_64-linux-gnu/asterisk/modules
astvarlibdir = {root}/lib
astdbdir = {root}/lib
astkeydir = {root}/lib
astdatadir = {tree}/usr/share/asterisk
astspooldir = {root}/spool
astrundir = {root}/run
astlogdir = {root}/log
astcachedir = {root}/cache
[options]
nocolor = yes
entityid = 02:00:00:00:00:01
"""


class Asterisk:
    """Started and stopped as often as one likes, on the same ports and with the same spool."""

    def __init__(
        self, tree: Path, root: Path, phones: tuple[str, ...], outside_port: int, *, more_phones: str = ""
    ) -> None:
        self._tree, self._root = tree, root
        self.sip_port, self._http_port = free_port(), free_port()
        self.url = f"http://127.0.0.1:{self._http_port}"
        for folder in ("cache", "etc", "lib", "spool/recording", "spool/tmp", "run", "log"):
            (root / folder).mkdir(parents=True)
        self._write(phones, outside_port, more_phones)
        self._process: subprocess.Popen[bytes] | None = None

    def start(self) -> None:
        """Ready when ARI answers."""
        with (self._root / "log/console.txt").open("ab") as out:
            self._process = subprocess.Popen(
                [self._tree / "run" / "asterisk", "-f", "-C", self._root / "etc/asterisk.conf"],
                stdin=subprocess.DEVNULL,
                stdout=out,
                stderr=subprocess.STDOUT,
                cwd=self._root,
                env={**os.environ, "LC_ALL": "C.UTF-8", "TERM": "dumb"},
            )
        deadline = monotonic() + _PATIENCE
        step = threading.Event()
        while not self._answers():
            assert self._process.poll() is None, (self._root / "log/console.txt").read_text(errors="replace")[-2000:]
            assert monotonic() < deadline, f"Asterisk does not answer in {_PATIENCE} seconds"
            step.wait(0.05)

    def ari(self, path: str) -> list[dict[str, object]]:
        """What a list of ARI's has now."""
        answer = requests.get(f"{self.url}/ari/{path}", auth=("portal", PASSWORD), timeout=5)
        found: list[dict[str, object]] = answer.json()
        return found

    def kill(self) -> None:
        """As a power cut would."""
        assert self._process is not None
        self._process.kill()
        self._process.wait()

    def stop(self) -> None:
        """Gently, and then less so."""
        if self._process is None or self._process.poll() is not None:
            return
        self._process.terminate()
        try:
            self._process.wait(5)
        except subprocess.TimeoutExpired:
            self.kill()

    @property
    def spool(self) -> Path:
        """Where it records."""
        return self._root / "spool"

    @property
    def pid(self) -> int:
        assert self._process is not None
        return self._process.pid

    def _answers(self) -> bool:
        try:
            ping = requests.get(f"{self.url}/ari/asterisk/ping", auth=("portal", PASSWORD), timeout=1)
        except requests.RequestException:
            return False
        return ping.status_code == 200

    def _write(self, phones: tuple[str, ...], outside_port: int, more_phones: str) -> None:
        files = documented_files()
        values = {
            "bindport = 8088": f"bindport = {self._http_port}",
            "0.0.0.0:5060": f"127.0.0.1:{self.sip_port}",
            "choose-a-long-password": PASSWORD,
            "a-password-for-this-phone": PHONE_PASSWORD,
            "contact = sip:sip.provider.example": f"contact = sip:127.0.0.1:{outside_port}",
            "match = sip.provider.example": f"match = 127.0.0.1:{outside_port}/32",
        }
        files = {name: filled_in(text, values) for name, text in files.items()}
        # The document has two phones; a company has more, all alike.
        for name in phones:
            if f"[{name}](" not in files["pjsip.conf"]:
                files["pjsip.conf"] += _one_more(files["pjsip.conf"], name)
        files["pjsip.conf"] += more_phones
        files["asterisk.conf"] = _DIRECTORIES.format(root=self._root, tree=self._tree)
        files["modules.conf"] = "[modules]\nautoload = no\n" + "".join(f"load = {each}.so\n" for each in _MODULES)
        files["logger.conf"] = "[logfiles]\nmessages.log = notice,warning,error,verbose(3)\n"
        files["rtp.conf"] = "[general]\nrtpstart = 20000\nrtpend = 29999\nstrictrtp = no\nicesupport = no\n"
        files["indications.conf"] = "[general]\ncountry = ru\n[ru]\nringcadence = 1000,4000\nring = 425/1000,0/4000\n"
        files["indications.conf"] += "dial = 425\nbusy = 425/350,0/350\ncongestion = 425/175,0/175\n"
        files["manager.conf"] = "[general]\nenabled = no\n"
        for name in _EMPTY:
            files.setdefault(f"{name}.conf", "")
        for name, text in files.items():
            (self._root / "etc" / name).write_text(text)


def _one_more(pjsip: str, name: str) -> str:
    """The section of one more phone, as the document's own are written."""
    pattern = pjsip[pjsip.index("[00000000672](") : pjsip.index("[00000000674](")]
    return pattern.replace("00000000672", name)
