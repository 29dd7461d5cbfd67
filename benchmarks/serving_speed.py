"""Texts per second of a run and of its exports, which take turns in one process.

    python -m benchmarks.serving_speed RUN EXPORT [EXPORT ...]

EXPORT is an onnx, openvino or litert export. Ratios are relative to the first path.
"""

import argparse
import statistics
import time
from pathlib import Path

from kbert import Predictor
from kbert.cli.demo_data import read_movie_reviews


def main() -> None:
    """Print the table."""
    parser = argparse.ArgumentParser(description=__doc__.splitlines()[0])
    parser.add_argument("paths", nargs="+", type=Path)
    parser.add_argument("--rows", type=int, default=640)
    parser.add_argument("--turns", type=int, default=5)
    arguments = parser.parse_args()
    texts = read_movie_reviews("rotten_tomatoes")["text"].to_pylist()[:: 8530 // arguments.rows]
    texts = texts[: arguments.rows]
    predictors = {path: Predictor.load(path) for path in arguments.paths}
    seconds: dict[tuple[Path, bool], list[float]] = {}
    for turn in range(arguments.turns + 1):
        for path, predictor in predictors.items():
            for alone in (False, True):
                asked = texts[:50] if alone else texts
                started = time.perf_counter()
                predictor.predict_proba(asked, batch_size=1 if alone else 32)
                if turn:  # in the first turn, runtimes prepare for each width
                    each = (time.perf_counter() - started) / len(asked)
                    seconds.setdefault((path, alone), []).append(each)
    print(
        f"{len(texts)} film reviews; texts/s in batches of 32 (ratio); ms per single text (ratio)"
    )
    first = next(iter(predictors))
    for path in predictors:
        batched, single = (statistics.median(seconds[path, alone]) for alone in (False, True))
        of_first = [statistics.median(seconds[first, alone]) for alone in (False, True)]
        print(
            f"{path.name:24} {1 / batched:7,.0f} ({of_first[0] / batched:4.2f})   "
            f"{1000 * single:7.1f} ({of_first[1] / single:4.2f})"
        )


if __name__ == "__main__":
    main()
