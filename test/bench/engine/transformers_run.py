"""The peer: Hugging Face transformers in bfloat16 on the same machine, greedy, static batches.

Usage: transformers_run.py CONFIG_JSON REQUESTS NEW_TOKENS PROMPT_TOKENS BATCH...
Prints one line of JSON for each batch size. Weights are random: only the work counts.
"""

import json
import resource
import sys
import time

import torch
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration, PaliGemmaProcessor  # noqa: F401


def build(config_path: str) -> PaliGemmaForConditionalGeneration:
    config = PaliGemmaConfig(**json.load(open(config_path)))
    torch.set_default_dtype(torch.bfloat16)
    with torch.device("meta"):
        model = PaliGemmaForConditionalGeneration(config)
    model = model.to_empty(device="cpu")
    generator = torch.Generator().manual_seed(1)
    for name, parameter in model.named_parameters():
        # One block of numbers, repeated: drawing three billion takes longer than the run. Torch shares nothing.
        block = torch.randn(min(parameter.numel(), 1 << 20), generator=generator).to(torch.bfloat16) * 0.02
        flat = parameter.data.view(-1)
        for start in range(0, flat.numel(), block.numel()):
            part = flat[start : start + block.numel()]
            part.copy_(block[: part.numel()])
    for name, buffer in model.named_buffers():
        if name.endswith("position_ids"):
            buffer.copy_(torch.arange(buffer.numel()).view_as(buffer))
        elif name.endswith("inv_freq"):
            size = buffer.numel()
            buffer.copy_(10000.0 ** (-torch.arange(size, dtype=torch.float32) / size))
    model.tie_weights()
    return model.eval()


@torch.inference_mode()
def run(model, batch: int, requests: int, new_tokens: int, prompt_tokens: int) -> dict:
    config = model.config
    image_tokens = (config.vision_config.image_size // config.vision_config.patch_size) ** 2
    size = config.vision_config.image_size
    text = torch.randint(10, 1000, (batch, prompt_tokens))
    ids = torch.cat([torch.full((batch, image_tokens), config.image_token_id), text], dim=1)
    started = time.perf_counter()
    done = 0
    first = 0.0
    while done < requests:
        pixels = torch.randn(batch, 3, size, size, dtype=torch.bfloat16)
        arguments = dict(
            input_ids=ids,
            pixel_values=pixels,
            attention_mask=torch.ones_like(ids),
            token_type_ids=torch.zeros_like(ids),
            do_sample=False,
            eos_token_id=None,
            pad_token_id=0,
        )
        if done == 0:
            begun = time.perf_counter()
            model.generate(**arguments, max_new_tokens=1, min_new_tokens=1)
            first = time.perf_counter() - begun
            started = time.perf_counter()
        output = model.generate(**arguments, max_new_tokens=new_tokens, min_new_tokens=new_tokens)
        assert output.shape[1] == ids.shape[1] + new_tokens
        done += batch
    seconds = time.perf_counter() - started
    return {
        "batch": batch,
        "images": done,
        "images_per_second": done / seconds,
        "prefill_seconds_per_image": first / batch,
        "peak_megabytes": resource.getrusage(resource.RUSAGE_SELF).ru_maxrss / 1024,
    }


def main() -> None:
    config, requests, new_tokens, prompt_tokens, *batches = sys.argv[1:]
    model = build(config)
    for batch in map(int, batches):
        print(json.dumps(run(model, batch, int(requests), int(new_tokens), int(prompt_tokens))), flush=True)


main()
