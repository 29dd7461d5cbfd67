"""Texts per second of transformers: its pipeline, and a loop that a careful user would write.

It runs in its own environment, without kbert, and prints a line of JSON. The loop sorts the texts
by length, pads each batch to its longest text, and computes without gradients. Each is tried with
several batch sizes and both attention implementations, and then measured again with the best ones:
the best of many measurements would also reflect luck.
"""

import argparse
import json
import time
from collections.abc import Callable, Iterator
from pathlib import Path

import torch
from transformers import AutoModelForSequenceClassification, AutoTokenizer, pipeline

BATCH_SIZES = (8, 16, 32, 64)


def loop(model: torch.nn.Module, tokenizer, texts: list[str], size: int, max_length: int) -> None:
    """Predict all texts, sorted by length."""
    encoded = tokenizer(texts, truncation=True, max_length=max_length)
    order = sorted(range(len(texts)), key=lambda i: -len(encoded["input_ids"][i]))
    shares = torch.empty(len(texts), model.config.num_labels)
    with torch.inference_mode():
        for start in range(0, len(texts), size):
            rows = order[start : start + size]
            batch = {name: [ids[i] for i in rows] for name, ids in encoded.items()}
            padded = tokenizer.pad(batch, return_tensors="pt").to(model.device)
            shares[rows] = model(**padded).logits.float().softmax(-1).cpu()


def timed(predict: Callable[[], object], texts: int) -> float:
    """Return the texts per second of a call."""
    started = time.perf_counter()
    predict()
    return texts / (time.perf_counter() - started)


def sides(options: argparse.Namespace, texts: list[str]) -> Iterator[tuple[str, int, Callable]]:
    """Yield what is measured: the side, the batch size, and a function that predicts."""
    tokenizer = AutoTokenizer.from_pretrained(options.model)
    cut = {"truncation": True, "max_length": options.max_length}
    for attention in ("eager", "sdpa"):
        model = AutoModelForSequenceClassification.from_pretrained(
            options.model, num_labels=2, attn_implementation=attention, dtype=torch.float32
        ).eval()
        if torch.cuda.is_available():
            model.cuda()
        classify = pipeline("text-classification", model=model, tokenizer=tokenizer, top_k=None)
        for size in BATCH_SIZES:
            yield (
                "pipeline",
                size,
                lambda size=size, classify=classify: classify(texts, batch_size=size, **cut),
            )
            yield (
                "loop sorted by length",
                size,
                lambda size=size, model=model: loop(
                    model, tokenizer, texts, size, options.max_length
                ),
            )


def main() -> None:
    """Predict, and print the texts per second of each side at its best."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--model", required=True, help="folder of the weights and the tokenizer")
    parser.add_argument("--data", type=Path, required=True, help="JSON Lines of text")
    parser.add_argument("--max-length", type=int, required=True)
    options = parser.parse_args()
    lines = options.data.read_text(encoding="utf-8").splitlines()
    texts = [json.loads(line)["text"] for line in lines]
    tried: dict[str, list[tuple[float, int, Callable]]] = {}
    for side, size, predict in sides(options, texts):
        tried.setdefault(side, []).append((timed(predict, len(texts)), size, predict))
    best = {side: max(each, key=lambda one: one[0]) for side, each in tried.items()}
    print(
        json.dumps(
            {s: (timed(predict, len(texts)), size) for s, (_, size, predict) in best.items()}
        )
    )


if __name__ == "__main__":
    main()
