"""Writes test/fixtures/resize/cases.json: what Pillow's BICUBIC makes of LCG pictures and of examples/photos."""

import base64
import hashlib
import json
from pathlib import Path

from PIL import Image, ImageOps, __version__

from lcg_image import lcg_bytes

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "resize" / "cases.json"
PHOTOS = Path(__file__).resolve().parents[2] / "examples" / "photos"
KEEP_BYTES = 600

SIZES = [
    # (source w, h) -> (target w, h)
    ((1, 1), (1, 1)), ((1, 1), (7, 5)), ((1, 1), (224, 224)), ((7, 5), (1, 1)), ((1, 9), (4, 4)), ((9, 1), (4, 4)),
    ((1, 300), (224, 224)), ((300, 1), (224, 224)), ((2, 2), (3, 3)), ((3, 3), (2, 2)), ((4, 4), (8, 8)),
    ((8, 8), (4, 4)), ((5, 7), (7, 5)), ((13, 11), (13, 11)), ((13, 11), (13, 4)), ((13, 11), (4, 11)),
    ((13, 11), (13, 40)), ((13, 11), (40, 11)), ((16, 16), (56, 56)), ((56, 56), (70, 70)), ((70, 70), (56, 56)),
    ((100, 75), (56, 56)), ((150, 150), (224, 224)), ((300, 200), (224, 224)), ((200, 300), (448, 448)),
    ((223, 225), (224, 224)), ((225, 223), (224, 224)), ((224, 224), (448, 448)), ((448, 448), (224, 224)),
    ((640, 480), (224, 224)), ((640, 480), (448, 448)), ((333, 777), (224, 224)), ((5000, 3), (224, 224)),
    ((3, 5000), (224, 224)), ((5000, 3), (8, 2)), ((2, 4001), (3, 7)), ((1023, 767), (896, 896)), ((97, 89), (31, 101)),
    # Pillow resizes the height first from 100:1 on, when it shrinks.
    ((3, 300), (50, 20)), ((3, 301), (50, 20)), ((3, 301), (50, 301)), ((3, 301), (50, 400)),
]


def photo_cases() -> list[dict]:
    cases = []
    for path in sorted(PHOTOS.glob("*.jpg")):
        image = ImageOps.exif_transpose(Image.open(path)).convert("RGB")
        resized = image.resize((224, 224), Image.Resampling.BICUBIC)
        cases.append({"file": path.name, "decoded_sha256": hashlib.sha256(image.tobytes()).hexdigest(),
                      "resized_224_sha256": hashlib.sha256(resized.tobytes()).hexdigest()})
    return cases


def listed(cases: list[dict]) -> str:
    return ",\n  ".join(json.dumps(case) for case in cases)


def main() -> None:
    cases = []
    for i, ((width, height), (to_width, to_height)) in enumerate(SIZES):
        seed = 7000 + i
        source = Image.frombytes("RGB", (width, height), lcg_bytes(seed, width * height * 3).tobytes())
        data = source.resize((to_width, to_height), Image.Resampling.BICUBIC).tobytes()
        case = {"seed": seed, "width": width, "height": height, "to_width": to_width, "to_height": to_height,
                "sha256": hashlib.sha256(data).hexdigest()}
        if len(data) <= KEEP_BYTES:
            case["base64"] = base64.b64encode(data).decode()
        cases.append(case)
    OUT.parent.mkdir(parents=True, exist_ok=True)
    OUT.write_text(
        f'{{\n "pillow": "{__version__}",\n "cases": [\n  {listed(cases)}\n ],\n "photos": [\n  {listed(photo_cases())}\n ]\n}}\n'
    )


if __name__ == "__main__":
    main()
