"""The plain implementation of the benchmark computes the same, so that its times compare."""

from __future__ import annotations

import importlib.util
import sys
from pathlib import Path
from typing import Any

import pytest
import torch

from condrec.datasets import Dataset

PATH = Path(__file__).parents[2] / "benchmarks" / "encode_once.py"


@pytest.fixture(scope="module")
def benchmark() -> Any:
    spec = importlib.util.spec_from_file_location("encode_once", PATH)
    assert spec is not None and spec.loader is not None
    module = importlib.util.module_from_spec(spec)
    sys.modules["encode_once"] = module
    spec.loader.exec_module(module)
    yield module
    del sys.modules["encode_once"]


@pytest.mark.parametrize("place", range(3))
def test_losses_and_gradients_agree(benchmark: Any, tiny_dataset: Dataset, place: int) -> None:
    config = benchmark.MODELS[place](dropout=0.0, embedding_size=16, attention_size=8)
    with torch.random.fork_rng(devices=[]):
        setting = benchmark.build(config, tiny_dataset)
    batch = next(benchmark.batches_of(tiny_dataset, 64))
    results = []
    for score in (setting.once, setting.unpadded, setting.padded):
        loss = benchmark.loss_of(score, batch)
        gradients = torch.autograd.grad(loss, list(setting.model.parameters()))
        results.append((loss.detach(), gradients))
    for loss, gradients in results[1:]:
        assert abs(float(loss - results[0][0])) < benchmark.AGREEMENT
        torch.testing.assert_close(gradients, results[0][1], atol=1e-6, rtol=1e-3)


def test_it_prints_ratios(
    benchmark: Any, tiny_dataset: Dataset, capsys: pytest.CaptureFixture[str]
) -> None:
    with torch.random.fork_rng(devices=[]):
        benchmark.compare_encoding(tiny_dataset, 32, 1, 2)
        benchmark.compare_word_tables(tiny_dataset, 2)
    lines = capsys.readouterr().out.splitlines()
    n_positives = len(tiny_dataset.train.positives)
    assert lines[0].startswith(f"tiny: {n_positives} positives, 3 steps of 32 an epoch")
    assert [line.split()[0] for line in lines[3:6]] == ["NAML", "NRMS", "Fastformer"]
    assert "all 30,522" in lines[6]
