"""The status page: with what, where and how fast this copy of the book was made."""

from __future__ import annotations

import os
import platform
from collections.abc import Collection, Iterable, Sequence
from importlib.metadata import PackageNotFoundError, version
from pathlib import Path

from condrec import __version__
from condrec.book.execute import Executed
from condrec.book.fingerprint import file_digest
from condrec.experiments.execute import processor

PACKAGES = (
    "torch",
    "numpy",
    "pandas",
    "scikit-learn",
    "transformers",
    "matplotlib",
    "papermill",
    "jupyter-book",
    "sphinx",
)


def markdown_table(
    header: Sequence[str], rows: Iterable[Sequence[object]], numbers: Collection[str] = ()
) -> str:
    """Return a Markdown table; bars and line breaks inside cells are escaped.

    Args:
        header: the names of the columns.
        rows: the cells.
        numbers: columns that are aligned to the right.
    """

    def line(cells: Sequence[object]) -> str:
        texts = (" ".join(str(cell).split()).replace("|", "\\|") for cell in cells)
        return "| " + " | ".join(texts) + " |"

    rule = ["---:" if name in numbers else "---" for name in header]
    return "\n".join([line(header), line(rule), *map(line, rows)])


def hardware() -> list[tuple[str, str]]:
    """Return processor, memory and accelerator, each with its name."""
    import torch

    rows = [("Processor", f"{processor()}, {os.cpu_count()} cores")]
    if hasattr(os, "sysconf") and "SC_PHYS_PAGES" in os.sysconf_names:
        memory = os.sysconf("SC_PAGE_SIZE") * os.sysconf("SC_PHYS_PAGES") / 2**30
        rows.append(("Memory", f"{memory:.0f} GiB"))
    gpu = torch.cuda.get_device_name(0) if torch.cuda.is_available() else "none"
    return [*rows, ("Accelerator", gpu), ("System", f"{platform.system()} {platform.machine()}")]


def versions(root: Path) -> list[tuple[str, str]]:
    """Return what was installed when the book was built."""
    from condrec.experiments.execute import commit

    def installed(package: str) -> str:
        try:
            return version(package)
        except PackageNotFoundError:
            return "not installed"

    lock = file_digest(root / "constraints.txt")[:12]
    return [
        ("condrec", f"{__version__}, commit {commit()}"),
        ("Lock (`constraints.txt`)", f"SHA-256 {lock}…"),
        ("Python", platform.python_version()),
        *((package, installed(package)) for package in PACKAGES),
    ]


def data_files() -> list[tuple[str, str, str]]:
    """Return every known data set, what of its files is here, and whether it can be loaded."""
    from condrec.datasets import available

    rows = []
    for each in available():
        if 0 < each.present < each.expected:
            files = f"{each.present} of {each.expected}"
        elif each.present:
            files = "present"
        else:
            files = "none needed" if each.here else "absent"
        rows.append((f"`{each.name}`", files, "yes" if each.here else "no"))
    return rows


def status_page(root: Path, profile: str, device: str, records: Sequence[Executed]) -> str:
    """Return the page as MyST Markdown.

    Args:
        root: the checkout.
        profile: the profile the notebooks were executed with.
        device: the device it asks for.
        records: one of each executed notebook.
    """
    total = sum(record.seconds for record in records)
    days = sorted({record.date[:10] for record in records})
    notebooks = [
        (
            f"[](notebooks/{record.name}.ipynb)",  # the page's title and number
            "failed: `" + record.error.replace("`", "'") + "`" if record.error else "passed",
            f"{record.seconds:.1f}",
            "–" if record.memory_mib is None else record.memory_mib,
            *((record.date[:10],) if len(days) > 1 else ()),
            record.date[11:19],
        )
        for record in records
    ]
    columns = ["Notebook", "Result", "Seconds", "Memory (MiB)"]
    columns += ["Day", "Time (UTC)"] if len(days) > 1 else ["Time (UTC)"]
    tables = {
        "Notebooks": markdown_table(columns, notebooks, columns[2:4]),
        "Data": markdown_table(["Data set", "Files", "Can be loaded"], data_files()),
        "Hardware": markdown_table(["Part", "Found"], hardware()),
        "Versions": markdown_table(["Package", "Version"], versions(root)),
    }
    head = (
        f"This copy was made with the profile **{profile}** on device **{device}**; its notebooks "
        f"took {total:.0f} seconds, added up."
    )
    if len(days) == 1:
        head += f" All were executed on {days[0]}."
    sections = [f"## {title}\n\n{table}" for title, table in tables.items()]
    return "\n\n".join(["# Status of this copy", head, *sections]) + "\n"
