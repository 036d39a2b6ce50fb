from __future__ import annotations

import json
import logging
import shutil
import string
from collections.abc import Callable
from pathlib import Path
from typing import Any

import pytest
import torch

from condrec.errors import CondrecError
from condrec.text import ExtractiveLanguageModel, Usage, open_language_model
from condrec.text import local as module
from condrec.text.local import LocalLanguageModel
from condrec.text.prompted import ATTEMPTS
from condrec.text.prompts import ITEM_INSTRUCTION, item_record, messages

transformers = pytest.importorskip("transformers")

COMMIT = "0123456789abcdef0123456789abcdef01234567"
TITLES = ["Heat", "The long march home", "Ran", "A title with many more words than others have"]
WORDS = ["of", "is", "on", "to"]
TEMPLATE = (
    "{% for message in messages %}{{ message['role'] }} {{ message['content'] }}\n{% endfor %}"
    "{% if add_generation_prompt %}assistant {% endif %}"
)


def save_tiny_model(folder: Path) -> None:
    """Save a random two-layer Llama that reads letters and speaks letters and short words."""
    from tokenizers import Tokenizer, models, normalizers, pre_tokenizers

    pieces = ["<unk>", "<end>", *WORDS, *string.ascii_lowercase, *string.digits]
    backend = Tokenizer(
        models.WordPiece(
            {piece: i for i, piece in enumerate(pieces)},
            unk_token="<unk>",
            continuing_subword_prefix="",
        )
    )
    backend.normalizer = normalizers.Lowercase()
    backend.pre_tokenizer = pre_tokenizers.BertPreTokenizer()
    tokenizer = transformers.PreTrainedTokenizerFast(tokenizer_object=backend, unk_token="<unk>")
    tokenizer.chat_template = TEMPLATE
    tokenizer.save_pretrained(folder)
    torch.manual_seed(0)
    # Wide random weights: every prompt gets words of its own.
    config = transformers.LlamaConfig(
        vocab_size=len(pieces),
        hidden_size=32,
        intermediate_size=64,
        num_hidden_layers=2,
        num_attention_heads=4,
        num_key_value_heads=2,
        max_position_embeddings=2048,
        initializer_range=0.5,
        bos_token_id=None,
        eos_token_id=None,
    )
    transformers.LlamaForCausalLM(config).save_pretrained(folder)


@pytest.fixture(scope="session")
def saved_once(tmp_path_factory: pytest.TempPathFactory) -> Path:
    folder = tmp_path_factory.mktemp("models") / "tiny-chat"
    save_tiny_model(folder)
    return folder


