"""The machine's own matrix product at the sizes of MiniLM's layers: the limit of a training step.

Prints a line of JSON: floating-point operations per second, in float32 and in bfloat16.
"""

import json
import time

import torch

ROWS, HIDDEN, INNER = 1024, 384, 1536  # a batch of 32 texts of 32 tokens, in the feed-forward block
TURNS = 30


def operations_a_second(dtype: torch.dtype) -> float:
    """Return the speed of the two products of the block, the median of 30 turns."""
    device = "cuda" if torch.cuda.is_available() else "cpu"
    rows, up, down = (
        torch.randn(shape, dtype=dtype, device=device)
        for shape in ((ROWS, HIDDEN), (HIDDEN, INNER), (INNER, HIDDEN))
    )
    seconds = []
    for _ in range(TURNS):
        started = time.perf_counter()
        for _ in range(5):
            (rows @ up) @ down
        if device == "cuda":
            torch.cuda.synchronize()
        seconds.append(time.perf_counter() - started)
    return 5 * 2 * 2 * ROWS * HIDDEN * INNER / sorted(seconds)[TURNS // 2]


if __name__ == "__main__":
    print(
        json.dumps(
            {
                "float32": operations_a_second(torch.float32),
                "bfloat16": operations_a_second(torch.bfloat16),
            }
        )
    )
