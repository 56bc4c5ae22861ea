"""Requests and answers to copy: the same question as curl, Python and PHP, and what comes back."""

from __future__ import annotations

from dataclasses import dataclass
from urllib.parse import urlencode

from portal.public_api.wire import call_json
from portal.telephony.engine import CallKind

CALL_ID = "c1f926a8f5727b77f9cbf39d8f35d061"
"""The id of the contract's example."""
Query = tuple[tuple[str, str], ...]


@dataclass(frozen=True, slots=True)
class Sample:
    """Some lines in one language."""

    id: str
    language: str
    code: str


def samples(url: str, query: Query, *, saves_as: str | None = None) -> tuple[Sample, ...]:
    """How to ask `url`. The key comes from the environment, so that no line that is copied and kept holds it."""
    return (
        Sample("curl", "curl", _curl(url, query, saves_as)),
        Sample("python", "Python", _python(url, query, saves_as)),
        Sample("php", "PHP", _php(url, query, saves_as)),
    )


def call_answer() -> str:
    """What get_calls answers: a call made up, in the very form of the real ones."""
    call = (
        *(1609, 1795424400, CallKind.INCOMING),
        *("79039998877", "Ivan Petrov", "74951234567", "SIP/00000000672", "Olga Manoli"),
        *(65, 60, 60, 5, 5),
        *(f"{CALL_ID}.wav", 18_000, CALL_ID),
    )
    return "[" + call_json(call).replace(',"', ',\n  "') + "]"


ORDER_ANSWER = f'{{"api_call_id": "{CALL_ID}"}}'
RECORD_ANSWER = """HTTP/1.1 200 OK
Content-Type: audio/wav
Content-Length: 1920044
Accept-Ranges: bytes
ETag: "9f86d081884c7d65"
"""


def _curl(url: str, query: Query, saves_as: str | None) -> str:
    end = f" \\\n  -o {saves_as}" if saves_as else ""
    return f'curl -H "Authorization: Bearer $CRM_KEY" \\\n  "{url}?{urlencode(query, safe="/")}"{end}'


def _python(url: str, query: Query, saves_as: str | None) -> str:
    parameters = ", ".join(f'"{name}": "{value}"' for name, value in query)
    end = f'Path("{saves_as}").write_bytes(answer.content)' if saves_as else "print(answer.json())"
    path = "from pathlib import Path\n" if saves_as else ""
    return (
        f"import os\n{path}\nimport requests\n\n"
        f'answer = requests.get(\n    "{url}",\n    params={{{parameters}}},\n'
        '    headers={"Authorization": f"Bearer {os.environ[\'CRM_KEY\']}"},\n    timeout=30,\n)\n'
        f"answer.raise_for_status()\n{end}"
    )


def _php(url: str, query: Query, saves_as: str | None) -> str:
    parameters = ", ".join(f"'{name}' => '{value}'" for name, value in query)
    end = f"file_put_contents('{saves_as}', $answer);" if saves_as else "print_r(json_decode($answer, true));"
    return (
        f"<?php\n$context = stream_context_create(['http' => [\n"
        "    'header' => 'Authorization: Bearer ' . getenv('CRM_KEY'),\n    'timeout' => 30,\n]]);\n"
        f"$query = http_build_query([{parameters}]);\n"
        f"$answer = file_get_contents('{url}?' . $query, false, $context);\n{end}"
    )
