"""What the figures were measured on."""

import os
import platform
import subprocess
from pathlib import Path


def describe(databases: list[str]) -> str:
    """Cores, processor, system, Python and databases, in one line."""
    python = f"Python {platform.python_version()}"
    return ", ".join([f"{os.cpu_count()} cores of {_processor()}", platform.system(), python, *databases])


def load() -> float:
    """How many processes wanted a core in the last minute: above the number of cores, figures are too high."""
    return os.getloadavg()[0]


def _processor() -> str:
    listed = Path("/proc/cpuinfo")
    if listed.exists():
        names = [line.partition(":")[2].strip() for line in listed.read_text().splitlines() if "model name" in line]
        return names[0] if names else platform.machine()
    asked = subprocess.run(["sysctl", "-n", "machdep.cpu.brand_string"], capture_output=True, text=True, check=False)
    return asked.stdout.strip() or platform.machine()
