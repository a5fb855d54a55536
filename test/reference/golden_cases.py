"""The prompts of the generation goldens: tasks, lengths and scripts of many kinds."""

PREFILL_PROMPTS = ["caption en", "detect cat ; dog", "answer en Where is the cow standing?", ""]

_SPECIFIC = [
    "caption en", "caption es", "describe en", "ocr", "segment cat", "segment the left person", "detect cat",
    "detect person ; car ; bicycle ; dog ; traffic light ; red bus ; cup of coffee ; tree",
    "answer en What colour is the car?", "answer de Wie viele Menschen sind auf dem Bild?",
    "answer fr Où est le café ?", "answer ja 猫はどこにいますか?", "answer ar أين القطة؟", "answer hi बिल्ली कहाँ है?",
    "caption <loc0100><loc0200><loc0300><loc0400>", "detect 🐈 ; 🐕‍🦺", "", " ", "a", "What is in this image?",
    "answer en " + "very " * 40 + "long question?",
    "describe en: " + "The quick brown fox jumps over the lazy dog. " * 6,
    "question en yes", "ocr\tthen a tab", "line one\nline two", "UPPER CASE AND 0123456789 !\"#$%&'()*+",
]
_NOUNS = ["cat", "dog", "boat", "mountain", "astronaut", "coffee", "sign", "bicycle", "rocket", "table", "flag", "train"]


def generation_prompts(count: int) -> list[str]:
    prompts = list(_SPECIFIC)
    templates = ["detect {0}", "segment {0}", "answer en Is there a {0} near the {1}?", "detect {0} ; {1}"]
    while len(prompts) < count:
        i = len(prompts)
        prompts.append(templates[i % 4].format(_NOUNS[i % 12], _NOUNS[(i * 5 + 3) % 12]))
    return prompts[:count]


TOKENIZER_PROMPTS = [
    *_SPECIFIC,
    "ends in one newline\n", "ends in two newlines\n\n", "ends in three\n\n\n", "four\n\n\n\n", "\n", "\n\n",
    "  two leading spaces", "two trailing spaces  ", "a  b   c    d", "tabs\t\tand\r\nCRLF", "zero\u200bwidth \ufeffBOM",
    "<loc0000><loc1023> cat ; <loc0001><loc0002><loc0003><loc0004> dog", "<seg000><seg127><loc1024><seg128>",
    "<loc00001>", "▁ is a real character", "e\u0301 and é", "<eos> inside <pad> text <unk>", "👩‍👩‍👧‍👦 family", "ﬁ ligature Å Å",
    "null \u0000 byte", "<0x41> looks like a byte", "detect cat;dog", "ocr ", "«guillemets» “quotes” — dashes…",
]
