"""Encoders beside those of open_clip and EfficientNet: timm, scikit-learn, packages, greyscale."""

from __future__ import annotations

import importlib
import pickle
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torchvision_shim
from fixtures import write_images
from PIL import Image

import panoptic_nb as pn
from panoptic_nb.embeddings import (
    EfficientNetLite,
    OpenClip,
    encoder_choices,
    pixels,
    resolve_encoder,
)
from panoptic_nb.errors import EncoderError


@pytest.fixture(name="timm")
def fixture_timm() -> Any:
    torchvision_shim.apply()
    return pytest.importorskip("timm")


@pytest.fixture(name="project")
def fixture_project(tmp_path: Path) -> Iterator[pn.Project]:
    write_images(tmp_path / "images", 12)
    with pn.open_project(tmp_path / "images", tmp_path / "project") as opened:
        yield opened


def picture(seed: int, size: tuple[int, int] = (90, 70)) -> Image.Image:
    values = np.random.default_rng(seed).integers(0, 255, (4, 4, 3), dtype=np.uint8)
    return Image.fromarray(values).resize(size, Image.Resampling.BICUBIC)


# timm


def test_a_timm_model_gives_what_its_classifier_sees(timm: Any) -> None:
    import torch

    encoder = pn.embeddings.Timm("test_resnet", None, "cpu", "float32")
    state = encoder._loaded()
    image = picture(1)
    with torch.inference_mode():
        expected = state.model(state.preprocess(image)[None]).numpy()
    np.testing.assert_allclose(encoder.encode_images([image]), expected, rtol=1e-4, atol=1e-5)
    assert expected.shape == (1, encoder.dim)
    assert encoder.encode_images([]).shape == (0, encoder.dim)
    assert (encoder.name, encoder.spec, encoder.has_text) == ("timm-test-resnet-random", "", False)
    with pytest.raises(EncoderError, match="reads images only"):
        encoder.encode_texts(["a"])


@pytest.mark.parametrize("extension", [".pth", ".safetensors"])
def test_timm_weights_come_from_a_file_with_or_without_a_classifier(
    timm: Any, tmp_path: Path, extension: str
) -> None:
    import torch
    from safetensors.torch import save_file

    save = torch.save if extension == ".pth" else save_file
    torch.manual_seed(3)
    model = timm.create_model("test_resnet", pretrained=False)
    save(model.state_dict(), tmp_path / f"whole{extension}")
    without = {n: w for n, w in model.state_dict().items() if not n.startswith("fc.")}
    save(without, tmp_path / f"without{extension}")
    encoders = [resolve_encoder(f"timm:test_resnet:{file}") for file in tmp_path.iterdir()]
    assert {encoder.name for encoder in encoders} == {
        "timm-test-resnet-whole",
        "timm-test-resnet-without",
    }
    one, other = (encoder.encode_images([picture(2)]) for encoder in encoders)
    np.testing.assert_array_equal(one, other)
    assert encoders[0].model_hash == encoders[1].model_hash
    again = resolve_encoder(encoders[0].spec)
    np.testing.assert_array_equal(again.encode_images([picture(2)]), one)


def test_timm_says_what_is_wrong_in_one_sentence(timm: Any, tmp_path: Path) -> None:
    import torch

    (tmp_path / "text.pth").write_text("no weights")
    torch.save({"a": torch.zeros(3)}, tmp_path / "other.pth")
    for spec, sentence in {
        "timm:resnet188": r"no model 'resnet188'. Did you mean 'resnet1.*timm.list_models",
        f"timm:test_resnet:{tmp_path / 'text.pth'}": "cannot be loaded",
        f"timm:test_resnet:{tmp_path / 'other.pth'}": "not those of the model 'test_resnet'",
    }.items():
        with pytest.raises(EncoderError, match=sentence) as caught:
            resolve_encoder(spec).encode_images([picture(0)])
        assert "\n" not in caught.value.message
    with pytest.raises(EncoderError, match=r"no weights file '.*gone\.pth'"):
        resolve_encoder(f"timm:resnet18:{tmp_path / 'gone.pth'}")


