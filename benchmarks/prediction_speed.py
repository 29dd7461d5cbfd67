"""Texts per second of `predict_proba`, compared with transformers on the same texts.

    python -m benchmarks.prediction_speed --peers PYTHON

MiniLM has a head for two classes and runs in float32; texts go in, probabilities come out. The
second of two calls is timed. Each side runs in a separate process, and the sides take turns for
`--rounds` rounds. PYTHON is the interpreter of an environment with transformers, whose sides are
measured at their best batch sizes.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from benchmarks.sides import BACKENDS, in_a_process, minilm_folder
from benchmarks.training_speed import MAX_LENGTHS, read_rows


def kbert_speed(texts: list[str], max_length: int) -> float:
    """Return kbert's texts per second."""
    from kbert import BertClassifier

    model = BertClassifier.from_preset(
        "minilm", ["negative", "positive"], max_length=max_length, pooling="cls"
    )
    model.predict_proba(texts)
    started = time.perf_counter()
    model.predict_proba(texts)
    return len(texts) / (time.perf_counter() - started)


def transformers_speeds(peers: Path, texts: list[str], max_length: int) -> dict[str, list[float]]:
    """Return the texts per second of transformers, and the best batch size of each side."""
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder, "rows.jsonl")
        path.write_text("\n".join(json.dumps({"text": text}) for text in texts), encoding="utf-8")
        script = Path(__file__).with_name("hugging_face_inference.py")
        flags = ("--model", minilm_folder(), "--data", path, "--max-length", max_length)
        done = subprocess.run(
            [*map(str, (peers, script, *flags))], capture_output=True, text=True, check=False
        )
    if done.returncode:
        sys.exit(f"transformers failed:\n{done.stderr[-3000:]}")
    return json.loads(done.stdout.splitlines()[-1])


def main() -> None:
    """Print the table, or one speed."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=960)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--data", nargs="+", choices=MAX_LENGTHS, default=["rotten_tomatoes"])
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--peers", type=Path, help="Python of the environment of transformers")
    parser.add_argument("--alone", action="store_true", help=argparse.SUPPRESS)
    options = parser.parse_args()
    for data in options.data:
        texts, length = read_rows(data, options.rows)[0], MAX_LENGTHS[data]
        if options.alone:
            print(json.dumps(kbert_speed(texts, length)))
            continue
        speeds: dict[str, list[float]] = {}
        for _ in range(options.rounds):
            if options.peers is not None:
                for side, (speed, size) in transformers_speeds(
                    options.peers, texts, length
                ).items():
                    speeds.setdefault(f"transformers, {side}", []).append(speed)
                    print(f"{data}, {side}: best in batches of {size}", file=sys.stderr)
            for backend in options.backends:
                flags = ("--alone", "--rows", options.rows, "--data", data)
                found = in_a_process("prediction_speed", backend, *flags)
                speeds.setdefault(f"kbert, {backend}", []).append(found)
        first = statistics.median(next(iter(speeds.values())))
        print(f"### {data}, at most {length} tokens, {len(texts):,} texts\n")
        print("| side | texts/s | to the first |\n|---|---|---|")
        for side, each in speeds.items():
            listed = ", ".join(f"{speed:.0f}" for speed in each)
            median = statistics.median(each)
            print(f"| {side} | {median:.0f} ({listed}) | {median / first:.2f} |")
        print()


if __name__ == "__main__":
    main()
