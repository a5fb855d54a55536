"""Random small PaliGemmas over the whole space of options, and what Hugging Face transformers says of them.

    make_parity_goldens.py --seed 1 --count 210 --out test/fixtures/parity    writes cases.json and logits.f32
    make_parity_goldens.py --check test/fixtures/parity                       computes them again, with this transformers

No weights are stored: each tensor is drawn from a generator of integers, from the case's seed and the tensor's normal
name, and Pallet's spec draws the same. Every number has at most 8 significant bits: float32, float16 and bfloat16 hold it.
"""

import argparse
import json
import random
import re
from pathlib import Path

import numpy as np
import torch
import transformers
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration

from lcg_image import lcg_image

IMAGE_TOKEN = 1664
MARGIN = 0.005
# Some random models blow up rounding itself: where float32 and float64 of the same code differ by more than this, a
# comparison at 1e-4 would measure luck.
ROUNDING = 2e-5
NEW_TOKENS = 6
KEPT = list(range(3, IMAGE_TOKEN, 26))
RULES = [
    (r"^model\.(?=vision_tower\.|multi_modal_projector\.|language_model\.)", ""),
    (r"^vision_tower\.(vision_model\.)?", "vision."),
    (r"^multi_modal_projector\.linear\.", "projector."),
    (r"^(language_model\.)?lm_head\.", "head."),
    (r"^language_model\.(model\.)?", "text."),
]


def normal_name(name: str) -> str:
    for pattern, prefix in RULES:
        name = re.sub(pattern, prefix, name)
    return name


def tensor_seed(seed: int, name: str) -> int:
    """FNV-1a."""
    value = (2166136261 ^ seed) & 0xFFFFFFFF
    for byte in name.encode():
        value = ((value ^ byte) * 16777619) & 0xFFFFFFFF
    return value


def states(seed: int, count: int) -> np.ndarray:
    """state * 1664525 + 1013904223 mod 2^32, `count` times."""
    with np.errstate(over="ignore"):
        powers = np.full(count, 1664525, dtype=np.uint32).cumprod(dtype=np.uint32)
        sums = np.concatenate([[1], powers[:-1]]).astype(np.uint32).cumsum(dtype=np.uint32)
        return powers * np.uint32(seed) + np.uint32(1013904223) * sums


def draw(seed: int, name: str, shape: tuple[int, ...], post_norms: bool) -> np.ndarray:
    count = int(np.prod(shape))
    steps = (states(tensor_seed(seed, name), count) >> 24).astype(np.int64) - 128
    mean, exponent = spread(name, shape, post_norms)
    if mean != 0 or is_norm_weight(name):
        # Steps of 1/32 around a mean: four bits of them.
        return (mean + (steps >> 4) / 32).astype(np.float32).reshape(shape)
    return (steps * 2.0**exponent).astype(np.float32).reshape(shape)


def is_norm_weight(name: str) -> bool:
    return bool(re.search(r"norm\d?\.weight$", name))


def spread(name: str, shape: tuple[int, ...], post_norms: bool) -> tuple[float, int]:
    """Mean, and the power of two of one step; a tensor of steps has a standard deviation of about 74 steps."""
    if is_norm_weight(name):
        if name.startswith("vision"):
            return 1.0, 0
        if name == "text.norm.weight":
            return (1.0 if post_norms else 0.0), 0
        return (4.0 if "post_feedforward" in name else 0.0), 0
    if len(shape) == 1:
        return 0.0, -10
    if "embed_tokens" in name:
        return 0.0, -9
    if "position_embedding" in name:
        return 0.0, -7
    inputs = int(np.prod(shape[1:]))
    gain = 4 if "down_proj" in name else 2 if re.search(r"[qkvo]_proj", name) else 1
    return 0.0, int(np.floor(np.log2(gain / (74 * inputs**0.5)) + 0.5))


