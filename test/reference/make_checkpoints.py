"""Writes the tiny PaliGemma checkpoints of test/fixtures/checkpoints.

Weights are seeded random numbers with the structure of the published models; see README.md for the folders.
Every weight is rounded so that float32, float16 and bfloat16 files hold exactly the same numbers:
one golden file then serves every dtype and layout.
"""

import json
import re
import shutil
from pathlib import Path

import numpy as np
import torch
from safetensors.torch import save_file
from transformers import PaliGemmaConfig, PaliGemmaForConditionalGeneration

from tiny_tokenizer import FIRST_LOCATION, FIRST_SEGMENT, IMAGE_TOKEN, tokenizer_files

ROOT = Path(__file__).resolve().parents[1] / "fixtures" / "checkpoints"
ROWS = 1728  # IMAGE_TOKEN + 2 rounded up to a multiple of 64, as 257,154 -> 257,216 in the published files


def vision_config(image_size: int) -> dict:
    # 12 numbers per head: not a power of two, as the real 72.
    return {
        "hidden_size": 48, "intermediate_size": 80, "model_type": "siglip_vision_model",
        "num_attention_heads": 4, "num_hidden_layers": 2, "image_size": image_size, "patch_size": 14,
        "num_image_tokens": (image_size // 14) ** 2, "projection_dim": 64,
        "projector_hidden_act": "gelu_fast", "vision_use_head": False,
    }


def published_config(text: dict, image_size: int, dtype: str) -> dict:
    return {
        "architectures": ["PaliGemmaForConditionalGeneration"], "bos_token_id": 2, "eos_token_id": 1,
        "hidden_size": 64, "ignore_index": -100, "image_token_index": IMAGE_TOKEN, "model_type": "paligemma",
        "pad_token_id": 0, "projection_dim": 64, "text_config": text, "torch_dtype": dtype,
        "transformers_version": "4.42.0.dev0", "vision_config": vision_config(image_size),
    }


# As sparse as the published PaliGemma 1 file, plus head_dim, which has no usable default at this size.
GEMMA = {
    "hidden_size": 64, "intermediate_size": 96, "head_dim": 24, "model_type": "gemma", "num_attention_heads": 4,
    "num_hidden_layers": 3, "num_image_tokens": 16, "num_key_value_heads": 1, "vocab_size": ROWS,
}
GEMMA_LEGACY = {
    **GEMMA, "hidden_act": "gelu", "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
    "max_position_embeddings": 8192, "attention_bias": False, "vocab_size": FIRST_SEGMENT + 128,
}
# query_pre_attn_scalar differs from head_dim, so that a scale taken from head_dim gives other tokens.
GEMMA2 = {
    "architectures": ["Gemma2ForCausalLM"], "attention_bias": False, "attention_dropout": 0.0,
    "attn_logit_softcapping": 50.0, "cache_implementation": "hybrid", "final_logit_softcapping": 30.0,
    "head_dim": 24, "hidden_act": "gelu_pytorch_tanh", "hidden_activation": "gelu_pytorch_tanh",
    "hidden_size": 64, "initializer_range": 0.02, "intermediate_size": 96, "max_position_embeddings": 8192,
    "model_type": "gemma2", "num_attention_heads": 4, "num_hidden_layers": 4, "num_image_tokens": 25,
    "num_key_value_heads": 2, "query_pre_attn_scalar": 16, "rms_norm_eps": 1e-06, "rope_theta": 10000.0,
    "sliding_window": 4096, "torch_dtype": "bfloat16", "use_cache": True, "vocab_size": ROWS,
}


def is_rms_norm(name: str) -> bool:
    return "language_model" in name and name.endswith("norm.weight")


def mean_of(name: str, gemma2: bool) -> float:
    """Norm weights have a mean; an RMSNorm stores w of (1 + w)."""
    if name.endswith("language_model.norm.weight"):
        return 2.5 if gemma2 else 1.0  # logits of a size that leaves float32 noise below 1e-4
    if gemma2 and "post_feedforward" in name:
        return 4.0  # the token itself outweighs the shared context: answers do not repeat one token
    if is_rms_norm(name) or not re.search(r"(layer_norm\d|post_layernorm)\.weight$", name):
        return 0.0
    return 1.0


def std_of(name: str, shape: tuple[int, ...]) -> float:
    """Standard deviation of a random weight, found by trial: peaked attention, separated logits, varied answers."""
    fan_in = int(np.prod(shape[1:])) if len(shape) > 1 else 1
    if name.endswith("language_model.norm.weight"):
        return 0.15
    if is_rms_norm(name):
        return 0.3
    if len(shape) == 1:
        return 0.1
    if "embed_tokens" in name:
        return 0.12
    if "position_embedding" in name:
        return 0.5
    gain = 1.0
    if "language_model" in name:
        if re.search(r"[qk]_proj", name):
            gain = 1.7
        elif re.search(r"(o|v)_proj", name):
            gain = 2.0
        elif "down_proj" in name:
            gain = 6.0
    elif re.search(r"[qk]_proj", name):
        gain = 1.5
    return gain / fan_in**0.5


def exact(values: np.ndarray) -> torch.Tensor:
    """Rounds to numbers that float16 and bfloat16 both hold exactly."""
    rounded = torch.from_numpy(values.astype(np.float32)).to(torch.bfloat16).to(torch.float16)
    assert torch.equal(rounded.to(torch.bfloat16).float(), rounded.float())
    return rounded.float()


def random_weights(model: torch.nn.Module, seed: int, gemma2: bool) -> dict[str, torch.Tensor]:
    rng = np.random.Generator(np.random.PCG64(seed))
    weights = {}
    for name, parameter in sorted(model.named_parameters()):
        shape = tuple(parameter.shape)
        values = rng.standard_normal(shape) * std_of(name, shape)
        values += mean_of(name, gemma2)
        if "embed_tokens" in name:
            values = shaped_vocabulary(values)
        weights[name] = exact(values)
    return weights


def shaped_vocabulary(rows: np.ndarray) -> np.ndarray:
    """Longer rows are chosen more often: makes <eos>, <loc>, <seg> occur in greedy answers of random weights.

    Rows from <image> on are long too: an engine that forgets to mask them picks them and fails the goldens.
    """
    rows[1] *= 1.8
    rows[8:264] *= 0.7
    rows[264:512] *= 1.1
    rows[FIRST_LOCATION:FIRST_SEGMENT] *= 0.95
    rows[FIRST_SEGMENT:IMAGE_TOKEN] *= 1.0
    rows[IMAGE_TOKEN:] *= 1.4
    return rows


def build(config: dict, seed: int) -> dict[str, torch.Tensor]:
    """Weights named as layout A."""
    model = PaliGemmaForConditionalGeneration(PaliGemmaConfig(**json.loads(json.dumps(config))))
    weights = random_weights(model, seed, config["text_config"]["model_type"] == "gemma2")
    return {to_layout_a(name): tensor for name, tensor in weights.items() if name != "lm_head.weight"}


def to_layout_a(name: str) -> str:
    name = name.removeprefix("model.")
    name = re.sub(r"^vision_tower\.(?!vision_model)", "vision_tower.vision_model.", name)
    return re.sub(r"^language_model\.(?!model)", "language_model.model.", name)


def to_layout_b(name: str) -> str:
    return "model." + name.replace("language_model.model.", "language_model.")


def to_layout_c(name: str) -> str:
    return to_layout_b(name).replace("vision_tower.vision_model.", "vision_tower.")


def to_layout_d(name: str) -> str:
    return name.replace("vision_tower.vision_model.", "vision_tower.")


def write_folder(name: str, config: dict, shards: list[dict[str, torch.Tensor]]) -> None:
    folder = ROOT / name
    shutil.rmtree(folder, ignore_errors=True)
    folder.mkdir(parents=True)
    files = {
        "config.json": config, **tokenizer_files(),
        "generation_config.json": {"_from_model_config": True, "bos_token_id": 2, "eos_token_id": 1, "pad_token_id": 0},
        "preprocessor_config.json": preprocessor_config(config),
    }
    for file, content in files.items():
        indent = None if file == "tokenizer.json" else 2
        (folder / file).write_text(json.dumps(content, indent=indent, ensure_ascii=False) + "\n")
    write_shards(folder, shards)


def preprocessor_config(config: dict) -> dict:
    size = config["vision_config"]["image_size"]
    return {
        "do_convert_rgb": None, "do_normalize": True, "do_rescale": True, "do_resize": True,
        "image_mean": [0.5, 0.5, 0.5], "image_processor_type": "SiglipImageProcessor",
        "image_seq_length": config["vision_config"]["num_image_tokens"], "image_std": [0.5, 0.5, 0.5],
        "processor_class": "PaliGemmaProcessor", "resample": 3, "rescale_factor": 0.00392156862745098,
        "size": {"height": size, "width": size},
    }


def write_shards(folder: Path, shards: list[dict[str, torch.Tensor]]) -> None:
    if len(shards) == 1:
        save_tensors(shards[0], folder / "model.safetensors")
        return
    index = {"metadata": {"total_size": 0}, "weight_map": {}}
    for i, shard in enumerate(shards):
        file = f"model-{i + 1:05d}-of-{len(shards):05d}.safetensors"
        save_tensors(shard, folder / file)
        index["weight_map"].update({key: file for key in shard})
        index["metadata"]["total_size"] += sum(t.nbytes for t in shard.values())
    (folder / "model.safetensors.index.json").write_text(json.dumps(index, indent=2, sort_keys=True) + "\n")


def save_tensors(tensors: dict[str, torch.Tensor], path: Path) -> None:
    save_file(tensors, path, {"format": "pt"})
    path.chmod(0o644)  # safetensors writes 0600


def renamed(weights: dict[str, torch.Tensor], rename, dtype: torch.dtype) -> dict[str, torch.Tensor]:
    return {rename(name): tensor.to(dtype).contiguous() for name, tensor in weights.items()}


def same(name: str) -> str:
    return name


def main() -> None:
    one_config = published_config(GEMMA, 56, "float32")
    one = build(one_config, 20240514)
    embedding = "language_model.model.embed_tokens.weight"
    write_folder("tiny-paligemma", one_config, [renamed(one, same, torch.float32)])

    half = renamed(one, to_layout_b, torch.float16)
    half["lm_head.weight"] = one[embedding].to(torch.float16).clone()
    write_folder("tiny-paligemma-layout-b", {**one_config, "torch_dtype": "float16"}, [half])

    brain = renamed(one, to_layout_c, torch.bfloat16)
    names = sorted(brain)
    shards = [{n: brain[n] for n in part} for part in (names[: len(names) // 2], names[len(names) // 2 :])]
    write_folder("tiny-paligemma-layout-c", {**one_config, "torch_dtype": "bfloat16"}, shards)

    unpadded = dict(one)
    unpadded[embedding] = one[embedding][:IMAGE_TOKEN]
    legacy = published_config(GEMMA_LEGACY, 56, "float16")
    write_folder("tiny-paligemma-unpadded", legacy, [renamed(unpadded, same, torch.float16)])

    two_config = published_config(GEMMA2, 70, "bfloat16")
    two = build(two_config, 20241204)
    write_folder("tiny-paligemma2", two_config, [renamed(two, to_layout_d, torch.bfloat16)])


if __name__ == "__main__":
    main()
