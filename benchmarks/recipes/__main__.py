"""Make the runs that are missing, and write docs/recipes.md.

    python -m benchmarks.recipes --data FOLDER --peers PYTHON [--minutes M]

FOLDER has the data sets, in folders as their publishers name them: glue/CoLA, glue/MRPC, trec,
banking77, chnsenticorp. PYTHON is that of an environment with transformers, accelerate and setfit.
Each run is a line of benchmarks/results/recipes.jsonl; what is there is not made again, so that the
program can be ended at any time. `--table` writes the document alone.
"""

import argparse
import sys
import time
from pathlib import Path

from benchmarks.recipes.document import FILE, document
from benchmarks.recipes.plan import STAGES, hours, missing, planned
from benchmarks.recipes.results import add_result, read_results
from benchmarks.recipes.runs import measure


def main() -> None:
    """Make what is missing, as long as there is time."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--peers", type=Path, help="Python of the other tools")
    parser.add_argument("--table", action="store_true", help="make no run")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--seeds", type=int, help="of each stage the first so many alone")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no run later")
    options = parser.parse_args()
    if not options.table and (options.data is None or options.peers is None):
        parser.error("name --data and --peers; or --table")
    end = time.monotonic() + 60 * options.minutes
    for stage in () if options.table else options.stages:
        while runs := _left(stage, options.seeds):
            if time.monotonic() > end:
                break
            known = hours(runs, read_results())
            left = "" if known is None else f", about {known:.1f} hours"
            print(f"{stage}: {len(runs)} runs left{left}. {runs[0]} ...", end=" ", flush=True)
            result = measure(runs[0], options.data.resolve(), options.peers.absolute())
            add_result(result)
            print(f"{result.score():.4f} in {result.seconds:.0f} s", flush=True)
    FILE.write_text(document(read_results()), encoding="utf-8")
    print(f"{FILE} is written.", file=sys.stderr)


def _left(stage: str, seeds: int | None) -> list:
    found = read_results()
    runs = missing(planned(stage, found), found)
    return [run for run in runs if seeds is None or run.seed < seeds]


if __name__ == "__main__":
    main()
