"""Writes test/fixtures/golden/<checkpoint>.{json,f32} with Hugging Face transformers in float32 on the CPU.

The forward pass without `token_type_ids` is purely causal in transformers 5.18, which PaliGemma is not:
every call below passes the processor's own. Its PaliGemma class also forgets Gemma 2's final softcap (only
Gemma2ForCausalLM has it): it is applied here from config.json, before log-probabilities and margins; greedy
choices do not change by it. Eager attention, because the others may skip the attention softcap.
Ids from <image> on are suppressed, as in any real decoder.
"""

import json
from pathlib import Path

import numpy as np
import torch
from PIL import Image
from transformers import PaliGemmaForConditionalGeneration, PaliGemmaProcessor

from golden_cases import PREFILL_PROMPTS, TOKENIZER_PROMPTS, generation_prompts
from lcg_image import lcg_image
from tiny_tokenizer import IMAGE_TOKEN

FIXTURES = Path(__file__).resolve().parents[1] / "fixtures"
CASES = 50
TAIL = 4
# A case is kept only if its best token beats the next by this much at every step, far above float32 noise
# and still below what a wrong scale, mask or position changes.
MINIMUM_MARGIN = 0.005


class Blob:
    """Float32 arrays behind each other in one little-endian file."""

    def __init__(self) -> None:
        self.parts: list[np.ndarray] = []
        self.size = 0

    def add(self, values: torch.Tensor) -> dict:
        array = np.ascontiguousarray(values.detach().numpy(), dtype="<f4")
        entry = {"offset": self.size, "shape": list(array.shape)}
        self.parts.append(array)
        self.size += array.size
        return entry

    def write(self, path: Path) -> None:
        path.write_bytes(b"".join(part.tobytes() for part in self.parts))