def draw_case(seed: int) -> dict:
    rng = random.Random(seed)
    pick = rng.choice
    heads = pick([1, 2, 4, 8])
    head_size = pick([8, 16, 24, 32, 64, 128])
    gemma2 = rng.random() < 0.5
    patch = pick([7, 8, 14])
    vision_heads = pick([1, 2, 4])
    text = {
        "model_type": "gemma2" if gemma2 else "gemma",
        "hidden_size": pick([32, 48, 64, 96]),
        "intermediate_size": pick([48, 64, 96, 160]),
        "num_hidden_layers": pick([1, 2, 3, 4]),
        "num_attention_heads": heads,
        "num_key_value_heads": pick([n for n in (1, 2, 4, 8) if heads % n == 0 and n <= heads]),
        "head_dim": head_size,
        "rms_norm_eps": pick([1e-6, 1e-5]),
        "rope_theta": pick([10000.0, 500.0, 1000000.0]),
    }
    if gemma2:
        text |= {
            "query_pre_attn_scalar": pick([head_size, 16, 144]),
            "attn_logit_softcapping": pick([50.0, 20.0, None]),
            "final_logit_softcapping": pick([30.0, 15.0, None]),
            "sliding_window": 4096,
        }
    return {
        "seed": seed,
        "text": text,
        "vision": {
            "model_type": "siglip_vision_model",
            "hidden_size": 12 * vision_heads,
            "intermediate_size": pick([40, 64, 80]),
            "num_hidden_layers": pick([1, 2, 3]),
            "num_attention_heads": vision_heads,
            "patch_size": patch,
            "image_size": patch * pick([2, 3, 4, 5]),
        },
        "rows": pick([1664, 1728]),
        "layout": pick("ABCD"),
        "dtype": pick(["F32", "F16", "BF16"]),
        "shards": pick([1, 1, 2, 3]),
        "has_head": rng.random() < 0.25,
        "spelling": pick(["full", "legacy", "parameters"]),
        "prompts": [],
    }


def build(case: dict) -> PaliGemmaForConditionalGeneration:
    text = {**case["text"], "vocab_size": case["rows"], "max_position_embeddings": 8192}
    text["hidden_activation"] = text["hidden_act"] = "gelu_pytorch_tanh"
    if transformers.__version__ >= "5":
        text["rope_parameters"] = {"rope_type": "default", "rope_theta": text["rope_theta"]}
    vision = {**case["vision"], "vision_use_head": False, "projection_dim": text["hidden_size"]}
    config = PaliGemmaConfig(
        text_config=text, vision_config=vision, image_token_id=IMAGE_TOKEN, image_token_index=IMAGE_TOKEN,
        projection_dim=text["hidden_size"], hidden_size=text["hidden_size"],
        attn_implementation="eager", pad_token_id=0, bos_token_id=2, eos_token_id=1,
    )
    model = PaliGemmaForConditionalGeneration._from_config(config, attn_implementation="eager")
    model = model.float().eval()
    post_norms = case["text"]["model_type"] == "gemma2"
    with torch.no_grad():
        for name, parameter in model.named_parameters():
            normal = normal_name(name)
            values = draw(case["seed"], normal, tuple(parameter.shape), post_norms)
            parameter.copy_(torch.from_numpy(values))
    return model


