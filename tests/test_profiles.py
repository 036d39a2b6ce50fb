from __future__ import annotations

import pytest

from condrec.errors import CondrecError
from condrec.profiles import read_profile


def test_the_two_profiles_have_the_same_parameters():
    assert set(read_profile("quick")) == set(read_profile("real"))
    assert read_profile("quick")["texts"] == ["embedded"]
    assert read_profile("real")["texts"][0] == "tfdcon-movielens"
    assert len(read_profile("real")["seeds"]) == 5


def test_a_given_device_replaces_the_profiles_own(tmp_path):
    (tmp_path / "here.yml").write_text("device: cpu\n")
    assert read_profile("here", "auto", tmp_path) == {"device": "cpu", "profile": "here"}
    assert read_profile("here", "cuda", tmp_path)["device"] == "cuda"


def test_unknown_profile_and_device_offer_the_nearest_name():
    with pytest.raises(CondrecError, match="'quik'.*did you mean 'quick'"):
        read_profile("quik")
    with pytest.raises(CondrecError, match="'cudo'.*did you mean 'cuda'"):
        read_profile("quick", "cudo")


def test_a_profile_is_a_mapping_and_safe_yaml(tmp_path):
    (tmp_path / "list.yml").write_text("- 1\n")
    with pytest.raises(CondrecError, match="profile list: found no mapping"):
        read_profile("list", folder=tmp_path)
