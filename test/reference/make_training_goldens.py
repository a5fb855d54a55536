"""Writes test/fixtures/training/<checkpoint>.{json,f32} with PyTorch's autograd over Hugging Face transformers.

JSON: `examples` (image_seed, head = <bos> prefix newline, tail = suffix <eos>), `losses` of the first `gradient_examples`, by kind of loss, `tensors`
(published name -> norm of the whole gradient, sampled indices, and where their values lie in the .f32 file), `curve`
(losses of 50 updates on all examples, four at a time in turn, and the rate of each).

Loss as big_vision: cross-entropy on the suffix, mean over an example's tokens, then over examples. The final softcap
is applied here: see make_goldens.py. Padding behind the text, which nobody sees.
"""

import json
import math
from pathlib import Path

import numpy as np
import torch
from transformers import PaliGemmaForConditionalGeneration

from lcg_image import lcg_image
from make_goldens import Blob, FIXTURES
from tiny_tokenizer import FIRST_LOCATION, IMAGE_TOKEN, LOCATIONS

OUT = FIXTURES / "training"
TEXT_TOKENS, BOS, EOS, NEWLINE = 20, 2, 1, 5
EXAMPLES, GRADIENT_EXAMPLES, BATCH, STEPS = 24, 3, 4, 50
SMOOTHING, DEVIATION = 0.2, 12.0
RATE, WARMUP, DECAY, CLIP = 1e-3, 0.1, 1e-2, 1.0
SAMPLES = 96


def examples() -> list[dict]:
    random = np.random.default_rng(5)
    out = []
    for index in range(EXAMPLES):
        head = [BOS, *random.integers(270, 500, random.integers(2, 7)).tolist(), NEWLINE]
        tail = random.integers(270, 500, random.integers(1, 7)).tolist()
        if index % 3 == 1:
            tail = [*random.integers(FIRST_LOCATION, FIRST_LOCATION + LOCATIONS, 4).tolist(), *tail[:2]]
        out.append({"image_seed": 100 + index, "head": head, "tail": [*tail, EOS]})
    return out


