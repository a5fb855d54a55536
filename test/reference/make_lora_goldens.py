"""Writes test/fixtures/adapters/<name> with PEFT: LoRA adapters of the tiny checkpoints, and what the merged model says.

`expected.json` holds greedy answers of the merged model; `expected.f32` the last position's logits of each prompt.
"""

import json
from pathlib import Path

import numpy as np
import torch
from peft import LoraConfig, PeftModel, get_peft_model

from make_goldens import IMAGE_TOKEN, MINIMUM_MARGIN, Reference

ADAPTERS = Path(__file__).resolve().parents[1] / "fixtures" / "adapters"
TARGETS = ["q_proj", "k_proj", "v_proj", "o_proj", "gate_proj", "up_proj", "down_proj"]
CASES = {
    # As the published recipe writes it: the names hit the vision tower's q, k and v as well.
    "lora": ("tiny-paligemma", dict(r=4, lora_alpha=8, target_modules=TARGETS)),
    "rslora-patterns": (
        "tiny-paligemma2",
        dict(r=3, lora_alpha=6, use_rslora=True, target_modules=TARGETS,
             rank_pattern={"layers.0.mlp.down_proj": 5}, alpha_pattern={"layers.0.mlp.down_proj": 7}),
    ),
}
PROMPTS = 6


def main() -> None:
    for name, (checkpoint, options) in CASES.items():
        torch.manual_seed(7)
        reference = Reference(checkpoint)
        tuned = get_peft_model(reference.model, LoraConfig(task_type="CAUSAL_LM", **options))
        for key, parameter in tuned.named_parameters():
            if "lora_" in key:
                parameter.data = torch.randn_like(parameter) * 0.05
        folder = ADAPTERS / name
        tuned.save_pretrained(folder)
        (folder / "README.md").unlink(missing_ok=True)
        config = json.loads((folder / "adapter_config.json").read_text())
        # A folder of the machine that made it, and a set that is written in another order each time.
        config.update(base_model_name_or_path=checkpoint, target_modules=sorted(TARGETS))
        (folder / "adapter_config.json").write_text(json.dumps(config, indent=1) + "\n")
        fresh = Reference(checkpoint)
        fresh.model = PeftModel.from_pretrained(fresh.model, folder).merge_and_unload().eval()
        plain = Reference(checkpoint)
        cases, logits = [], []
        seed = 5000
        while len(cases) < PROMPTS:
            seed += 1
            prompt = ["caption en", "detect cat", "ocr"][seed % 3]
            inputs = fresh.inputs(prompt, seed)
            ids, _, margin = fresh.greedy(inputs, 12)
            last = fresh.prefill_logits(inputs)[-1]
            if margin < MINIMUM_MARGIN:
                continue
            # An adapter that changes nothing would prove nothing.
            assert (last - plain.prefill_logits(inputs)[-1]).abs().max() > 0.05
            cases.append({"prompt": prompt, "image_seed": seed, "max_new_tokens": 12, "generated_ids": ids})
            logits.append(last.detach().numpy().astype("<f4")[:IMAGE_TOKEN])
        (folder / "expected.json").write_text(json.dumps({"checkpoint": checkpoint, "cases": cases}, indent=1) + "\n")
        (folder / "expected.f32").write_bytes(np.stack(logits).tobytes())
        print(name, checkpoint, len(cases))


main()
