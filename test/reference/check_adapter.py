"""Loads an adapter folder that Pallet wrote with PEFT, and prints its logits: check_adapter.py ADAPTER BASE IDS_JSON.

IDS_JSON: a list of {"image_seed", "head"} (ids of the prefix without image tokens). Prints the logits of the last
position of each, as JSON. Used by hand: adapters of 20 updates on both tiny
checkpoints differed by at most 3.5e-5 from the engine with the adapter imported (untuned: 2.8 to 15.7).
"""

import json
import sys

import numpy as np
import torch
from peft import PeftModel
from transformers import PaliGemmaForConditionalGeneration

from lcg_image import lcg_image
from tiny_tokenizer import IMAGE_TOKEN


def main() -> None:
    adapter, base, questions = sys.argv[1], sys.argv[2], json.loads(sys.argv[3])
    model = PaliGemmaForConditionalGeneration.from_pretrained(
        base, dtype=torch.float32, attn_implementation="eager"
    )
    model = PeftModel.from_pretrained(model, adapter).eval()
    config = model.config
    size, patch = config.vision_config.image_size, config.vision_config.patch_size
    out = []
    for question in questions:
        ids = torch.tensor([[IMAGE_TOKEN] * (size // patch) ** 2 + question["head"]])
        image = lcg_image(question["image_seed"], size, size).astype(np.float32)
        pixels = (image / np.float32(255) - np.float32(0.5)) / np.float32(0.5)
        with torch.no_grad():
            logits = model(
                input_ids=ids, attention_mask=torch.ones_like(ids), token_type_ids=torch.zeros_like(ids),
                pixel_values=torch.from_numpy(pixels.transpose(2, 0, 1)[None].copy()),
            ).logits
        out.append(logits[0, -1].tolist())
    print(json.dumps(out))


if __name__ == "__main__":
    main()
