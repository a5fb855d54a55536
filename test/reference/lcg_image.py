"""Test pictures made by integer arithmetic that TypeScript repeats exactly, so no picture files are needed.

state = state * 1664525 + 1013904223 (mod 2^32), starting from the seed; the byte is state >> 24 after
each step; bytes fill RGB interleaved, row-major.
"""

import numpy as np


def lcg_bytes(seed: int, count: int) -> np.ndarray:
    state = seed & 0xFFFFFFFF
    out = np.empty(count, dtype=np.uint8)
    for i in range(count):
        state = (state * 1664525 + 1013904223) & 0xFFFFFFFF
        out[i] = state >> 24
    return out


def lcg_image(seed: int, width: int, height: int) -> np.ndarray:
    """uint8 [height, width, 3]."""
    return lcg_bytes(seed, width * height * 3).reshape(height, width, 3)