def test_timm_weights_are_taken_from_the_cache_and_never_asked_for_offline(
    timm: Any, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    import torch

    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    with pytest.raises(EncoderError, match=r"'timm:test_resnet' are not on this computer"):
        resolve_encoder("timm:test_resnet").encode_images([picture(0)])
    known = timm.models.get_pretrained_cfg("test_resnet").hf_hub_id
    snapshot = tmp_path / f"models--{known.replace('/', '--')}"
    (snapshot / "refs").mkdir(parents=True)
    (snapshot / "refs" / "main").write_text("abc")
    (snapshot / "snapshots" / "abc").mkdir(parents=True)
    model = timm.create_model("test_resnet", pretrained=False)
    torch.save(model.state_dict(), snapshot / "snapshots" / "abc" / "pytorch_model.bin")
    assert resolve_encoder("timm:test_resnet").encode_images([picture(0)]).shape[0] == 1


# number formats and pickles


def test_a_faster_format_is_taken_only_where_vectors_stay(timm: Any) -> None:
    import torch

    from panoptic_nb.embeddings import torch_side

    def after(changed: float) -> torch.dtype:
        """Choose for a model whose vectors change so much in any format but float32."""
        tower = torch.nn.Linear(2, 2)
        weights = tower.weight.clone()

        def encode(dtype: torch.dtype) -> np.ndarray:
            return np.array([[1.0, 0.0 if dtype is torch.float32 else changed]], np.float32)

        chosen = torch_side.choose_dtype("auto", "cpu", tower, encode)
        assert tower.weight.dtype is chosen
        if chosen is torch.float32:
            assert torch.equal(tower.weight, weights), "the weights were rounded"
        return chosen

    for number in (0.1, float("nan")):
        assert after(number) is torch.float32
    assert after(0.001) is getattr(torch, torch_side.fastest_dtype("cpu"))


def test_lite_stays_in_float32_on_a_processor() -> None:
    import torch

    assert EfficientNetLite(0, "cpu")._loaded().dtype is torch.float32
    with pytest.raises(EncoderError, match=r"dtype is one of 'auto'.*Got 'int8'"):
        EfficientNetLite(dtype="int8")


def test_branches_are_joined_once_and_change_nothing(timm: Any) -> None:
    import torch

    from panoptic_nb.embeddings import torch_side

    torch.manual_seed(0)
    model = timm.create_model("repghostnet_050", pretrained=False, num_classes=0).eval()
    batch = torch.rand(2, 3, 64, 64)
    with torch.inference_mode():
        before = model(batch).numpy()
        blocks = len(list(model.modules()))
        torch_side.fuse_blocks(model)
        after = model(batch).numpy()
    assert len(list(model.modules())) < blocks
    np.testing.assert_allclose(before, after, rtol=1e-3, atol=1e-4)


@pytest.mark.parametrize(
    "encoder",
    [
        OpenClip("ViT-B-16", "openai", "cpu", "float32"),
        EfficientNetLite(1, "cpu", "bfloat16"),
        pn.embeddings.Timm("resnet18", dtype="float16"),
        pn.embeddings.Greyscale(EfficientNetLite(0)),
    ],
)
def test_an_encoder_travels_without_its_weights(encoder: Any) -> None:
    sent = pickle.dumps(encoder)
    assert len(sent) < 1000
    arrived = pickle.loads(sent)
    assert (repr(arrived), arrived.spec) == (repr(encoder), encoder.spec)
    inner, wanted = (getattr(one, "encoder", one) for one in (arrived, encoder))
    assert (inner.device, inner.dtype) == (wanted.device, wanted.dtype)


# greyscale


def test_greyscale_is_a_set_of_its_own(project: pn.Project) -> None:
    def colour(images: list[Image.Image]) -> np.ndarray:
        return np.array([np.asarray(image).mean(axis=(0, 1)) for image in images])

    assert project.embed(colour) == "colour"
    assert project.embed(colour, greyscale=True) == "colour-grey"
    assert list(project.vector_sets) == ["colour", "colour-grey"]
    assert np.allclose(project.vectors("colour-grey"), 1 / np.sqrt(3))
    assert not np.allclose(project.vectors("colour"), 1 / np.sqrt(3), atol=1e-3)


def test_greyscale_is_recorded_and_made_again() -> None:
    encoder = resolve_encoder("efficientnet-lite0", greyscale=True)
    assert encoder.spec == "grey:efficientnet-lite0"
    again = resolve_encoder(encoder.spec)
    assert (again.name, again.model_hash) == ("efficientnet-lite0-grey", encoder.model_hash)
    assert resolve_encoder(again, greyscale=True) is again
    coloured, grey = picture(3), picture(3).convert("L").convert("RGB")
    expected = EfficientNetLite().encode_images([grey])
    np.testing.assert_allclose(again.encode_images([coloured]), expected, rtol=1e-4, atol=1e-5)
    assert resolve_encoder("grey:ViT-B-32").has_text


# scikit-learn


def test_a_fitted_transformer_is_an_encoder(project: pn.Project) -> None:
    from sklearn.decomposition import PCA
    from sklearn.pipeline import make_pipeline
    from sklearn.preprocessing import StandardScaler

    rows = pixels([Image.open(path) for path in project.paths], side=8)
    pipeline = make_pipeline(StandardScaler(), PCA(3, random_state=0)).fit(rows)
    assert project.embed(pipeline) == "pipeline"
    vectors = project.vectors("pipeline")
    expected = pipeline.transform(rows)
    unit = expected / np.linalg.norm(expected, axis=1, keepdims=True)
    np.testing.assert_allclose(vectors, unit, atol=1e-4)
    other = make_pipeline(StandardScaler(), PCA(3, random_state=0)).fit(rows[::-1] * 2)
    assert resolve_encoder(other).model_hash != resolve_encoder(pipeline).model_hash
    assert resolve_encoder(pickle.loads(pickle.dumps(pipeline))).model_hash == (
        project.vector_sets["pipeline"].model_hash
    )


@pytest.mark.parametrize(("side", "mode", "count"), [(5, "L", 25), (5, "RGB", 75)])
def test_pixels_are_those_it_was_fitted_on(side: int, mode: str, count: int) -> None:
    from sklearn.random_projection import SparseRandomProjection

    rows = pixels([picture(n) for n in range(4)], side, mode)
    assert rows.shape == (4, count) and rows.dtype == np.float32
    assert 0 <= rows.min() < rows.max() <= 1
    transformer = SparseRandomProjection(2, dense_output=False, random_state=0).fit(rows)
    encoder = resolve_encoder(transformer)
    assert (encoder.side, encoder.mode, encoder.dim) == (side, mode, 2)  # type: ignore[attr-defined]
    assert not encoder.has_text


def test_transformers_that_cannot_be_used_say_why() -> None:
    from sklearn.decomposition import PCA

    with pytest.raises(EncoderError, match=r"PCA is not fitted.*pixels\(images\)"):
        resolve_encoder(PCA(2))
    with pytest.raises(EncoderError, match="fitted on rows of 7 numbers, which are no square"):
        resolve_encoder(PCA(2).fit(np.random.default_rng(0).random((9, 7))))

    class Raises:
        def transform(self, rows: np.ndarray) -> np.ndarray:
            raise ValueError("no")

    with pytest.raises(EncoderError, match=r"'raises' failed on 1 images: ValueError: no\."):
        resolve_encoder(Raises()).encode_images([picture(0)])


# packages

MODULE = """
import numpy as np
class Mine:
    name, dim, model_hash, has_text = "mine", 3, "0123", False
    def encode_images(self, images):
        return np.array([np.asarray(image).mean(axis=(0, 1)) for image in images], np.float32)
    def encode_texts(self, texts):
        raise NotImplementedError
def make():
    return Mine()
def widths(images):
    return [[image.width, 1.0] for image in images]
"""
ENTRY_POINTS = """
[panoptic_nb.encoders]
a-class = bringer:Mine
a-maker = bringer:make
a-function = bringer:widths
broken = bringer:nothing
missing = not_there_at_all:Mine
ViT-B-32 = bringer:Mine
"""


@pytest.fixture(name="installed")
def fixture_installed(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    """A package with encoders, as pip leaves it in a folder of the import path."""
    folder = tmp_path / "site"
    info = folder / "bringer-1.0.dist-info"
    info.mkdir(parents=True)
    (folder / "bringer.py").write_text(MODULE)
    (info / "METADATA").write_text("Metadata-Version: 2.1\nName: bringer\nVersion: 1.0\n")
    (info / "entry_points.txt").write_text(ENTRY_POINTS)
    monkeypatch.syspath_prepend(folder)
    importlib.invalidate_caches()


def test_packages_bring_encoders(installed: None, project: pn.Project) -> None:
    import sys

    choices = {choice.spec: choice for choice in encoder_choices()}
    assert choices["a-class"].label == "a-class (bringer)"
    assert "bringer" not in sys.modules, "a menu imports no plugin"
    assert project.embed("a-class") == project.embed("a-maker") == "mine"
    assert project.embed("a-function") == "a-function"
    assert project.vector_sets["a-function"].encoder == "a-function"
    assert resolve_encoder("a-function").model_hash == project.vector_sets["a-function"].model_hash
    assert isinstance(resolve_encoder("ViT-B-32"), OpenClip), "no package takes that name"


@pytest.mark.parametrize(
    ("name", "reason"), [("broken", "AttributeError"), ("missing", "ModuleNotFoundError")]
)
def test_a_broken_encoder_of_a_package_is_told(installed: None, name: str, reason: str) -> None:
    assert name in {choice.spec for choice in encoder_choices()}
    with pytest.raises(EncoderError, match=rf"'{name}' of the package 'bringer' could.*{reason}"):
        resolve_encoder(name)


def test_sizes_are_said_before_anything_is_downloaded(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path))
    sizes = {choice.spec: choice.download_mb for choice in encoder_choices()}
    assert sizes["ViT-B-32"] == 605 and sizes["efficientnet-lite0"] is None
    assert sizes["MobileCLIP2-S0"] and sizes["ViT-B-16-SigLIP2"] > sizes["ViT-B-32"]
