"""Writes test/fixtures/parser/supervision.json: answers, and the boxes that supervision's `from_paligemma` reads in them.

Needs supervision: tried with 0.27.0, from a package or from its source on PYTHONPATH.
`same` must be read alike by Pallet; `different` are the answers on which it means to differ, each with the reason.
"""

import json
import random
from pathlib import Path

from supervision.detection.vlm import from_paligemma

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "parser"
BOX = "<loc0256><loc0128><loc0768><loc0512>"
CODES = "".join(f"<seg{code:03d}>" for code in range(16))

SAME = [
    "", "\n", "a quick brown fox.", "<loc0256><loc0768><loc0768> cat", f"{BOX}<loc0768> cat", f"{BOX} cat",
    f"{BOX} black cat", f"{BOX} black-cat", f"{BOX} black_cat", f"{BOX} cat ;", f"{BOX} cat ; {BOX} dog",
    f"{BOX} cat ; <loc0256><loc0256><loc0768> cat", f"{BOX} cat ; {BOX}<loc0768> cat", f"{BOX} cat\n",
    f"{BOX} cat\nblack ; {BOX} dog", f"{BOX}  cat", f"{BOX}   ", f"Here: {BOX} cat;{BOX} dog", f"{BOX} cat{BOX} dog",
    f"{BOX} Straße 7", f"{BOX} кошка ; {BOX} 猫", f"<loc256> {BOX} cat", f"loc0001 {BOX} cat <loc", f"\t{BOX} cat\t",
    "<loc0000><loc0000><loc0001><loc0001> cat", "<loc0000><loc0000><loc1023><loc1023> cat",
]

DIFFERENT = [
    ("no label", BOX),
    ("no space before the label", f"{BOX}cat"),
    ("a tab before the label", f"{BOX}\tcat"),
    ("a mask", f"{BOX}{CODES} cat"),
    ("a mask without label", f"{BOX} {CODES} ; {BOX} cat"),
    ("boxes in a row", f"{BOX}{BOX} cat"),
    ("punctuation in a label", f"{BOX} cat's toy, red (large) ; {BOX} dog"),
    ("punctuation first", f'{BOX} "stop" sign'),
    ("combining signs of a script", f"{BOX} बिल्ली"),
    ("an emoji", f"{BOX} \U0001f600"),
    ("a box without area", "<loc0256><loc0128><loc0256><loc0512> cat"),
    ("corners the wrong way round", "<loc0768><loc0512><loc0256><loc0128> cat"),
    ("a location that the model has no token for", "<loc0256><loc0128><loc0768><loc1024> cat"),
]

LETTERS = "abcxyzABC019_-éüßñłбгджあ漢字한국عربעבר"


def label(rng: random.Random) -> str:
    words = ["".join(rng.choices(LETTERS, k=rng.randint(1, 8))) for _ in range(rng.randint(1, 3))]
    return " ".join(words)


def answer(rng: random.Random) -> str:
    def span() -> tuple[int, int]:
        start = rng.randint(0, 1022)
        return start, rng.randint(start + 1, 1023)

    def one() -> str:
        (y1, y2), (x1, x2) = span(), span()
        corners = [y1, x1, y2, x2]
        # Too few or too many locations: no box for either reader.
        extra = rng.choice([0, 0, 0, 0, -1, 1])
        corners = corners[:3] if extra < 0 else corners + [7] * extra
        return "".join(f"<loc{corner:04d}>" for corner in corners) + f" {label(rng)}"

    return " ; ".join(one() for _ in range(rng.randint(1, 6)))


def read(text: str, width: int, height: int) -> list:
    boxes, _, labels = from_paligemma(text, (width, height))
    return [[str(name), *map(float, box)] for name, box in zip(labels, boxes)]


def main() -> None:
    rng = random.Random(3)
    sizes = [(640, 480), (1000, 1000), (1, 1), (333, 4001), (1920, 1080)]
    same = [(text, sizes[0]) for text in SAME] + [(answer(rng), rng.choice(sizes)) for _ in range(60)]
    out = {
        "same": [{"text": text, "size": size, "boxes": read(text, *size)} for text, size in same],
        "different": [
            {"reason": reason, "text": text, "size": sizes[0], "boxes": read(text, *sizes[0])}
            for reason, text in DIFFERENT
        ],
    }
    OUT.mkdir(parents=True, exist_ok=True)
    lines = [
        f'"{name}": [\n' + ",\n".join(json.dumps(case, ensure_ascii=False) for case in cases) + "\n]"
        for name, cases in out.items()
    ]
    (OUT / "supervision.json").write_text("{" + ",\n".join(lines) + "}\n", encoding="utf-8")


if __name__ == "__main__":
    main()
