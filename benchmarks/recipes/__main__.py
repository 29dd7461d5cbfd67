"""Make the runs that are missing, and write docs/recipes.md.

    python -m benchmarks.recipes --data FOLDER --peers PYTHON [--jobs N] [--minutes M]

FOLDER has the data sets, in folders named as by their publishers: glue/CoLA, glue/MRPC, trec,
banking77, chnsenticorp. PYTHON is the interpreter of an environment with transformers, accelerate
and setfit. Each run is a line of benchmarks/results/recipes.jsonl. A run that is there is not
repeated unless its files have changed, so the program can be stopped at any time. Runs made at the
same time share the cores. `--table` only writes the document.
"""

import argparse
import os
import sys
import time
from concurrent.futures import FIRST_COMPLETED, Future, ThreadPoolExecutor, wait
from functools import cached_property
from pathlib import Path

from benchmarks.recipes.curve import IMAGES, draw, few_points, points
from benchmarks.recipes.document import FILE, document
from benchmarks.recipes.plan import STAGES, Rows, digests, hours, missing, planned, survivors
from benchmarks.recipes.results import Result, add_result, read_results
from benchmarks.recipes.runs import Failed, Run, measure
from benchmarks.recipes.settings import MAIN, RECIPES
from benchmarks.recipes.tables import Scores


def main() -> None:
    """Make the missing runs, as long as there is time, and write the document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--data", type=Path, help="folder of the data sets")
    parser.add_argument("--peers", type=Path, help="Python of the other tools")
    parser.add_argument("--table", action="store_true", help="make no run")
    parser.add_argument("--stages", nargs="+", choices=STAGES, default=STAGES)
    parser.add_argument("--seeds", type=int, help="of each stage the first so many alone")
    parser.add_argument("--jobs", type=int, default=1, help="runs at once, which share the cores")
    parser.add_argument("--minutes", type=float, default=float("inf"), help="begin no run later")
    options = parser.parse_args()
    if not options.table:
        if options.data is None or options.peers is None:
            parser.error("name --data and --peers; or --table")
        _Maker(options).make()
    found = read_results()
    FILE.write_text(document(found), encoding="utf-8")
    at = points(Scores(found), (*MAIN, *RECIPES, *survivors(found)))
    if len(at) > 1:
        draw(at, "processor time, relative to the Trainer's", IMAGES / "recipes.svg")
    few = few_points(Scores(found))
    if len(few) > 1:
        draw(few, "processor minutes of a run", IMAGES / "few-rows.svg")
    print(f"{FILE} is written.", file=sys.stderr)


class _Maker:
    """Makes the runs of the stages, several at once."""

    def __init__(self, options: argparse.Namespace) -> None:
        self._options = options
        self._data, self._peers = options.data.resolve(), options.peers.absolute()
        self._end = time.monotonic() + 60 * options.minutes
        self._threads = max(1, (os.cpu_count() or 1) // options.jobs)
        self._begun: dict[Future[Result], Run] = {}

    def make(self) -> None:
        """Make the runs stage by stage: the results of earlier stages decide on later ones."""
        with ThreadPoolExecutor(self._options.jobs) as pool:
            for stage in self._options.stages:
                self._tell(stage)
                while runs := self._left(stage):
                    while len(self._begun) < self._options.jobs and runs and self._has_time():
                        run = runs.pop(0)
                        self._begun[pool.submit(self._measure, run)] = run
                    if not self._begun:
                        return
                    self._take(stage)
                while self._begun:
                    self._take(stage)

    def _measure(self, run: Run) -> Result:
        return measure(run, self._data, self._peers, self._threads)

    def _has_time(self) -> bool:
        return time.monotonic() < self._end

    def _take(self, stage: str) -> None:
        """Wait for a run, and add its result."""
        done, _ = wait(self._begun, return_when=FIRST_COMPLETED)
        for one in done:
            run = self._begun.pop(one)
            try:
                result = one.result()
            except Failed as error:
                sys.exit(f"{run}: {error}")
            add_result(result)
            print(f"{run}: {result.score():.4f} in {result.seconds:.0f} s.")
            self._tell(stage)

    def _tell(self, stage: str) -> None:
        """Print how many runs of a stage are left, and for how long."""
        left = self._left(stage)
        known = hours(left, read_results(), self._options.jobs)
        time_left = "" if known is None else f", about {known:.1f} hours"
        print(f"{stage}: {len(left)} runs left{time_left}.", flush=True)

    def _left(self, stage: str) -> list[Run]:
        """Return the runs of a stage that have neither been made nor begun."""
        found = read_results()
        runs = missing(planned(stage, found), found, self._digests)
        begun = self._begun.values()
        seeds = self._options.seeds
        return [run for run in runs if run not in begun and (seeds is None or run.seed < seeds)]

    @cached_property
    def _digests(self) -> dict[Rows, str]:
        return digests((run for stage in STAGES for run in planned(stage, [])), self._data)


if __name__ == "__main__":
    main()
