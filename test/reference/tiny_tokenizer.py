"""A tokenizer.json of the Gemma shape with a few hundred tokens.

Same model, normalizer, pre-tokenizer and decoder as the published file: BPE with byte fallback, " " -> "▁",
no dummy prefix space. Ids: <pad> 0, <eos> 1, <bos> 2, <unk> 3, <mask> 4, "\n" 5, "\n\n" 6, "\n\n\n" 7,
bytes 8..263, characters and merges up to 511, then <loc0000> 512 .. <loc1023> 1535,
<seg000> 1536 .. <seg127> 1663, <image> 1664.
"""

import json

from tokenizers import Tokenizer, decoders, models, normalizers, pre_tokenizers, trainers

TEXT_TOKENS = 512
LOCATIONS, SEGMENTS = 1024, 128
FIRST_LOCATION = TEXT_TOKENS
FIRST_SEGMENT = FIRST_LOCATION + LOCATIONS
IMAGE_TOKEN = FIRST_SEGMENT + SEGMENTS

SPECIAL = ["<pad>", "<eos>", "<bos>", "<unk>", "<mask>"]
NEWLINES = ["\n", "\n\n", "\n\n\n"]
BYTES = [f"<0x{b:02X}>" for b in range(256)]

CORPUS = """
caption en describe en answer en ocr detect segment question cap es caption de caption fr
detect cat ; dog ; person ; bicycle detect motorcycle ; car ; red traffic light segment cat segment the left person
answer en Where is the cow standing? answer en How many people are there in the picture? answer en What colour is the car?
a cat sitting on a table next to a cup of coffee a dog running on the beach with a ball in its mouth
a man and a woman standing in front of a building on a street the rocket on the launch pad in the morning
two boats on the water near a mountain an astronaut in an orange suit smiles for the camera in front of the flag
yes no left right on in at the top bottom red green blue white black yellow orange 0 1 2 3 4 5 6 7 8 9 10 12 100 2024
What is this? Is it safe? Read the text, please. What does the sign say? The quick brown fox jumps over the lazy dog.
ABCDEFGHIJKLMNOPQRSTUVWXYZ abcdefghijklmnopqrstuvwxyz !"#$%&'()*+,-./:;=?@[]_ éüñß
""".strip()


def _trained() -> dict:
    tokenizer = Tokenizer(models.BPE(unk_token="<unk>", byte_fallback=True, fuse_unk=True))
    tokenizer.normalizer = normalizers.Replace(" ", "▁")
    # Only while training: cut before each "▁", so that merges give "▁cat" as in the real vocabulary.
    tokenizer.pre_tokenizer = pre_tokenizers.Split("▁", "merged_with_next")
    trainer = trainers.BpeTrainer(
        vocab_size=TEXT_TOKENS, special_tokens=SPECIAL + NEWLINES + BYTES, show_progress=False
    )
    tokenizer.train_from_iterator(CORPUS.splitlines(), trainer)
    return json.loads(tokenizer.to_str())["model"]


def _added(token_id: int, content: str, special: bool, normalized: bool) -> dict:
    return {
        "id": token_id, "content": content, "single_word": False, "lstrip": False, "rstrip": False,
        "normalized": normalized, "special": special,
    }


def tokenizer_json() -> dict:
    model = _trained()
    assert len(model["vocab"]) == TEXT_TOKENS, len(model["vocab"])
    model["merges"] += [["\n", "\n"], ["\n\n", "\n"]]
    added = [_added(i, token, True, False) for i, token in enumerate(SPECIAL)]
    added += [_added(FIRST_LOCATION + i, f"<loc{i:04d}>", False, True) for i in range(LOCATIONS)]
    added += [_added(FIRST_SEGMENT + i, f"<seg{i:03d}>", False, True) for i in range(SEGMENTS)]
    added += [_added(IMAGE_TOKEN, "<image>", True, False)]
    bos = {"SpecialToken": {"id": "<bos>", "type_id": 0}}
    return {
        "version": "1.0", "truncation": None, "padding": None, "added_tokens": added,
        "normalizer": {"type": "Replace", "pattern": {"String": " "}, "content": "▁"},
        "pre_tokenizer": {
            "type": "Split", "pattern": {"String": " "}, "behavior": "MergedWithPrevious", "invert": False,
        },
        # As published: the template would add <bos>; PaliGemma's processor switches it off.
        "post_processor": {
            "type": "TemplateProcessing",
            "single": [bos, {"Sequence": {"id": "A", "type_id": 0}}],
            "pair": [bos, {"Sequence": {"id": "A", "type_id": 0}},
                     {"SpecialToken": {"id": "<bos>", "type_id": 1}}, {"Sequence": {"id": "B", "type_id": 1}}],
            "special_tokens": {"<bos>": {"id": "<bos>", "ids": [2], "tokens": ["<bos>"]}},
        },
        "decoder": {
            "type": "Sequence",
            "decoders": [
                {"type": "Replace", "pattern": {"String": "▁"}, "content": " "},
                {"type": "ByteFallback"}, {"type": "Fuse"},
            ],
        },
        "model": model,
    }


def tokenizer_files() -> dict[str, dict]:
    """File name -> JSON, as a published checkpoint folder has them."""
    special = {"bos_token": "<bos>", "eos_token": "<eos>", "pad_token": "<pad>", "unk_token": "<unk>"}
    return {
        "tokenizer.json": tokenizer_json(),
        "tokenizer_config.json": {
            **special, "add_bos_token": True, "add_eos_token": False, "clean_up_tokenization_spaces": False,
            "additional_special_tokens": ["<image>"], "extra_special_tokens": {"image_token": "<image>"},
            "model_max_length": 1000000000000000019884624838656, "processor_class": "PaliGemmaProcessor",
            "spaces_between_special_tokens": False, "tokenizer_class": "GemmaTokenizer",
        },
        "special_tokens_map.json": {**special, "additional_special_tokens": ["<image>"]},
    }