@pytest.fixture
def tiny(saved_once: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Path:
    """A folder the test may change; replies have eight tokens, so that it is quick."""
    monkeypatch.setattr(module, "MAX_TOKENS", 8)
    return Path(shutil.copytree(saved_once, tmp_path / "models" / "tiny-chat"))


def edit(path: Path, **entries: Any) -> None:
    path.write_text(json.dumps({**json.loads(path.read_text()), **entries}))


def greedy(folder: Path, title: str) -> tuple[Any, list[int], list[int]]:
    """The reference: one prompt, no padding, the likeliest token again and again."""
    pieces = transformers.AutoTokenizer.from_pretrained(folder)
    model = transformers.AutoModelForCausalLM.from_pretrained(folder).eval()
    chat = list(messages(ITEM_INSTRUCTION, item_record(title, "", "")))
    text = pieces.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    prompt = pieces(text, add_special_tokens=False)["input_ids"]
    ids = list(prompt)
    with torch.inference_mode():
        for _ in range(8):
            ids.append(int(model(torch.tensor([ids])).logits[0, -1].argmax()))
    return pieces, prompt, ids[len(prompt) :]


def condense(folder: Path, titles: list[str] = TITLES) -> tuple[LocalLanguageModel, list[str]]:
    model = LocalLanguageModel(str(folder), "cpu")
    return model, model.condense_items(titles, [], [])


def test_a_batch_equals_one_prompt_at_a_time(tiny: Path) -> None:
    model, found = condense(tiny)
    expected = [greedy(tiny, title) for title in TITLES]
    assert len({len(prompt) for _, prompt, _ in expected}) == 4  # all but one row are padded
    assert found == [pieces.decode(new, skip_special_tokens=True) for pieces, _, new in expected]
    assert len(set(found)) == 4
    assert model.usage == Usage(4, sum(len(prompt) for _, prompt, _ in expected), 4 * 8)
    assert model.n_replaced == 0


def test_batches_of_any_size_agree(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(module, "BATCH", 1)
    _, single = condense(tiny)
    monkeypatch.setattr(module, "BATCH", 3)
    monkeypatch.setenv("CONDREC_RUNS", str(tiny / "other runs"))
    _, batched = condense(tiny)
    assert batched == single


def test_replies_end_at_any_end_token_of_the_model(tiny: Path) -> None:
    pieces, prompt, new = greedy(tiny, "Heat")
    last = max(new.index(token) for token in new)  # of the first places: the longest reply
    assert last > 0
    edit(tiny / "generation_config.json", eos_token_id=[0, new[last]])
    model, (found,) = condense(tiny, ["Heat"])
    assert found == pieces.decode(new[: last + 1])
    assert model.usage == Usage(1, len(prompt), last + 1)


def test_replies_without_their_end_are_no_answers(tiny: Path) -> None:
    _, _, new = greedy(tiny, "Heat")
    never = next(token for token in range(10) if token not in new)
    edit(tiny / "generation_config.json", eos_token_id=never)
    model, found = condense(tiny, ["Heat"])
    assert found == ExtractiveLanguageModel().condense_items(["Heat"], [], [])
    assert (model.n_replaced, model.usage.requests) == (1, ATTEMPTS)
    assert model.usage.completion_tokens == ATTEMPTS * 8


def test_stays_greedy_where_the_model_would_sample(
    tiny: Path, monkeypatch: pytest.MonkeyPatch, caplog: pytest.LogCaptureFixture
) -> None:
    monkeypatch.setattr(logging.getLogger("transformers"), "propagate", True)
    edit(tiny / "generation_config.json", do_sample=True, temperature=5.0, top_k=50, max_length=20)
    _, found = condense(tiny, ["Heat"])
    pieces, _, new = greedy(tiny, "Heat")
    assert found == [pieces.decode(new, skip_special_tokens=True)]
    assert not caplog.records


def test_interests_that_are_no_json_are_replaced_and_counted(tiny: Path) -> None:
    model = LocalLanguageModel(str(tiny), "cpu")
    histories = [["Heat", "Heat and dust"], []]
    assert model.interests(histories) == ExtractiveLanguageModel().interests(histories)
    assert (model.n_replaced, model.usage.requests) == (1, ATTEMPTS)


def test_a_folder_is_known_by_its_files(tiny: Path, tmp_path: Path) -> None:
    first, found = condense(tiny)
    assert (
        first.name.startswith("local:tiny-chat@")
        and len(first.name) == len("local:tiny-chat@") + 12
    )
    moved = tmp_path / "elsewhere" / "tiny-chat"
    moved.parent.mkdir()
    tiny.rename(moved)
    (moved / "README.md").write_text("says nothing about the replies")
    again, replayed = condense(moved)
    assert (again.name, replayed, again.usage) == (first.name, found, first.usage)
    assert "_loaded" not in again.__dict__  # all replies were kept
    edit(moved / "generation_config.json", eos_token_id=[2])
    assert LocalLanguageModel(str(moved)).name != first.name


def test_names(tiny: Path) -> None:
    assert open_language_model(f"local:{tiny}", "cpu").name.startswith("local:tiny-chat@")
    assert open_language_model(f"local:org/tiny@{COMMIT}").name == f"local:org/tiny@{COMMIT}"


@pytest.mark.parametrize(
    "name", ["org/tiny", "org/tiny@main", f"@{COMMIT}", "no/such/folder", "tiny@"]
)
def test_refuses_what_is_not_pinned(name: str) -> None:
    with pytest.raises(CondrecError, match="no such folder, and no commit of 40 hex digits"):
        LocalLanguageModel(name)


def test_a_pinned_model_of_the_hub(
    tiny: Path, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    from huggingface_hub import constants

    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "hub"))
    snapshots = tmp_path / "hub" / "models--org--tiny" / "snapshots"
    _, expected = condense(tiny)
    shutil.copytree(tiny, snapshots / COMMIT)
    model = LocalLanguageModel(f"org/tiny@{COMMIT}", "cpu")
    assert model.condense_items(TITLES, [], []) == expected
    other = LocalLanguageModel(f"org/tiny@{COMMIT[::-1]}", "cpu")
    with pytest.raises(CondrecError, match="cannot be read"):
        other.condense_items(["Heat"], [], [])


def test_device_is_checked(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(torch.cuda, "is_available", lambda: False)
    with pytest.raises(CondrecError, match="found cuda without a usable GPU"):
        LocalLanguageModel(str(tiny), "cuda")
    with pytest.raises(CondrecError, match="unknown device 'gpu'"):
        open_language_model(f"local:{tiny}", "gpu")


def test_too_little_memory_ends_clearly(tiny: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    def out_of_memory(*_: object) -> None:
        raise torch.OutOfMemoryError("out")

    monkeypatch.setattr(LocalLanguageModel, "_generate", out_of_memory)
    with pytest.raises(CondrecError, match="too little memory on cpu for 4 prompts .* are kept"):
        condense(tiny)


def no_template(folder: Path) -> None:
    (folder / "chat_template.jinja").unlink()


def no_system_message(folder: Path) -> None:
    refusal = "{{ raise_exception('only users may speak') }}"
    (folder / "chat_template.jinja").write_text(refusal)


def short_context(folder: Path) -> None:
    edit(folder / "config.json", max_position_embeddings=100)


def pickled_weights(folder: Path) -> None:
    from safetensors.torch import load_file

    torch.save(load_file(folder / "model.safetensors"), folder / "pytorch_model.bin")
    (folder / "model.safetensors").unlink()


def damaged_weights(folder: Path) -> None:
    (folder / "model.safetensors").write_bytes(b"\xff" * 1000)


def missing_weights(folder: Path) -> None:
    from safetensors.torch import load_file, save_file

    weights = load_file(folder / "model.safetensors")
    del weights["model.layers.1.mlp.up_proj.weight"]
    save_file(weights, folder / "model.safetensors", {"format": "pt"})


def other_sizes(folder: Path) -> None:
    edit(folder / "config.json", hidden_size=64)


def own_code(folder: Path) -> None:
    code = f"import pathlib\npathlib.Path({str(folder / 'was_run')!r}).touch()\nEvil = None\n"
    (folder / "evil.py").write_text(code)
    auto = {"AutoConfig": "evil.Evil", "AutoModelForCausalLM": "evil.Evil"}
    edit(folder / "config.json", model_type="evil", architectures=["Evil"], auto_map=auto)


def nothing_there(folder: Path) -> None:
    for path in folder.iterdir():
        path.unlink()


def damaged_config(folder: Path) -> None:
    (folder / "config.json").write_text("{no json")


@pytest.mark.parametrize(
    ("damage", "message"),
    [
        (no_template, "found no chat template, expected a model tuned for chat; use one"),
        (no_system_message, "chat template refuses .*only users may speak.*; use another model"),
        (short_context, r"found a prompt of \d+ tokens, expected at most 92; use a model"),
        (pickled_weights, "cannot be read .* weights in safetensors"),
        (damaged_weights, "cannot be read"),
        (missing_weights, r"weights are missing, such as model.layers.1.mlp.up_proj.weight\)"),
        (other_sizes, "cannot be read"),
        (own_code, "cannot be read .* no code of its own"),
        (nothing_there, "cannot be read"),
        (damaged_config, "cannot be read"),
    ],
)
def test_models_that_cannot_be_used(
    tiny: Path, damage: Callable[[Path], None], message: str
) -> None:
    damage(tiny)
    with pytest.raises(
        CondrecError, match=f"^local:tiny-chat@[0-9a-f]{{12}}: .*{message}"
    ) as caught:
        condense(tiny)
    assert "\n" not in str(caught.value)
    assert not (tiny / "was_run").exists()


@pytest.mark.gpu
@pytest.mark.skipif(not torch.cuda.is_available(), reason="needs a CUDA device")
def test_cuda_agrees_with_cpu(tiny: Path) -> None:
    _, expected = condense(tiny)
    model = LocalLanguageModel(str(tiny), "cuda", tiny / "other.sqlite")
    assert model.condense_items(TITLES, [], []) == expected
