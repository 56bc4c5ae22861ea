"""The text form of Prometheus, version 0.0.4 of its exposition format: a help, a type and samples of each metric."""

from __future__ import annotations

from collections.abc import Iterable, Iterator, Mapping
from dataclasses import dataclass, field

from portal.admin.installation.figures import Figures
from portal.kernel.jobs.models import JobState
from portal.web.meters import BOUNDS, CLASSES, Histogram

MEDIA_TYPE = "text/plain; version=0.0.4; charset=utf-8"


@dataclass(frozen=True, slots=True)
class Sample:
    """One number; `suffix` is what a histogram adds to the name."""

    value: float
    labels: Mapping[str, str] = field(default_factory=dict)
    suffix: str = ""


def exposition(figures: Figures, requests: Iterable[Histogram]) -> str:
    """All of it."""
    return "".join(f"{line}\n" for line in [*_of_the_database(figures), *_of_requests(list(requests))])


def _of_the_database(now: Figures) -> Iterator[str]:
    """The same whichever process is asked."""
    hooks, mail = now.webhooks, now.mail
    yield from _metric("webhooks_due", "gauge", "Deliveries whose time has come.", [Sample(hooks.due)])
    lag = "For how long the first of them has been due."
    yield from _metric("webhooks_lag_seconds", "gauge", lag, [Sample(hooks.lag_seconds)])
    yield from _metric("webhooks_failing", "gauge", "Webhooks that do not get through.", [Sample(hooks.failing)])
    yield from _metric("calls_open", "gauge", "Calls that are going on.", [Sample(now.open_calls)])
    jobs = [Sample(now.jobs.get(state, 0), {"state": state.value}) for state in JobState]
    yield from _metric("jobs", "gauge", "Background jobs that are kept, by state.", jobs)
    letters = [Sample(mail.waiting, {"state": "waiting"}), Sample(mail.given_up, {"state": "given-up"})]
    yield from _metric("mail", "gauge", "Messages that wait, or were given up.", letters)
    alive: dict[str, int] = {}
    silent: dict[str, int] = {}
    for life in now.processes:
        counted = silent if life.is_silent else alive
        counted[life.kind] = counted.get(life.kind, 0) + 1
    processes = [Sample(count, {"kind": kind, "state": "alive"}) for kind, count in sorted(alive.items())]
    processes += [Sample(count, {"kind": kind, "state": "silent"}) for kind, count in sorted(silent.items())]
    yield from _metric("processes", "gauge", "Processes of the installation.", processes)
    seen = [Sample(switch.seen_at.timestamp(), {"switch": switch.switch}) for switch in now.switches]
    yield from _metric("switch_seen_timestamp_seconds", "gauge", "When a switch's engine was last heard.", seen)
    unwritten = [Sample(switch.unwritten, {"switch": switch.switch}) for switch in now.switches]
    yield from _metric("switch_unwritten", "gauge", "What an engine has told of calls and is not written.", unwritten)
    lag = "For how long the first of it has waited."
    seconds = [Sample(switch.unwritten_seconds, {"switch": switch.switch}) for switch in now.switches]
    yield from _metric("switch_unwritten_seconds", "gauge", lag, seconds)


def _of_requests(rooms: list[Histogram]) -> Iterator[str]:
    """Of the web server that is asked, all its processes together: each machine is asked by itself."""
    samples = []
    for room in rooms:
        labels = {"room": room.name}
        ends = zip(BOUNDS, room.buckets, strict=True)
        samples += [Sample(count, {**labels, "le": f"{end:g}"}, "_bucket") for end, count in ends]
        samples.append(Sample(room.count, {**labels, "le": "+Inf"}, "_bucket"))
        samples += [Sample(room.seconds, labels, "_sum"), Sample(room.count, labels, "_count")]
    yield from _metric("request_seconds", "histogram", "How long answers took, by room.", samples)
    by_class = [
        Sample(count, {"room": room.name, "status": name})
        for room in rooms
        for name, count in zip(CLASSES, room.classes, strict=True)
        if count
    ]
    yield from _metric("requests_total", "counter", "Answers by room and class of status.", by_class)


def _metric(name: str, kind: str, text: str, samples: Iterable[Sample]) -> Iterator[str]:
    yield f"# HELP portal_{name} {text}"
    yield f"# TYPE portal_{name} {kind}"
    for sample in samples:
        yield f"portal_{name}{sample.suffix}{_labels(sample.labels)} {sample.value:.10g}"


def _labels(labels: Mapping[str, str]) -> str:
    if not labels:
        return ""
    return "{" + ",".join(f'{name}="{_escaped(value)}"' for name, value in labels.items()) + "}"


def _escaped(value: str) -> str:
    return value.replace("\\", "\\\\").replace('"', '\\"').replace("\n", "\\n")
