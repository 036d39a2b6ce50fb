"""The command line: what it prints, and one clear sentence for every bad input."""

from __future__ import annotations

from pathlib import Path
from shlex import split

import pytest

from condrec.cli import main

RUN = split("run --dataset embedded --method random-users --recommender popularity --seed 0")


@pytest.fixture(autouse=True)
def _own_folders(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("CONDREC_RUNS", str(tmp_path / "runs"))


def test_run_writes_one_artifact_and_prints_the_metrics(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    out = tmp_path / "artifact"
    assert main([*RUN, "--budget", "60", "--out", str(out)]) == 0
    assert "NDCG@5: 0." in capsys.readouterr().out
    assert (out / "metrics.json").is_file()
    assert [path.name for path in tmp_path.iterdir()] == ["artifact"]


def test_condense_saves_a_data_set_that_loads(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    from condrec.datasets import load_saved_dataset

    out = tmp_path / "condensed"
    command = split("condense --dataset embedded --method majority --budget 20 --seed 0 --out")
    assert main([*command, str(out)]) == 0
    assert len(load_saved_dataset(out).train_users) == 20
    assert "users_pct:" in capsys.readouterr().out


def test_datasets_are_listed(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["datasets"]) == 0
    assert "embedded:" in capsys.readouterr().out


def test_a_plan_runs_nothing(tmp_path: Path, capsys: pytest.CaptureFixture[str]) -> None:
    assert main(split("reproduce tf-dcon-table-3 --profile quick --plan")) == 0
    printed = capsys.readouterr().out
    assert "runs to do" in printed
    assert "GiB" in printed
    assert not list(tmp_path.iterdir())


@pytest.mark.parametrize(
    ("command", "message"),
    [
        ("rnu", "did you mean 'run'"),
        ("run --dataset embeded --method none --recommender naml --seed 0", "'embedded'"),
        ("run --dataset embedded --method tfdcon --recommender naml --seed 0", "'tf-dcon'"),
        ("run --dataset embedded --method none --recommender namll --seed 0", "'naml'"),
        (
            "run --dataset embedded --method none --recommender naml --seed 0 --set epoch=2",
            "'epochs'",
        ),
        (
            "run --dataset embedded --method none --recommender naml --seed 0 --set epochs=few",
            "expected a value of type int",
        ),
        (
            "run --dataset embedded --method none --recommender naml --seed 0 --set epochs=0",
            "expected at least 1",
        ),
        (
            "run --dataset embedded --method none --recommender naml --seed 0 --set epochs",
            "expected NAME=VALUE",
        ),
        ("run --dataset embedded --method none --recommender naml --seed x", "invalid int"),
        ("run --dataset embedded --method none --seed 0", "required: --out, --recommender"),
        (
            "run --dataset embedded --method random-users --recommender naml --seed 0",
            "found none",
        ),
        (
            "run --dataset embedded --method random-users --recommender naml --seed 0 --budget 0",
            "above 0",
        ),
        (
            "run --dataset embedded --method random-users --recommender naml --seed 0 --budget -3",
            "above 0",
        ),
        (
            "run --dataset embedded --method random-users --recommender naml --seed 0 --budget 601",
            "has 5",
        ),
        (
            "run --dataset embedded --method random-users --recommender naml --seed 0 --budget a",
            "expected a number",
        ),
        (
            "run --dataset embedded --method none --recommender naml --seed 0 --device gpu",
            "unknown device",
        ),
        (
            "run --dataset embedded --method released-random --recommender naml --seed 0",
            "expected one of tfdcon-movielens",
        ),
        ("run --dataset netflix --method none --recommender naml --seed 0", "no reader"),
        ("reproduce tf-dcon-tabel-3 --profile quick", "did you mean 'tf-dcon-table-"),
        ("reproduce tf-dcon-table-3 --profile quik", "did you mean 'quick'"),
        ("reproduce tf-dcon-table-3 --profile quick --datasets embedde", "'embedded'"),
        ("reproduce tf-dcon-table-3 --profile quick --record", "found embedded, expected real"),
        ("fetch movielens", "unknown data set"),
        ("book --profile rael", "did you mean 'real'"),
    ],
)
def test_bad_input_is_one_sentence_and_leaves_nothing(
    command: str, message: str, tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    arguments = split(command)
    if arguments[0] == "run" and "--out" not in message:
        arguments += ["--out", str(tmp_path / "artifact")]
    assert main(arguments) == 2
    captured = capsys.readouterr()
    assert message in captured.err
    assert captured.err.startswith("condrec: ")
    assert captured.err.count("\n") == 1
    assert "Traceback" not in captured.err
    assert not list(tmp_path.iterdir())


def test_an_existing_out_folder_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    (tmp_path / "artifact").mkdir()
    assert main([*RUN, "--budget", "60", "--out", str(tmp_path / "artifact")]) == 2
    assert "exists already" in capsys.readouterr().err


def test_missing_files_say_what_to_do(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path / "nothing"))
    command = "run --dataset tfdcon-movielens --method none --recommender naml --seed 0 --out"
    assert main([*split(command), str(tmp_path / "artifact")]) == 2
    assert "condrec fetch tfdcon-movielens" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_a_grid_without_its_files_is_refused_before_anything_runs(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setenv("CONDREC_DATA", str(tmp_path / "nothing"))
    assert main(split("reproduce dconrec-overall --profile real --datasets ml-100k,ciao")) == 2
    printed = capsys.readouterr()
    assert "ml-100k (0 of" in printed.err
    assert "ciao (0 of" in printed.err
    assert not printed.out
    assert not list(tmp_path.iterdir())


def test_condense_refuses_an_unknown_device(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    command = "condense --dataset embedded --method majority --budget 20 --seed 0 --device gpu"
    assert main([*split(command), "--out", str(tmp_path / "condensed")]) == 2
    assert "unknown device" in capsys.readouterr().err
    assert not list(tmp_path.iterdir())


def test_every_published_number_is_printed_beside_ours(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["verdicts"]) == 0
    head, *rows, counts = capsys.readouterr().out.splitlines()
    assert head.split()[-3:] == ["published", "ours", "verdict"]
    assert len(rows) == sum(int(part.split(": ")[1]) for part in counts.split("; "))


def test_fetching_what_needs_no_files_says_so(capsys: pytest.CaptureFixture[str]) -> None:
    assert main(["fetch", "embedded"]) == 0
    assert capsys.readouterr().out.startswith("embedded: 0 new files")
