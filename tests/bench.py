"""Started by `dev.py bench`: measures rounds of matching and, where they can be measured, the pages.

The platform's pages are measured by `referral.bench.bench_pages() -> list[dict]`, with the keys `page`, `people`,
`median_ms` and `queries` in each row.
"""

import argparse
import importlib
import importlib.util
import json
import os
import platform
import sys
from pathlib import Path
from typing import Any

sys.path.insert(0, str(Path(__file__).resolve().parents[1]))

from matching.bench import bench_round

TIERS = {"served": "optimum", "served_greedy": "greedy by tier", "served_first_come": "first come"}


def machine() -> dict[str, Any]:
    """What the figures were measured on."""
    processor = platform.processor() or platform.machine()
    information = Path("/proc/cpuinfo")
    if information.exists():
        models = [line.split(":")[1].strip() for line in information.read_text().splitlines() if "model name" in line]
        processor = models[0] if models else processor
    memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") if hasattr(os, "sysconf") else 0
    return {
        "processor": processor,
        "cores": os.cpu_count(),
        "memory_gb": round(memory / 2**30, 1),
        "system": platform.platform(),
        "python": platform.python_version(),
    }


def show_round(figures: dict[str, Any]) -> None:
    """Print one round as a table."""
    print(f"\nA round of {figures['needs']:,} needs: {figures['seconds']:.3f} s")
    for part, seconds in figures["parts"].items():
        print(f"  {part:<22}{seconds:9.4f} s")
    print(f"  {'certificate':<22}{'exact' if figures['certified'] else 'NOT EXACT':>11}")
    for key, name in TIERS.items():
        tiers = figures.get(f"{key}_by_tier")
        print(f"  {'served, ' + name:<22}{figures[key]:9,d}  {f'by tier {tiers}' if tiers else ''}".rstrip())
    for key, value in figures.items():
        if key not in {"needs", "seconds", "parts", "certified"} and not key.startswith("served"):
            print(f"  {key.replace('_', ' '):<22}{value!s:>11}")


def show_pages(rows: list[dict[str, Any]]) -> None:
    """Print the pages as a table."""
    print(f"\n{'page':<44}{'people':>9}{'median ms':>11}{'queries':>9}")
    for row in rows:
        print(f"{row['page']:<44}{row['people']:>9,}{row['median_ms']:>11.1f}{row['queries']:>9}")


def main() -> None:
    """Measure, print, and write the JSON where asked to."""
    parser = argparse.ArgumentParser()
    parser.add_argument("--needs", type=int, nargs="+", required=True)
    parser.add_argument("--json", type=Path)
    given = parser.parse_args()
    report: dict[str, Any] = {"machine": machine(), "rounds": [], "pages": []}
    print(" · ".join(str(value) for value in report["machine"].values()))
    for needs in given.needs:
        report["rounds"].append(bench_round(needs))
        show_round(report["rounds"][-1])
    if importlib.util.find_spec("referral.bench"):
        report["pages"] = importlib.import_module("referral.bench").bench_pages()
        show_pages(report["pages"])
    if given.json:
        given.json.write_text(json.dumps(report, indent=2) + "\n", "utf-8")
        print(f"\nWritten to {given.json}")
    if not all(row["certified"] for row in report["rounds"]):
        sys.exit("A round could not be certified.")


if __name__ == "__main__":
    main()
