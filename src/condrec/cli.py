"""The command line."""

from __future__ import annotations

import argparse
import sys
from collections.abc import Sequence
from pathlib import Path
from typing import Any, NoReturn

from condrec.errors import CondrecError, unknown_name

COMMANDS = ("datasets", "fetch", "condense", "run", "reproduce", "verdicts", "book")


class _Parser(argparse.ArgumentParser):
    """Reports bad usage as one sentence, like every other bad input."""

    def error(self, message: str) -> NoReturn:
        raise CondrecError(f"{message}; see {self.prog} --help")


def parser() -> argparse.ArgumentParser:
    """Return the parser of the whole command line."""
    top = _Parser(prog="condrec", description="Condensing recommendation data.")
    top.add_argument("--debug", action="store_true", help="show the traceback of an error")
    commands = top.add_subparsers(dest="command", metavar="COMMAND", required=True)

    commands.add_parser("datasets", help="what can be loaded, and whether its files are here")

    fetch = commands.add_parser("fetch", help="download, verify and unpack a data set")
    fetch.add_argument("name", metavar="NAME")

    condense = commands.add_parser("condense", help="condense a data set and save the result")
    run = commands.add_parser("run", help="condense, train, evaluate; write one artifact")
    for command in (condense, run):
        command.add_argument(
            "--dataset", required=True, metavar="D", help="name, or a file of yours; D@SPLIT"
        )
        command.add_argument("--method", required=True, metavar="M")
        command.add_argument("--budget", metavar="B", help="share (<1) or number of units")
        command.add_argument("--set", action="append", default=[], metavar="K=V", dest="settings")
        command.add_argument("--seed", required=True, type=int)
        command.add_argument("--device", default="auto", metavar="auto|cpu|cuda")
        command.add_argument("--out", required=True, type=Path, metavar="DIR")
    run.add_argument("--recommender", required=True, metavar="R")

    reproduce = commands.add_parser("reproduce", help="run the grid of a table or figure")
    reproduce.add_argument("grid", metavar="GRID")
    reproduce.add_argument("--profile", required=True, metavar="P")
    reproduce.add_argument("--datasets", metavar="A,B", help="instead of the profile's")
    reproduce.add_argument("--device", default="auto", metavar="auto|cpu|cuda")
    reproduce.add_argument("--record", action="store_true", help="write data/recorded/ rows")
    reproduce.add_argument("--plan", action="store_true", help="print what it needs, and stop")
    reproduce.add_argument("--fresh", action="store_true", help="redo what is recorded already")

    verdicts = commands.add_parser("verdicts", help="every published number beside ours")
    verdicts.add_argument("--csv", type=Path, metavar="FILE")

    book = commands.add_parser("book", help="execute the notebooks, build the book")
    book.add_argument("--profile", required=True, metavar="P")
    book.add_argument("--device", default="auto", metavar="auto|cpu|cuda")
    book.add_argument("--only", metavar="NOTEBOOK", help="execute this notebook alone")
    book.add_argument("--set", action="append", default=[], metavar="K=V", dest="settings")
    book.add_argument("--student", action="store_true", help="the edition without solutions")
    book.add_argument("--slides", action="store_true", help="slides of the notebooks as well")
    book.add_argument("--pdf", action="store_true", help="a PDF as well; needs Chromium")
    book.add_argument("--plan", action="store_true", help="print what it needs, and stop")
    book.add_argument(
        "--keep-costs", action="store_true", help="write notebooks/costs.json, for the plan"
    )
    return top


def main(argv: Sequence[str] | None = None) -> int:
    """Run one command; return the exit code (0 ok, 2 bad input, 1 a bug or an interrupt)."""
    given = list(sys.argv[1:] if argv is None else argv)
    debug = "--debug" in given
    try:
        named = next((word for word in given if not word.startswith("-")), None)
        if named is not None and named not in COMMANDS:
            raise unknown_name("command", named, COMMANDS)
        options = parser().parse_args([word for word in given if word != "--debug"])
        globals()[f"_{options.command}"](options)
    except CondrecError as error:
        if debug:
            raise
        print(f"condrec: {error}", file=sys.stderr)
        return 2
    except KeyboardInterrupt:
        print("condrec: interrupted; finished runs are kept, start again to go on", file=sys.stderr)
        return 1
    except Exception as error:
        if debug:
            raise
        print(
            f"condrec: unexpected {type(error).__name__}: {error}; "
            "run again with --debug to see where, and please report it",
            file=sys.stderr,
        )
        return 1
    return 0


