"""Writes test/fixtures/masks: big_vision's mask decoder in Flax on random weights, Pillow's pasting, COCO's RLE, numpy's files.

The decoder is written after big_vision, evaluators/proj/paligemma/transfers/segmentation.py, which fetches its weights
from a bucket: here they are drawn, each array from its own seed, so that Pallet's spec can draw the same.
"""

import hashlib
import json
from pathlib import Path

import flax.linen as nn
import jax
import jax.numpy as jnp
import numpy as np
from PIL import Image
from pycocotools import mask as coco

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "masks"
UPSAMPLING = {"decoder.4": (128, 128), "decoder.6": (128, 64), "decoder.8": (64, 32), "decoder.10": (32, 16)}


def shapes() -> dict[str, tuple[int, ...]]:
    arrays: dict[str, tuple[int, ...]] = {"_vq_vae._embedding": (128, 512)}

    def layer(name: str, weight: tuple[int, ...], outputs: int) -> None:
        arrays[f"{name}.weight"] = weight
        arrays[f"{name}.bias"] = (outputs,)

    layer("decoder.0", (128, 512, 1, 1), 128)
    for block in ("decoder.2", "decoder.3"):
        layer(f"{block}.net.0", (128, 128, 3, 3), 128)
        layer(f"{block}.net.2", (128, 128, 3, 3), 128)
        layer(f"{block}.net.4", (128, 128, 1, 1), 128)
    for name, (inputs, outputs) in UPSAMPLING.items():
        layer(name, (inputs, outputs, 4, 4), outputs)
    layer("decoder.12", (1, 16, 1, 1), 1)
    return arrays


def draw(seed: int, shape: tuple[int, ...]) -> np.ndarray:
    """As lcg_image.py: state * 1664525 + 1013904223 mod 2^32; uniform, scaled by the number of inputs."""
    size = int(np.prod(shape))
    states = np.empty(size, dtype=np.uint32)
    state = seed
    for index in range(size):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        states[index] = state
    spread = 1.5 if len(shape) == 2 else 0.2 if len(shape) == 1 else np.sqrt(6.0 / np.prod(shape[1:]))
    return ((states.astype(np.float64) / 2**31 - 1) * spread).astype(np.float32).reshape(shape)


class ResBlock(nn.Module):
    features: int

    @nn.compact
    def __call__(self, x):
        original = x
        x = nn.relu(nn.Conv(features=self.features, kernel_size=(3, 3), padding=1)(x))
        x = nn.relu(nn.Conv(features=self.features, kernel_size=(3, 3), padding=1)(x))
        return nn.Conv(features=self.features, kernel_size=(1, 1), padding=0)(x) + original


class Decoder(nn.Module):
    @nn.compact
    def __call__(self, x):
        dim = 128
        x = nn.relu(nn.Conv(features=dim, kernel_size=(1, 1), padding=0)(x))
        for _ in range(2):
            x = ResBlock(features=dim)(x)
        for _ in range(4):
            x = nn.relu(nn.ConvTranspose(
                features=dim, kernel_size=(4, 4), strides=(2, 2), padding=2, transpose_kernel=True)(x))
            dim //= 2
        return nn.Conv(features=1, kernel_size=(1, 1), padding=0)(x)


def parameters(arrays: dict[str, np.ndarray]) -> dict:
    def conv(name: str) -> dict:
        return {"kernel": arrays[f"{name}.weight"].transpose(2, 3, 1, 0), "bias": arrays[f"{name}.bias"]}

    def block(name: str) -> dict:
        return {f"Conv_{i}": conv(f"{name}.net.{2 * i}") for i in range(3)}

    tree = {"Conv_0": conv("decoder.0"), "Conv_1": conv("decoder.12")}
    tree |= {"ResBlock_0": block("decoder.2"), "ResBlock_1": block("decoder.3")}
    tree |= {f"ConvTranspose_{i}": conv(name) for i, name in enumerate(UPSAMPLING)}
    return tree


