"""Carry out one run: condense, train, evaluate, write the artifact."""

from __future__ import annotations

import gc
import json
import platform
import subprocess
import time
from dataclasses import asdict, replace
from datetime import UTC, datetime
from functools import lru_cache
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd

from condrec import __version__, paths
from condrec.condensers import size, size_report
from condrec.condensers.shared_work import fingerprint
from condrec.datasets import Dataset, Interactions, load_dataset, with_noise
from condrec.evaluation import (
    RankingResult,
    full_metrics,
    listed_metrics,
    mean_metrics,
    next_item_metrics,
)
from condrec.experiments.artifact import is_complete, write_artifact
from condrec.experiments.run import MEASURE_ONLY, Run
from condrec.recommenders import resolve_device, selected_by

CUTOFFS = (1, 5, 10)
load = lru_cache(maxsize=4)(load_dataset)


def run_folder(run: Run) -> Path:
    """Return where the artifact of a run lies or would lie."""
    return paths.runs() / run.key()


def execute(run: Run, device: str = "cpu", out: Path | None = None) -> Path:
    """Carry out a run and return its artifact folder; a finished one is not done again.

    The folder holds ``metrics.json`` (the contract in CONTRIBUTING.md), ``curve.csv`` (one row an
    epoch), ``per_group.npz`` (metrics of every ranked list) and ``manifest.json``.

    Args:
        run: what to do.
        device: ``auto``, ``cpu`` or ``cuda``.
        out: the artifact folder, which must not exist; None uses the folder of runs.
    """
    folder = run_folder(run) if out is None else out
    if out is None and is_complete(folder):
        return folder
    place = resolve_device(device)
    full = with_noise(load(run.dataset), run.noise, run.condenser_seed)
    method = run.condenser()
    model = None if run.recommender == MEASURE_ONLY else run.model()
    cost = method.prepare(full, run.budget, run.condenser_seed, place)
    start = time.perf_counter()
    condensed = method.condense(full, run.budget, run.condenser_seed, place)
    seconds = {"condense": time.perf_counter() - start + cost.pop("seconds", 0.0)}
    cost |= method.facts(full, condensed, run.budget, run.condenser_seed, place)
    content: dict[str, Any] = {
        "key": run.key(),
        "run": run.to_dict(),
        "edition": method.edition,
        "size": size_report(condensed, full) | asdict(size(condensed)),
        "cost": cost,
        "condensed_sha256": fingerprint(condensed),
        "data": {"data_split": full.data_split, "protocol": full.protocol},
        "selected_by": selected_by(full, model),
    }
    curve = pd.DataFrame(columns=["epoch", "seconds", "loss", "validation"])
    groups: dict[str, np.ndarray] = {}
    if model is None:
        content |= {"test": {}, "statistics": statistics(condensed)}
    else:
        fitted = model.fit(condensed, run.seed, place)
        curve = pd.DataFrame(fitted.log.curve, columns=curve.columns)
        content["epochs"] = fitted.log.epochs
        seconds["train"] = fitted.log.seconds
        start = time.perf_counter()
        results = evaluate(fitted, full, condensed, run.seed)
        seconds["evaluate"] = time.perf_counter() - start
        if full.protocol == "full":  # what the comparison of speed needs as a row
            cost["seconds_evaluate"] = round(seconds["evaluate"], 4)
        content |= {name: mean_metrics(result) for name, result in results.items()}
        groups = _per_group(results)
        # Optimiser and scheduler refer to each other, so a model outlives its run until the next
        # collection: a worker would keep some 60 MB a run.
        del fitted
        gc.collect()
    content["seconds"] = {name: round(value, 4) for name, value in seconds.items()}
    content["provenance"] = provenance(full, place)

    def write(aside: Path) -> None:
        text = json.dumps(content, indent=1, sort_keys=True) + "\n"
        (aside / "metrics.json").write_text(text, encoding="utf-8")
        curve.to_csv(aside / "curve.csv", index=False)
        np.savez_compressed(aside / "per_group.npz", **groups)  # type: ignore[arg-type]

    # Another process may have finished the same run meanwhile.
    return write_artifact(folder, write, shared=out is None)