class Reference:
    def __init__(self, checkpoint: str) -> None:
        folder = FIXTURES / "checkpoints" / checkpoint
        self.model, loading = PaliGemmaForConditionalGeneration.from_pretrained(
            folder, dtype=torch.float32, attn_implementation="eager", output_loading_info=True
        )
        assert not loading["missing_keys"] and not loading["unexpected_keys"], loading
        self.model.eval()
        self.processor = PaliGemmaProcessor.from_pretrained(folder)
        self.image_size = self.model.config.vision_config.image_size
        self.rows = self.model.config.text_config.vocab_size
        self.final_cap = getattr(self.model.config.text_config, "final_logit_softcapping", None)

    def capped(self, logits: torch.Tensor) -> torch.Tensor:
        return logits if self.final_cap is None else torch.tanh(logits / self.final_cap) * self.final_cap

    def inputs(self, prompt: str, image_seed: int) -> dict:
        pixels = lcg_image(image_seed, self.image_size, self.image_size)
        text = "<image>" + prompt
        batch = self.processor(images=Image.fromarray(pixels), text=text, return_tensors="pt")
        ours = (pixels.astype(np.float32) / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
        assert np.abs(batch["pixel_values"][0].numpy() - ours.transpose(2, 0, 1)).max() < 1e-6
        batch["pixel_values"] = torch.from_numpy(ours.transpose(2, 0, 1)[None].copy())
        assert (batch["token_type_ids"] == 0).all()
        return {k: batch[k] for k in ("input_ids", "attention_mask", "token_type_ids", "pixel_values")}

    @torch.no_grad()
    def image_features(self, image_seed: int) -> torch.Tensor:
        out = self.model.model.get_image_features(self.inputs("", image_seed)["pixel_values"])
        return getattr(out, "pooler_output", out)[0]

    @torch.no_grad()
    def prefill_logits(self, inputs: dict) -> torch.Tensor:
        return self.capped(self.model(**inputs).logits[0])

    @torch.no_grad()
    def greedy(self, inputs: dict, max_new_tokens: int) -> tuple[list[int], list[float], float]:
        """Token ids (with <eos> when it came), their log-probabilities, and the smallest margin."""
        out = self.model.generate(
            **inputs, max_new_tokens=max_new_tokens, do_sample=False, output_logits=True,
            return_dict_in_generate=True, suppress_tokens=list(range(IMAGE_TOKEN, self.rows)),
        )
        ids = out.sequences[0, inputs["input_ids"].shape[1]:].tolist()
        logits = self.capped(torch.stack(out.logits)[:, 0, :IMAGE_TOKEN])
        top = logits.topk(2).values
        log_probabilities = logits.log_softmax(-1)[torch.arange(len(ids)), torch.tensor(ids)]
        return ids, log_probabilities.tolist(), float((top[:, 0] - top[:, 1]).min())

    @torch.no_grad()
    def check_without_cache(self, inputs: dict, ids: list[int]) -> None:
        """The same tokens from one full pass over prefix and answer, so that the cache path is not the only witness."""
        answer = torch.tensor([ids[:-1]], dtype=torch.long)
        full = {
            "input_ids": torch.cat([inputs["input_ids"], answer], 1),
            "pixel_values": inputs["pixel_values"],
            "token_type_ids": torch.cat([inputs["token_type_ids"], torch.ones_like(answer)], 1),
        }
        full["attention_mask"] = torch.ones_like(full["input_ids"])
        logits = self.model(**full).logits[0, -len(ids):, :IMAGE_TOKEN]
        assert logits.argmax(-1).tolist() == ids


def prefill_goldens(reference: Reference, blob: Blob) -> list[dict]:
    goldens = []
    for i, prompt in enumerate(PREFILL_PROMPTS):
        inputs = reference.inputs(prompt, 1000 + i)
        logits = reference.prefill_logits(inputs)
        goldens.append({
            "prompt": prompt, "image_seed": 1000 + i, "input_ids": inputs["input_ids"][0].tolist(),
            "last_position_logits": blob.add(logits[-1]), "tail_logits": blob.add(logits[-TAIL:]),
        })
    return goldens


def generation_goldens(reference: Reference) -> list[dict]:
    goldens, seed = [], 5000
    for i, prompt in enumerate(generation_prompts(CASES)):
        max_new_tokens = (i * 17) % 40 + 1
        while True:
            seed += 1
            inputs = reference.inputs(prompt, seed)
            ids, log_probabilities, margin = reference.greedy(inputs, max_new_tokens)
            if margin >= MINIMUM_MARGIN:
                break
        reference.check_without_cache(inputs, ids)
        goldens.append({
            "prompt": prompt, "image_seed": seed, "max_new_tokens": max_new_tokens,
            "input_ids": inputs["input_ids"][0].tolist(), "generated_ids": ids,
            "log_probabilities": [round(p, 6) for p in log_probabilities],
            "end_reason": "eos" if ids[-1] == 1 else "length", "minimum_margin": round(margin, 6),
            "text": reference.processor.decode(ids, skip_special_tokens=True),
        })
    return goldens


def tokenizer_goldens(reference: Reference) -> list[dict]:
    """`input_ids` as the processor makes them: image tokens, <bos>, prompt, newline."""
    goldens = []
    for text in TOKENIZER_PROMPTS:
        ids = reference.inputs(text, 1)["input_ids"][0].tolist()
        plain = reference.processor.tokenizer(text, add_special_tokens=False)["input_ids"]
        decoded = reference.processor.tokenizer.decode(plain, skip_special_tokens=False)
        goldens.append({"text": text, "input_ids": ids, "plain_ids": plain, "plain_decoded": decoded})
    return goldens


def write(checkpoint: str, golden: dict, blob: Blob) -> None:
    folder = FIXTURES / "golden"
    folder.mkdir(parents=True, exist_ok=True)
    # One case per line: short enough to read, long enough to keep diffs small.
    lines = []
    for key, value in golden.items():
        if isinstance(value, list):
            rows = ",\n  ".join(json.dumps(row, ensure_ascii=False) for row in value)
            lines.append(f' "{key}": [\n  {rows}\n ]')
        else:
            lines.append(f' "{key}": {json.dumps(value)}')
    (folder / f"{checkpoint}.json").write_text("{\n" + ",\n".join(lines) + "\n}\n")
    blob.write(folder / f"{checkpoint}.f32")


def main() -> None:
    torch.set_num_threads(1)
    torch.use_deterministic_algorithms(True)
    for checkpoint in ("tiny-paligemma", "tiny-paligemma2"):
        reference, blob = Reference(checkpoint), Blob()
        write(checkpoint, {
            "checkpoint": checkpoint, "image_size": reference.image_size, "rows": reference.rows,
            "allowed_tokens": IMAGE_TOKEN,
            "image_features": {"image_seed": 1000, **blob.add(reference.image_features(1000))},
            "prefill": prefill_goldens(reference, blob), "generation": generation_goldens(reference),
            "tokenizer": tokenizer_goldens(reference),
        }, blob)
    first = Reference("tiny-paligemma")
    inputs = first.inputs("caption en", 1000)
    expected = first.prefill_logits(inputs)
    for copy in ("tiny-paligemma-layout-b", "tiny-paligemma-layout-c", "tiny-paligemma-unpadded"):
        names = FIXTURES / "checkpoints" / copy
        try:
            logits = Reference(copy).prefill_logits(inputs)
        except (AssertionError, RuntimeError) as error:
            print(f"{copy}: transformers does not load it as is: {str(error)[:200]}")
            continue
        assert torch.equal(logits[:, :IMAGE_TOKEN], expected[:, :IMAGE_TOKEN]), copy
        print(f"{copy}: same logits, {names.name}")


if __name__ == "__main__":
    main()
