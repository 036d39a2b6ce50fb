"""The grids of TD3: what they claim to hold equal, and that every run can be made."""

from __future__ import annotations

import pytest

from condrec.condensers import TD3
from condrec.datasets import load_dataset
from condrec.errors import CondrecError
from condrec.experiments import make_run
from condrec.experiments.grids import grid
from condrec.experiments.grids.td3 import length, n_sequences
from condrec.experiments.grids.td3_settings import CHOSEN, EQUAL_BYTES, LEAD, MODELS, PUBLISHED
from condrec.experiments.reproduce import grid_runs, scales

NAMES = ("td3-overall", "td3-transfer", "td3-ablation", "td3-models", "td3-search")


@pytest.mark.parametrize("name", NAMES)
@pytest.mark.parametrize("profile", ["quick", "real"])
def test_every_run_can_be_made_and_comes_once(name: str, profile: str) -> None:
    for scale in scales(profile, grid(name)):
        runs = grid(name).build(scale)
        keys = [run.to_dict() for run in runs]
        assert runs and all(keys.count(each) == 1 for each in keys[:: max(1, len(keys) // 20)])
        for run in runs:
            assert run.dataset == scale.dataset
            if run.recommender in MODELS:
                assert run.model().max_length == length(scale)


def test_the_lead_model_comes_first() -> None:
    scale = scales("real", grid("td3-overall"))[0]
    trained = [run.recommender for run in grid("td3-overall").build(scale)]
    assert trained.index(LEAD) < min(trained.index(name) for name in MODELS[1:])


def test_shares_take_as_many_numbers_as_the_factors_and_the_table(real_data: object) -> None:
    for scale in scales("real", grid("td3-overall")):
        data, config = load_dataset(scale.dataset), TD3(length=length(scale))
        width, n_rows = 32, len(data.train.positives)
        expected = []
        for rank in (config.rank_users, CHOSEN[scale.dataset]["rank_users"]):
            learned = rank * rank * width + (n_sequences(scale) + length(scale)) * rank
            expected.append(learned / (2 * n_rows))  # a row is two ids
        expected.append((learned + width * data.n_items) / (2 * n_rows))
        shares = EQUAL_BYTES[scale.dataset]
        assert shares == pytest.approx([each for each in expected if each < 1], abs=6e-5)


def test_settings_of_the_scripts_are_those_of_the_fact_sheet() -> None:
    config = TD3()
    official = (config.outer_epochs, config.inner_steps, config.window, config.outer_batch_size)
    assert official == (30, 200, 40, 4096)
    assert (config.outer_learning_rate, config.inner_learning_rate) == (0.03, 0.005)
    magazine = PUBLISHED["magazine@leave-one-out-5-3"]
    assert magazine == {"outer_batch_size": 1024, "outer_learning_rate": 0.01}
    for name, settings in CHOSEN.items():
        make_run(name, "td3", LEAD, 0, 4, settings)


def test_data_of_another_split_are_refused_before_anything_is_run():
    with pytest.raises(CondrecError, match="'ml-100k', expected .* ml-100k@leave-one-out"):
        grid_runs("td3-overall", "real", ["ml-100k"])
    assert grid_runs("td3-overall", "real", ["ml-100k@leave-one-out"])
