"""Kill every verb before each change to a directory, run the next command, compare the results.

    python -m tools.ended_runs --verb train resume --backend torch --state ends

Each command runs in a process forked from one that has imported everything, and is killed by
SIGKILL before its first change to a file or folder, before its second, and so on. What it leaves is
then handled as a user would: the command is run again, or the run resumed, or the cure named by a
refusal followed. In the end, everything is as if nothing had been killed, without leftovers, and
what the command reads is untouched. `--kills` adds kills at random moments. The exit status is 1 if
anything is wrong; the printed folder then holds what was left. With the same `--state`, the next
call resumes where this one stopped.
"""

import argparse
import os
import shutil
import sys
import tempfile
import time
from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from tools.ended_runs.cases import CASES, VERBS
from tools.ended_runs.judge import KINDS, WRONG, Outcome
from tools.ended_runs.trials import Trials
from tools.kill_runs import load


def try_all(all_trials: Sequence[Trials], every: int, kills: int, until: float) -> None:
    """Try the ends of each command, then kills of all commands in turn, until a deadline."""
    tries = [
        (trials.case.name, trials.end_before, change)
        for trials in all_trials
        for change in _changes(trials, every)
    ]
    for number in range(kills):
        trials = all_trials[number % len(all_trials)]
        tries.append((trials.case.name, trials.kill, number // len(all_trials)))
    for name, one_try, number in tries:
        if time.monotonic() > until:
            return
        kind, told = one_try(number)
        if kind == WRONG:
            print(f"{name}: {told}", flush=True)


def _changes(trials: Trials, every: int) -> range:
    """Return the changes to try: at least two if there are few, and none if `every` is 0."""
    count = len(trials.usual.changes)
    return range(0, count if every else 0, max(1, min(every, count // 2)))


def show(title: str, all_trials: Sequence[Trials], outcomes: Sequence[dict[str, Outcome]]) -> None:
    """Print how often each command has each outcome."""
    print(f"{title:<22}{'changes':>8}{'tried':>7}" + "".join(f"{kind:>16}" for kind in KINDS))
    total: Counter[str] = Counter()
    for trials, tried in zip(all_trials, outcomes, strict=True):
        counts = Counter(kind for kind, _ in tried.values())
        total += counts
        row = f"{trials.case.name:<22}{len(trials.usual.changes):>8}{len(tried):>7}"
        print(row + "".join(f"{counts[kind]:>16}" for kind in KINDS))
    row = f"{'all':<22}{'':>8}{total.total():>7}"
    print(row + "".join(f"{total[kind]:>16}" for kind in KINDS))


def main() -> None:
    """Parse the arguments, try the ends, and print the tables."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--verb", nargs="+", default=["all"], choices=(*VERBS, "all"))
    parser.add_argument("--only", nargs="+", default=[], help='of these only: "export keras"')
    parser.add_argument("--backend", default="torch", choices=("torch", "tensorflow", "jax"))
    parser.add_argument(
        "--every", type=int, default=1, help="of so many changes try one; 0: of none"
    )
    parser.add_argument("--kills", type=int, default=0, help="at random moments, in all")
    parser.add_argument("--state", type=Path, help="folder; by default a temporary one")
    parser.add_argument("--minutes", type=float, default=1e6, help="after which to stop")
    options = parser.parse_args()
    cases = [
        case
        for case in CASES
        if {case.verb, "all"} & set(options.verb)
        and (not options.only or case.name in options.only)
    ]
    state = (options.state or Path(tempfile.mkdtemp(prefix="ended-runs-"))).resolve()
    os.environ["OMP_NUM_THREADS"] = "1"
    os.environ["JAX_COMPILATION_CACHE_DIR"] = str(state / "compiled")
    os.environ["JAX_PERSISTENT_CACHE_MIN_COMPILE_TIME_SECS"] = "0"
    os.environ["JAX_PERSISTENT_CACHE_MIN_ENTRY_SIZE_BYTES"] = "-1"
    if options.backend == "torch" and not any(case.verb == "export" for case in cases):
        sys.modules |= {"tensorflow": None, "jax": None}  # keras-hub takes long to import them
    until = time.monotonic() + 60 * options.minutes
    load(options.backend)
    all_trials = [Trials(case, state / options.backend) for case in cases]
    try_all(all_trials, options.every, options.kills, until)
    ends = [trials.ends for trials in all_trials]
    show("ends", all_trials, ends)
    kills = [trials.kills for trials in all_trials]
    if any(kills):
        print()
        show("kills", all_trials, kills)
    outcomes = [outcome for tried in (*ends, *kills) for outcome in tried.values()]
    wrong = any(kind == WRONG for kind, _ in outcomes)
    if options.state is None and not wrong:
        shutil.rmtree(state)
    sys.exit(1 if wrong else 0)


if __name__ == "__main__":
    main()
