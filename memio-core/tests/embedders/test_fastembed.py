"""The adapter to fastembed, with a tiny ONNX model that is made here."""

from __future__ import annotations

import json
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from memory_store import MemoryFacts

from memio import ConfigError, Memio
from memio.config import load
from memio.embedders.shared import SharedEmbedder
from memio.errors import UnavailableError

for package in ("fastembed", "onnx"):
    pytest.importorskip(package, reason=f"{package} has no wheel for this Python or machine")

from memio.embedders.fastembed import FastEmbedEmbedder, FastEmbedSettings  # noqa: E402

WORDS = {"likes": 0, "has": 1, "a": 2, "coffee": 3, "beverage": 3, "dog": 4, "animal": 4, "query:": 5}
"""The words that the model knows, and the dimension in which each counts."""


@pytest.fixture(scope="module")
def folder(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Make a model: each token is a vector, and those of words with one meaning are equal."""
    import numpy as np
    import onnx
    from onnx import TensorProto, helper, numpy_helper
    from tokenizers import Tokenizer
    from tokenizers.models import WordLevel
    from tokenizers.pre_tokenizers import WhitespaceSplit

    made = tmp_path_factory.mktemp("model")
    vocabulary = {"[PAD]": 0, "[UNK]": 1} | {word: number + 2 for number, word in enumerate(WORDS)}
    weights = np.zeros((len(vocabulary), 6), dtype=np.float32)
    for word, dimension in WORDS.items():
        weights[vocabulary[word], dimension] = 1.0
    inputs = [
        helper.make_tensor_value_info(name, TensorProto.INT64, ["batch", "tokens"])
        for name in ("input_ids", "attention_mask")
    ]
    output = helper.make_tensor_value_info("last_hidden_state", TensorProto.FLOAT, ["batch", "tokens", 6])
    graph = helper.make_graph(
        [helper.make_node("Gather", ["weights", "input_ids"], ["last_hidden_state"])],
        "words",
        inputs,
        [output],
        [numpy_helper.from_array(weights, "weights")],
    )
    model = helper.make_model(graph, opset_imports=[helper.make_opsetid("", 13)], ir_version=8)
    onnx.save(model, str(made / "model.onnx"))
    tokenizer = Tokenizer(WordLevel(vocabulary, unk_token="[UNK]"))  # noqa: S106  # a word for unknown words
    tokenizer.pre_tokenizer = WhitespaceSplit()
    tokenizer.save(str(made / "tokenizer.json"))
    (made / "tokenizer_config.json").write_text(json.dumps({"model_max_length": 64, "pad_token": "[PAD]"}))
    (made / "config.json").write_text(json.dumps({"pad_token_id": 0}))
    (made / "special_tokens_map.json").write_text(json.dumps({"pad_token": "[PAD]", "unk_token": "[UNK]"}))
    return made


def settings_of(folder: Path, **others: Any) -> dict[str, Any]:
    return {
        "name": "fastembed",
        "model": "words",
        "path": str(folder),
        "dimensions": 6,
        "model_file": "model.onnx",
        **others,
    }


def opened(folder: Path, **others: Any) -> SharedEmbedder:
    config = load({"facts": "sqlite", "embedder": settings_of(folder, **others)})
    assert config.embedder is not None
    return SharedEmbedder(config.embedder.open())


async def test_a_model_in_a_folder_finds_what_was_meant(folder):
    config = load({"facts": "sqlite", "embedder": settings_of(folder)})
    assert config.embedder is not None
    async with Memio(facts=MemoryFacts(), embedder=config.embedder.open()) as memio:
        coffee = await memio.facts.add("likes coffee")
        await memio.facts.add("has a dog")
        assert await memio.wait_embedded(timeout=60) == (0, 0)
        assert [fact.id for fact in await memio.facts.search("beverage", mode="semantic")] == [coffee.id]


async def test_texts_are_embedded_in_batches_and_in_order(folder):
    shared = opened(folder, batch=2)
    texts = ["coffee", "dog", "a coffee dog", "has", "likes likes"]
    vectors = await shared.embed_documents(texts)
    assert [max(range(6), key=lambda n, v=vector: v[n]) for vector in vectors[:2]] == [3, 4]
    assert vectors == [(await shared.embed_documents([text]))[0] for text in texts]
    assert shared.destination is None
    await shared.aclose()


async def test_prefixes_are_put_before_texts_and_queries(folder):
    shared = opened(folder, query_prefix="query: ", normalize=False)
    query = await shared.embed_query("coffee", required=True)
    (document,) = await shared.embed_documents(["coffee"])
    assert query is not None
    assert (query[5], document[5]) == (0.5, 0.0)
    await shared.aclose()


def test_everything_that_changes_the_vectors_is_in_the_name_of_the_model(folder):
    names = [
        opened(folder, **others).model
        for others in ({}, {"model": "m"}, {"normalize": False}, {"pooling": "cls"}, {"query_prefix": "q "})
    ]
    assert len(set(names)) == len(names)
    assert opened(folder, batch=1, threads=2).model == names[0]


async def test_a_model_that_is_not_there_is_not_downloaded(tmp_path, monkeypatch):
    def refuse(*_: object, **__: object) -> None:
        raise AssertionError("it must not connect")

    monkeypatch.setattr("socket.socket.connect", refuse)
    settings = FastEmbedSettings(cache_dir=str(tmp_path))
    shared = SharedEmbedder(FastEmbedEmbedder(settings))
    with pytest.raises(UnavailableError, match="give the folder of its files as path, or set download = true"):
        await shared.embed_documents(["x"])
    with pytest.raises(UnavailableError, match="cannot load the model"):
        await shared.embed_query("x", required=True)
    await shared.aclose()


async def test_a_model_that_fastembed_does_not_know_needs_its_description(folder):
    shared = SharedEmbedder(FastEmbedEmbedder(FastEmbedSettings(model="words", path=str(folder))))
    with pytest.raises(UnavailableError, match=r"it is none that fastembed knows: .* give path and dimensions"):
        await shared.embed_documents(["x"])
    await shared.aclose()


async def test_a_folder_without_the_model_is_reported(tmp_path):
    shared = opened(tmp_path)
    with pytest.raises(UnavailableError, match=r"model\.onnx"):
        await shared.embed_documents(["x"])
    await shared.aclose()


def test_dimensions_without_a_folder_are_refused():
    with pytest.raises(ConfigError, match="give its folder as path"):
        load({"facts": "sqlite", "embedder": {"name": "fastembed", "dimensions": 6}})


def test_nothing_is_imported_before_the_first_call():
    program = (
        "import sys; from memio.config import load;"
        "load({'facts': 'sqlite', 'embedder': 'fastembed'}).embedder.open();"
        "assert not {'numpy', 'fastembed', 'onnxruntime'} & set(sys.modules)"
    )
    subprocess.run([sys.executable, "-c", program], check=True)
