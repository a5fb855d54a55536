"""Writes test/fixtures/gradients/operators.json: PyTorch's gradients of each operator that Pallet can differentiate.

The cases, by name, and their inputs are those of libs/onnx/gradient/operator-cases-fixture.ts; the loss is
sum(y * random). JSON: case -> one list of numbers per input, row-major.
"""

import json
from pathlib import Path

import numpy as np
import torch
import torch.nn.functional as F

OUT = Path(__file__).resolve().parents[1] / "fixtures" / "gradients" / "operators.json"
GRID = (3, 4)


def numbers(shape, seed, positive=False):
    """In float32, as the fixture's function of this name makes them."""
    state, values = seed * 7919, []
    for _ in range(int(np.prod(shape))):
        state = (state * 1664525 + 1013904223) % 2**32
        value = state / 2**31 - 1
        values.append(0.5 + abs(value) if positive else value)
    return torch.tensor(np.array(values, dtype=np.float32).reshape(shape))


def conv(stride, pad):
    return lambda x, w, b: F.conv2d(x, w, b, stride=stride, padding=pad)


def split(x):
    parts = x.split(2, dim=1)
    return parts[0] * parts[2]


def rotary(states):
    """Two heads of four numbers, halves turned against each other, positions of each batch row."""
    angles = torch.tensor([[0, 0.1], [1, 0.3], [2, 0.5]])[torch.tensor([[0, 1, 2], [2, 1, 0]])]
    cos, sin = angles.cos()[:, :, None], angles.sin()[:, :, None]
    first, second = states.reshape(2, 3, 2, 4).split(2, dim=-1)
    turned = torch.cat([first * cos - second * sin, first * sin + second * cos], dim=-1)
    return turned.reshape(2, 3, 8)


def rms(x, weight):
    return F.rms_norm(x, (8,), weight, eps=1e-3)


def elements(x):
    return x.gather(1, torch.tensor([[1, 3], [3, 3], [0, 0]]))


# name -> (shapes of the inputs, what is computed, whether the inputs are positive)
CASES = {
    "Identity": ([GRID], lambda x: x * 1),
    "Neg": ([GRID], lambda x: -x),
    "Exp": ([GRID], torch.exp),
    "Log": ([GRID], torch.log, True),
    "Sqrt": ([GRID], torch.sqrt, True),
    "Tanh": ([GRID], torch.tanh),
    "Sigmoid": ([GRID], torch.sigmoid),
    "Relu of what is above 0": ([GRID], torch.relu, True),
    "Relu of what is below 0": ([GRID], lambda x: torch.relu(-x), True),
    "Gelu": ([(40, 4)], lambda x: F.gelu(x, approximate="tanh")),
    "Softmax": ([(2, 3, 5)], lambda x: x.softmax(-1)),
    "LogSoftmax": ([GRID], lambda x: x.log_softmax(-1)),
    "Add": ([GRID, GRID], torch.add),
    "Add of a row to a row": ([(4,), GRID], torch.add),
    "Sub of a column": ([GRID, (3, 1)], torch.sub),
    "Mul with a number": ([GRID, ()], torch.mul),
    "Mul with itself": ([GRID], lambda x: x * x),
    "Mul over two axes": ([(2, 1, 3), (2, 4, 1)], torch.mul),
    "Div": ([GRID, (4,)], torch.div, True),
    "MatMul": ([GRID, (4, 5)], torch.matmul),
    "MatMul of batches by one matrix": ([(2, 3, 4), (4, 5)], torch.matmul),
    "MatMul of repeated batches": ([(2, 1, 3, 4), (1, 3, 4, 5)], torch.matmul),
    "FusedMatMul": ([GRID, (4, 5)], lambda a, b: 0.7 * (a @ b)),
    "FusedMatMul, a turned": ([(2, 4, 3), (2, 4, 5)], lambda a, b: 0.7 * (a.mT @ b)),
    "FusedMatMul, b turned": ([(2, 3, 4), (2, 5, 4)], lambda a, b: 0.7 * (a @ b.mT)),
    "FusedMatMul, both turned": ([(4, 3), (5, 4)], lambda a, b: 0.7 * (a.mT @ b.mT)),
    "Gemm": ([GRID, (4, 5), (5,)], lambda a, b, c: a @ b + c),
    "Gemm, b turned, no bias": ([GRID, (5, 4)], lambda a, b: a @ b.mT),
    "Gemm, a turned": ([(4, 3), (4, 5), (5,)], lambda a, b, c: a.mT @ b + c),
    "LayerNormalization": ([(3, 8), (8,), (8,)], lambda x, w, b: F.layer_norm(x, (8,), w, b, eps=1e-3)),
    "RMSNormalization": ([(3, 8), (8,)], rms),
    "Reshape": ([GRID], lambda x: x.reshape(2, -1)),
    "Expand": ([(3, 1)], lambda x: x.expand(2, 3, 4)),
    "Unsqueeze": ([GRID], lambda x: x[None, ..., None]),
    "Squeeze": ([(3, 1, 4)], lambda x: x.squeeze(1)),
    "Transpose": ([(2, 3, 4)], lambda x: x.permute(2, 0, 1)),
    "Concat": ([(2, 3), (2, 1)], lambda a, b: torch.cat([a, b], dim=-1)),
    "Split": ([(2, 6)], split),
    "ReduceSum, axes gone": ([(2, 3, 4)], lambda x: x.sum((-1, 0))),
    "ReduceSum, axes kept": ([(2, 3, 4)], lambda x: x.sum(1, keepdim=True)),
    "ReduceMean": ([(2, 3, 4)], lambda x: x.mean(1)),
    "Gather of rows, some twice": ([GRID], lambda x: x[torch.tensor([[2, 0], [2, 2]])]),
    "Gather of columns": ([GRID], lambda x: x[:, torch.tensor([1, 3, 1])]),
    "GatherElements": ([GRID], elements),
    "RotaryEmbedding": ([(2, 3, 8)], rotary),
    "Conv": ([(2, 3, 6, 6), (4, 3, 3, 3), (4,)], conv(1, 1)),
    "Conv with strides": ([(2, 3, 6, 6), (4, 3, 4, 4), (4,)], conv(2, 1)),
    "Conv whose stride leaves pixels out": ([(1, 2, 6, 6), (3, 2, 3, 3), (3,)], conv(2, 1)),
    "Conv 1 x 1": ([(2, 3, 4, 4), (4, 3, 1, 1), (4,)], conv(1, 0)),
    "ConvTranspose": (
        [(2, 3, 4, 4), (3, 2, 4, 4), (2,)],
        lambda x, w, b: F.conv_transpose2d(x, w, b, stride=2, padding=1),
    ),
}


def gradients(shapes, compute, positive=False):
    inputs = [numbers(shape, index + 1, positive).requires_grad_() for index, shape in enumerate(shapes)]
    flat = compute(*inputs).reshape(-1)
    (flat * numbers(flat.shape, 99)).sum().backward()
    return [[float(f"{value:.8g}") for value in x.grad.reshape(-1).tolist()] for x in inputs]


def main() -> None:
    OUT.parent.mkdir(exist_ok=True)
    lines = [f"{json.dumps(name)}: {json.dumps(gradients(*case))}" for name, case in CASES.items()]
    OUT.write_text("{\n" + ",\n".join(lines) + "\n}\n")


if __name__ == "__main__":
    main()
