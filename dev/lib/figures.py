"""Figures that a bench, an evaluation or a drill comes to: printed as a table, written as JSON."""

import dataclasses
import json
import os
import platform
from pathlib import Path
from typing import Any


@dataclasses.dataclass
class Figure:
    name: str
    value: Any
    unit: str = ""
    target: Any = None
    met: bool | None = None


def machine():
    """The machine in one line: a figure means little without it."""
    model = platform.processor() or platform.machine()
    memory = ""
    try:
        for line in Path("/proc/cpuinfo").read_text().splitlines():
            if line.startswith("model name"):
                model = line.split(":", 1)[1].strip()
                break
        memory = f", {os.sysconf('SC_PAGE_SIZE') * os.sysconf('SC_PHYS_PAGES') / 2**30:.0f} GiB"
    except (OSError, ValueError):
        pass
    return f"{os.cpu_count()} x {model}{memory}, {platform.system()}, Python {platform.python_version()}"


def as_document(name, figures):
    return {"name": name, "machine": machine(), "figures": [dataclasses.asdict(figure) for figure in figures]}


def write(path, document):
    """Complete or not at all: a reader never sees half a file."""
    path = Path(path)
    path.parent.mkdir(parents=True, exist_ok=True)
    half = path.with_name(f".{path.name}.{os.getpid()}")
    half.write_text(as_text(document) + "\n")
    half.replace(path)


def as_text(document):
    return json.dumps(document, indent=2, default=_plain)


def _plain(value):
    # numpy's numbers know how to become Python's
    return value.item() if hasattr(value, "item") else str(value)


def shown(value):
    if value is None:
        return ""
    if hasattr(value, "item"):
        value = value.item()
    if isinstance(value, bool):
        return "yes" if value else "no"
    if isinstance(value, float):
        return f"{value:.4g}" if abs(value) < 1000 else f"{value:,.0f}"
    if isinstance(value, int):
        return f"{value:,}"
    return value if isinstance(value, str) else json.dumps(value, default=_plain)


def table(rows, header):
    """Columns as wide as they need to be; the first one stands left."""
    cells = [list(header), *([shown(cell) for cell in row] for row in rows)]
    widths = [max(len(row[column]) for row in cells) for column in range(len(header))]
    cells.insert(1, ["-" * width for width in widths])
    return "\n".join(
        "  ".join(cell.ljust(width) for cell, width in zip(row, widths, strict=True)).rstrip() for row in cells
    )


def figure_table(figures):
    return table(
        [(f.name, f.value, f.unit, f.target, f.met) for f in figures],
        ("figure", "value", "unit", "target", "met"),
    )