def inputs_of(case: dict, prompt: dict) -> dict:
    vision = case["vision"]
    size = vision["image_size"]
    pixels = lcg_image(prompt["image_seed"], size, size).astype(np.float32)
    normal = (pixels / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
    ids = [IMAGE_TOKEN] * (size // vision["patch_size"]) ** 2 + prompt["text_ids"]
    input_ids = torch.tensor([ids])
    return {
        "input_ids": input_ids,
        "attention_mask": torch.ones_like(input_ids),
        # Without it 5.x is causal in the prefix.
        "token_type_ids": torch.zeros_like(input_ids),
        "pixel_values": torch.from_numpy(normal.transpose(2, 0, 1)[None].copy()),
    }


@torch.no_grad()
def answer(model, case: dict, prompt: dict) -> tuple[list[int], float, np.ndarray]:
    """Greedy tokens, the smallest margin, and the first step's logits. The softcap is ours: the class forgets it."""
    inputs = inputs_of(case, prompt)
    # Rows behind the vocabulary are nobody's to choose.
    blocked = list(range(IMAGE_TOKEN, case["rows"])) or None
    out = model.generate(
        **inputs, max_new_tokens=NEW_TOKENS, do_sample=False, output_logits=True,
        return_dict_in_generate=True, suppress_tokens=blocked,
    )
    ids = out.sequences[0, inputs["input_ids"].shape[1]:].tolist()
    logits = torch.stack(out.logits)[:, 0, :IMAGE_TOKEN].float()
    cap = case["text"].get("final_logit_softcapping")
    if cap is not None:
        logits = torch.tanh(logits / cap) * cap
    top = logits.topk(2).values
    return ids, float((top[:, 0] - top[:, 1]).min()), logits[0].numpy()


@torch.no_grad()
def rounding(precise, case: dict, prompt: dict, logits: np.ndarray) -> float:
    """How far float32 is from float64, in the same code."""
    inputs = inputs_of(case, prompt)
    inputs["pixel_values"] = inputs["pixel_values"].double()
    exact = precise(**inputs).logits[0, -1, :IMAGE_TOKEN]
    cap = case["text"].get("final_logit_softcapping")
    if cap is not None:
        exact = torch.tanh(exact / cap) * cap
    return float(np.abs(exact.numpy() - logits).max())


def make(seed: int, count: int, out: Path) -> None:
    cases, kept = [], []
    for index in range(count):
        case = draw_case(seed * 1_000_003 + index)
        model, precise = build(case), build(case).double()
        rng = random.Random(case["seed"] + 1)
        for _ in range(40):
            prompt = {
                "image_seed": rng.randrange(1, 1 << 30),
                "text_ids": [2, *[rng.randrange(8, 512) for _ in range(rng.randrange(0, 24))], 5],
            }
            ids, margin, logits = answer(model, case, prompt)
            if margin >= MARGIN and rounding(precise, case, prompt, logits) < ROUNDING:
                case["prompts"].append({**prompt, "ids": ids})
                kept.append(logits[KEPT])
                break
        else:
            print(f"case {index}: no prompt with a clear answer")
            continue
        cases.append(case)
    out.mkdir(parents=True, exist_ok=True)
    (out / "cases.json").write_text(
        f'{{"transformers": "{transformers.__version__}", "kept": {json.dumps(KEPT)}, "cases": [\n'
        + ",\n".join(json.dumps(case) for case in cases) + "\n]}\n"
    )
    (out / "logits.f32").write_bytes(np.stack(kept).astype("<f4").tobytes())
    print(f"{len(cases)} cases, largest logit {np.abs(np.stack(kept)).max():.1f}")


def check(folder: Path) -> None:
    stored = json.loads((folder / "cases.json").read_text())
    logits = np.frombuffer((folder / "logits.f32").read_bytes(), "<f4").reshape(-1, len(KEPT))
    row, worst, other = 0, 0.0, 0
    for case in stored["cases"]:
        model = build(case)
        for prompt in case["prompts"]:
            ids, _, now = answer(model, case, prompt)
            other += ids != prompt["ids"]
            worst = max(worst, float(np.abs(now[KEPT] - logits[row]).max()))
            row += 1
    print(f"transformers {transformers.__version__} beside {stored['transformers']}: {row} answers, "
          f"{other} with other tokens, largest difference of a logit {worst:.2e}")
    assert other == 0 and worst < 1e-4


def main() -> None:
    parser = argparse.ArgumentParser()
    parser.add_argument("--seed", type=int, default=1)
    parser.add_argument("--count", type=int, default=210)
    parser.add_argument("--out", type=Path)
    parser.add_argument("--check", type=Path)
    options = parser.parse_args()
    torch.set_num_threads(1)
    if options.check:
        check(options.check)
    else:
        make(options.seed, options.count, options.out)


if __name__ == "__main__":
    main()