def _settings(pairs: Sequence[str]) -> dict[str, Any]:
    settings = {}
    for pair in pairs:
        name, equals, value = pair.partition("=")
        if not equals or not name:
            raise CondrecError(f"--set: found {pair!r}, expected NAME=VALUE")
        settings[name.strip()] = value.strip()
    return settings


def _budget(text: str | None) -> float | None:
    if text is None:
        return None
    try:
        return float(text)
    except ValueError:
        raise CondrecError(f"--budget: found {text!r}, expected a number above 0") from None


def _new_folder(out: Path) -> Path:
    if out.exists():
        raise CondrecError(f"--out: {out} exists already; choose a folder that does not")
    return out


def _datasets(options: argparse.Namespace) -> None:
    from condrec.datasets import available

    for info in available():
        by_hand = not info.expected and info.entry.homepage
        files = f"{info.present} of {info.expected} files here" if info.expected else "generated"
        state = files if info.readable else f"{files}, no reader yet"
        state = "by hand, see its page" if by_hand else state
        print(f"{info.name}: {info.entry.task}; {info.entry.size}; {state}; {info.entry.licence}")


def _fetch(options: argparse.Namespace) -> None:
    from condrec.datasets import fetch

    new = fetch(options.name)
    for path in new:
        print(path)
    print(f"{options.name}: {len(new)} new files, every SHA-256 as registered")


def _condense(options: argparse.Namespace) -> None:
    import torch

    from condrec.condensers import condenser, size_report
    from condrec.datasets import load_dataset, save_dataset
    from condrec.experiments import write_artifact
    from condrec.recommenders import resolve_device

    out, place = _new_folder(options.out), resolve_device(options.device)
    torch.set_num_threads(1)  # as in `run`: the same seed gives the same bytes
    method = condenser(options.method, _settings(options.settings))
    dataset = load_dataset(options.dataset)
    condensed = method.condense(dataset, _budget(options.budget), options.seed, place)
    write_artifact(out, lambda folder: save_dataset(condensed, folder))
    for name, percent in size_report(condensed, dataset).items():
        print(f"{name}: {percent:.2f}")
    print(out)


def _run(options: argparse.Namespace) -> None:
    import torch

    from condrec.experiments import execute, make_run, read_metrics

    out = _new_folder(options.out)
    torch.set_num_threads(1)  # as in a grid: the same run gives the same bytes
    run = make_run(
        options.dataset,
        options.method,
        options.recommender,
        options.seed,
        _budget(options.budget),
        _settings(options.settings),
    )
    folder = execute(run, options.device, out)
    for name, value in read_metrics(folder)["test"].items():
        print(f"{name}: {value:.4f}")
    print(folder)


def _reproduce(options: argparse.Namespace) -> None:
    from condrec.experiments.reproduce import reproduce

    names = options.datasets.split(",") if options.datasets else None
    reproduce(
        options.grid,
        options.profile,
        datasets=names,
        device=options.device,
        record_rows=options.record,
        plan_only=options.plan,
        fresh=options.fresh,
    )


def _verdicts(options: argparse.Namespace) -> None:
    from condrec.report import all_verdicts

    table = all_verdicts()
    if options.csv:
        table.to_csv(options.csv, index=False)
        print(options.csv)
    else:
        shown = table.assign(
            table=table["table"].where(table["kind"] == "number", table["id"]),
            ours=table["mean"].map("{:.4g}".format, na_action="ignore").fillna(""),
        )
        names = ["paper", "table", "dataset", "model", "method", "metric", "published", "ours"]
        print(shown[[*names, "verdict"]].to_string(index=False, na_rep=""))
    counts = table["verdict"].value_counts()
    print("; ".join(f"{label}: {count}" for label, count in counts.items()))


def _book(options: argparse.Namespace) -> None:
    from condrec.book import build_book

    overrides = _settings(options.settings)
    page = build_book(
        options.profile,
        device=options.device,
        only=options.only,
        overrides=overrides,
        student=options.student,
        slides=options.slides,
        pdf=options.pdf,
        plan_only=options.plan,
        keep_costs=options.keep_costs,
    )
    if not options.plan:
        print(page)