def paste(mask: np.ndarray, box: list[int], width: int, height: int) -> np.ndarray:
    x1, y1, x2, y2 = box
    image = Image.fromarray(mask).resize((x2 - x1, y2 - y1), Image.BILINEAR)
    whole = np.zeros((height, width), dtype=np.uint8)
    whole[y1:y2, x1:x2] = np.asarray(image) > 0
    return whole


def coded(bitmap: np.ndarray) -> dict:
    rle = coco.encode(np.asfortranarray(bitmap))
    assert np.array_equal(coco.decode(rle), bitmap)
    return {"counts": rle["counts"].decode(), "area": int(coco.area(rle)), "bounds": coco.toBbox(rle).astype(int).tolist()}


def any_box(rng: np.random.Generator) -> tuple[int, int, list[int]]:
    """Sides from a pixel to ten times the mask, often at an edge of the image."""

    def side() -> tuple[int, int, int]:
        length = int(2 ** rng.uniform(0, 9.4))
        before, after = (int(rng.choice([0, 1, 37])) for _ in range(2))
        return before, before + length, before + length + after

    x1, x2, width = side()
    y1, y2, height = side()
    return width, height, [x1, y1, x2, y2]


def main() -> None:
    arrays = {name: draw(index + 1, shape) for index, (name, shape) in enumerate(shapes().items())}
    decoder, tree = Decoder(), {"params": parameters(arrays)}
    rng = np.random.default_rng(0)
    masks, codes, pasted = [], [], []
    with jax.default_matmul_precision("highest"):
        for _ in range(3):
            codes.append(rng.integers(0, 128, 16).tolist())
            grid = arrays["_vq_vae._embedding"][np.array(codes[-1])].reshape(1, 4, 4, 512)
            masks.append(np.asarray(decoder.apply(tree, jnp.asarray(grid)))[0, :, :, 0])
            assert 0.1 < (masks[-1] > 0).mean() < 0.9
            for width, height, box in [
                (64, 64, [0, 0, 64, 64]), (200, 150, [20, 30, 150, 149]), (90, 40, [5, 5, 17, 40]),
                (30, 30, [7, 8, 8, 9]), (640, 480, [0, 0, 640, 480]), (50, 700, [10, 0, 50, 700]),
            ]:
                whole = coded(paste(masks[-1], box, width, height))
                pasted.append({"mask": len(masks) - 1, "width": width, "height": height, "box": box, **whole})
    # Many more, of which a hash tells enough.
    hashed = []
    for index in range(150):
        width, height, box = any_box(rng)
        whole = coded(paste(masks[index % 3], box, width, height))
        whole["counts_sha256"] = hashlib.sha256(whole.pop("counts").encode()).hexdigest()
        hashed.append({"mask": index % 3, "width": width, "height": height, "box": box, **whole})
    drawn = []
    for width, height, share in [(1, 1, 0), (1, 1, 1), (5, 3, 1), (4, 7, 0), (9, 6, 0.5), (40, 1, 0.4), (1, 50, 0.4), (33, 21, 0.1)]:
        bitmap = (rng.random((height, width)) < share).astype(np.uint8)
        rows = ["".join(map(str, row)) for row in bitmap]
        drawn.append({"rows": rows, **coded(bitmap)})
    OUT.mkdir(parents=True, exist_ok=True)
    (OUT / "golden.f32").write_bytes(np.stack(masks).astype("<f4").tobytes())
    parts = {"codes": codes, "pasted": pasted, "hashed": hashed, "drawn": drawn}
    lines = [f'"{name}": [\n' + ",\n".join(json.dumps(case) for case in part) + "\n]" for name, part in parts.items()]
    (OUT / "golden.json").write_text("{" + ",\n".join(lines) + "}\n")
    small = {"a": np.arange(6, dtype=np.float32).reshape(2, 3), "b": np.float32([0.5]), "zeros": np.zeros(500, np.float32)}
    np.savez(OUT / "numpy.npz", **small)
    np.savez_compressed(OUT / "numpy-packed.npz", **small)
    np.savez(OUT / "numpy-columns.npz", a=np.asfortranarray(small["a"]))


if __name__ == "__main__":
    main()