class Model:
    def __init__(self, checkpoint: str, dtype: torch.dtype) -> None:
        self.model = PaliGemmaForConditionalGeneration.from_pretrained(
            FIXTURES / "checkpoints" / checkpoint, dtype=torch.float32, attn_implementation="eager"
        ).to(dtype)
        self.model.eval()
        config = self.model.config
        self.dtype, self.size = dtype, config.vision_config.image_size
        self.patches = (self.size // config.vision_config.patch_size) ** 2
        self.cap = getattr(config.text_config, "final_logit_softcapping", None)

    def losses(self, batch: list[dict]) -> tuple[torch.Tensor, list[torch.Tensor]]:
        """Log-probabilities at each suffix token of each example [tokens, rows], and the right tokens."""
        length = self.patches + TEXT_TOKENS
        ids = torch.zeros(len(batch), length, dtype=torch.long)
        seen, kinds = torch.zeros_like(ids), torch.ones_like(ids)
        pixels = []
        for row, example in enumerate(batch):
            text = [IMAGE_TOKEN] * self.patches + example["head"] + example["tail"]
            text = text[:-1]  # <eos> is never an input
            ids[row, : len(text)] = torch.tensor(text)
            seen[row, : len(text)] = 1
            kinds[row, : self.patches + len(example["head"])] = 0
            image = lcg_image(example["image_seed"], self.size, self.size).astype(np.float32)
            ours = (image / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
            pixels.append(torch.from_numpy(ours.transpose(2, 0, 1).copy()))
        logits = self.model(
            input_ids=ids, pixel_values=torch.stack(pixels).to(self.dtype), attention_mask=seen,
            token_type_ids=kinds, use_cache=False,
        ).logits
        if self.cap is not None:
            logits = torch.tanh(logits / self.cap) * self.cap
        logs = torch.log_softmax(logits.to(torch.promote_types(self.dtype, torch.float32)), -1)
        out = []
        for row, example in enumerate(batch):
            first = self.patches + len(example["head"]) - 1
            out.append((logs[row, first : first + len(example["tail"])], torch.tensor(example["tail"])))
        return out


def hard(logs, right):
    return -logs[torch.arange(len(right)), right]


def smooth(logs, right):
    even = SMOOTHING / (logs.shape[-1] - 1)
    return hard(logs, right) * (1 - SMOOTHING - even) - even * logs.sum(-1)


def soft(logs, right):
    bins = torch.arange(LOCATIONS, dtype=logs.dtype)
    out = []
    for log, token in zip(logs, right.tolist()):
        if FIRST_LOCATION <= token < FIRST_LOCATION + LOCATIONS:
            target = torch.exp(-(((bins - (token - FIRST_LOCATION)) / DEVIATION) ** 2) / 2)
            out.append(-(target / target.sum() * log[FIRST_LOCATION : FIRST_LOCATION + LOCATIONS]).sum())
        else:
            out.append(-log[token])
    return torch.stack(out)


def loss_of(model: Model, batch: list[dict], each=hard, mean="example") -> torch.Tensor:
    tokens = [each(logs, right) for logs, right in model.losses(batch)]
    if mean == "token":
        return torch.cat(tokens).mean()
    return torch.stack([values.mean() for values in tokens]).mean()


def rate_at(step: int) -> float:
    rising = round(WARMUP * STEPS)
    if step <= rising:
        return RATE * step / rising
    return RATE * (1 + math.cos(math.pi * (step - 1 - rising) / (STEPS - rising))) / 2


def curve(checkpoint: str, all_examples: list[dict]) -> dict:
    model = Model(checkpoint, torch.float32)
    parameters = list(model.model.parameters())
    groups = [
        {"params": [p for p in parameters if p.ndim >= 2], "weight_decay": DECAY},
        {"params": [p for p in parameters if p.ndim < 2], "weight_decay": 0.0},
    ]
    optimiser = torch.optim.AdamW(groups, lr=RATE, betas=(0.9, 0.999), eps=1e-8)
    losses = []
    for step in range(1, STEPS + 1):
        batch = [all_examples[((step - 1) * BATCH + at) % EXAMPLES] for at in range(BATCH)]
        optimiser.zero_grad()
        loss = loss_of(model, batch)
        loss.backward()
        torch.nn.utils.clip_grad_norm_(parameters, CLIP)
        for group in optimiser.param_groups:
            group["lr"] = rate_at(step)
        optimiser.step()
        losses.append(loss.item())
    return {"losses": losses, "rates": [rate_at(step) for step in range(1, STEPS + 1)]}


def main() -> None:
    OUT.mkdir(parents=True, exist_ok=True)
    for checkpoint in ("tiny-paligemma", "tiny-paligemma2"):
        all_examples = examples()
        batch = all_examples[:GRADIENT_EXAMPLES]
        single, double = Model(checkpoint, torch.float32), Model(checkpoint, torch.float64)
        losses = {}
        with torch.no_grad():
            for name, options in {
                "example": {}, "token": {"mean": "token"}, "smooth": {"each": smooth}, "soft": {"each": soft},
            }.items():
                losses[name] = loss_of(double, batch, **options).item()
        loss_of(single, batch).backward()
        loss_of(double, batch).backward()
        blob, tensors, worst = Blob(), {}, 0.0
        precise = dict(double.model.named_parameters())
        for name, parameter in single.model.named_parameters():
            exact = precise[name].grad
            rounding = ((parameter.grad - exact).norm() / exact.norm()).item()
            worst = max(worst, rounding)
            flat = exact.flatten()
            largest = torch.topk(flat.abs(), min(SAMPLES, flat.numel())).indices
            spread = torch.arange(0, flat.numel(), max(1, flat.numel() // SAMPLES))
            indices = torch.unique(torch.cat([largest, spread]))
            entry = blob.add(flat[indices].float())
            tensors[name] = {"norm": flat.norm().item(), "indices": indices.tolist(), "offset": entry["offset"]}
        print(checkpoint, losses, "float32 against float64, worst tensor:", worst)
        blob.write(OUT / f"{checkpoint}.f32")
        golden = {
            "text_tokens": TEXT_TOKENS, "batch": BATCH, "gradient_examples": GRADIENT_EXAMPLES,
            "smoothing": SMOOTHING, "deviation": DEVIATION, "weight_decay": DECAY, "clip": CLIP,
            "losses": losses, "examples": all_examples, "tensors": tensors,
            "curve": curve(checkpoint, all_examples),
        }
        (OUT / f"{checkpoint}.json").write_text(json.dumps(golden, separators=(",", ":")) + "\n")


if __name__ == "__main__":
    main()
