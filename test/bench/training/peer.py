"""The same training step in PyTorch: transformers' PaliGemma, AdamW, clipping, float32, two threads.

peer.py CHECKPOINT BATCH TEXT_TOKENS LABELS STEPS: prints seconds of each step as one line of JSON.
"""

import json
import sys
import time

import torch
from transformers import PaliGemmaForConditionalGeneration


def main() -> None:
    folder, batch, text_tokens, labels, steps = sys.argv[1], *map(int, sys.argv[2:6])
    model = PaliGemmaForConditionalGeneration.from_pretrained(folder, dtype=torch.float32)
    model.train()
    vision = model.config.vision_config
    patches = (vision.image_size // vision.patch_size) ** 2
    length = patches + text_tokens
    ids = torch.randint(5, 1000, (batch, length))
    ids[:, :patches] = model.config.image_token_id
    kinds = torch.zeros_like(ids)
    kinds[:, length - labels:] = 1
    targets = torch.randint(5, 1000, (batch, labels))
    pixels = torch.rand(batch, 3, vision.image_size, vision.image_size) * 2 - 1
    optimiser = torch.optim.AdamW(model.parameters(), lr=1e-3, weight_decay=0.01)
    seconds = []
    for _ in range(steps):
        start = time.perf_counter()
        states = model.model(
            input_ids=ids, pixel_values=pixels, attention_mask=torch.ones_like(ids), token_type_ids=kinds,
            use_cache=False,
        ).last_hidden_state
        # Only what the loss reads, as ours.
        logits = model.lm_head(states[:, length - labels:])
        loss = torch.nn.functional.cross_entropy(logits.flatten(0, 1), targets.flatten())
        loss.backward()
        torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
        optimiser.step()
        optimiser.zero_grad()
        seconds.append(time.perf_counter() - start)
    print(json.dumps(seconds))


if __name__ == "__main__":
    main()