def evaluate(fitted: Any, full: Dataset, condensed: Dataset, seed: int) -> dict[str, RankingResult]:
    """Evaluate on the full data's test and validation rows.

    Under the full protocol all items but the known ones are ranked.  A leave-one-out split holds
    out one item a user, which is ranked among these and, for ``test_uni100`` and
    ``validation_uni100``, among 100 sampled ones.  Under the listed protocol histories are the
    users' own, never a merged one; the texts of the items are those of the training set (``test``,
    ``validation``: what the published configurations do) or the original ones
    (``test_original_content``: what the paper says).
    """
    if full.next_item:
        blocks: dict[str, RankingResult] = {}
        for split in ("test", "validation"):
            found = next_item_metrics(fitted.score_next, full, split, seed=seed)
            blocks |= {split: found["full"], f"{split}_uni100": found["uni100"]}
        return blocks
    if full.protocol == "full":
        return {
            split: full_metrics(
                fitted.score_users, full, split, seed=seed, with_auc=split == "test"
            )
            for split in ("test", "validation")
        }
    as_trained = replace(full, tokens=condensed.tokens)
    plan: dict[str, tuple[Dataset, Interactions]] = {
        "test": (as_trained, full.test),
        "validation": (as_trained, full.validation),
        "test_original_content": (full, full.test),
    }
    return {
        name: listed_metrics(fitted.score(data, rows), rows, ks=CUTOFFS, seed=seed)
        for name, (data, rows) in plan.items()
    }


def _per_group(results: dict[str, RankingResult]) -> dict[str, np.ndarray]:
    """Return the metrics of single groups that are kept, by block and metric."""
    next_item = "test_uni100" in results
    metrics = ("NDCG@10", "MRR@10") if next_item else ("NDCG@1", "NDCG@5", "NDCG@10", "HR@10")
    kept = {"groups": results["test"].groups}
    for name in ("test", "test_uni100", "test_original_content"):
        for metric in metrics:
            if name in results and metric in results[name].values:
                kept[f"{name}:{metric}"] = results[name].values[metric].astype(np.float32)
    return kept


def statistics(dataset: Dataset) -> dict[str, float]:
    """Return what Table II counts, over all three splits."""
    rows = (dataset.train, dataset.validation, dataset.test)
    positives = sum(len(part.positives) for part in rows)
    negatives = sum(len(part.negatives) for part in rows)
    lengths = dataset.histories.lengths
    tokens = dataset.tokens.lengths if dataset.tokens is not None else np.zeros(dataset.n_items)
    return {
        "n_items": dataset.n_items,
        "n_users": dataset.n_users,
        "avg_tokens_per_item": float(tokens.mean()),
        "avg_history_length": float(lengths.mean()),
        "n_positive": positives,
        "n_negative": negatives,
        "density_percent": 100 * positives / (dataset.n_users * dataset.n_items),
        "train_rows": len(dataset.train),
        "validation_rows": len(dataset.validation),
        "test_rows": len(dataset.test),
        "test_groups": len(np.unique(dataset.test.group)),
    }


def provenance(dataset: Dataset, device: str) -> dict[str, Any]:
    """Return what is needed to tell where a number comes from."""
    import torch

    name = torch.cuda.get_device_name() if device == "cuda" else processor()
    return {
        "version": __version__,
        "commit": commit(),
        "date": datetime.now(UTC).strftime("%Y-%m-%d"),
        "python": platform.python_version(),
        "torch": torch.__version__,
        "device": f"{device} ({name}, {torch.get_num_threads()} threads)",
        "data_sha256": dict(dataset.sources),
    }


def processor() -> str:
    """Return the processor's name and vector instructions: another rounds sums in another way."""
    import torch

    try:
        lines = Path("/proc/cpuinfo").read_text(encoding="utf-8").splitlines()
    except OSError:
        lines = []
    names = [line.partition(":")[2].strip() for line in lines if line.startswith("model name")]
    name = names[0] if names else platform.processor() or platform.machine()
    return f"{name}, {torch.backends.cpu.get_cpu_capability()}"


@lru_cache(maxsize=1)
def commit() -> str:
    """Return the commit of the checkout, with ``+`` if files differ from it, or ``unknown``."""
    here = Path(__file__).resolve().parent
    try:
        call = ["git", "-C", str(here), "describe", "--always", "--abbrev=10", "--exclude=*"]
        found = subprocess.run(call, capture_output=True, text=True, check=True, timeout=20)
        code = [*call[:3], "status", "--porcelain", "--untracked-files=no", "--", str(here.parent)]
        changed = subprocess.run(code, capture_output=True, text=True, check=True, timeout=20)
    except (OSError, subprocess.SubprocessError):
        return "unknown"
    return found.stdout.strip() + ("+" if changed.stdout.strip() else "")
