"""How much memory this process holds, where the system tells (Linux)."""

from __future__ import annotations

from pathlib import Path


def peak_mb() -> float | None:
    """Most memory held so far, in MB, the libraries with it; None where the system does not tell."""
    return status_mb("VmHWM")


def held_mb() -> float | None:
    """Memory held now, in MB."""
    return status_mb("VmRSS")


def status_mb(line: str) -> float | None:
    """A line of the process's status, in MB."""
    status = Path("/proc/self/status")
    if not status.exists():
        return None
    found = [row.split()[1] for row in status.read_text().splitlines() if row.startswith(line)]
    return round(int(found[0]) / 1024, 1) if found else None


def forget_peak() -> None:
    """Let the peak be counted from now."""
    switch = Path("/proc/self/clear_refs")
    if switch.exists():
        switch.write_text("5")
