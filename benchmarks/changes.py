"""What each technique brings: kbert's training speed with one switched off at a time.

    python -m benchmarks.changes [--before DIR]

As in `python -m benchmarks.training_table`, MiniLM is fine-tuned on film reviews, each time in a
separate process. Each of the `--rounds` rounds trains once with all techniques on and once with
each one off; the ratio is the median over the rounds. Techniques that a backend does not have are
left out. The ratios do not multiply: with one technique off, another has more or less to do. DIR is
a checkout of an earlier version of this repository, whose own kbert and benchmark run in the same
rounds.
"""

import argparse
import json
import statistics
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

from benchmarks.sides import BACKENDS, in_a_process, print_tables
from benchmarks.techniques import TECHNIQUES
from benchmarks.training_speed import BATCH, MAX_LENGTHS, kbert_speed, read_rows, set_precision
from benchmarks.training_table import PRECISIONS

_BASE = "none"


def name_of(checkout: Path) -> str:
    """Return the version of a checkout, and its commit."""
    project = tomllib.loads((checkout / "pyproject.toml").read_text(encoding="utf-8"))["project"]
    told = subprocess.run(
        ["git", "-C", str(checkout), "log", "-1", "--format=%h of %cs"],
        capture_output=True,
        text=True,
        check=False,
    )
    commit = f", {told.stdout.strip()}" if not told.returncode and _is_root(checkout) else ""
    return f"kbert {project['version']}{commit}"


def _is_root(folder: Path) -> bool:
    """Return whether a folder is a checkout itself, and not just inside of one."""
    return (folder / ".git").exists()


def in_turns(
    options: argparse.Namespace, data: str, precision: str, backend: str
) -> dict[str, list[Any]]:
    """Return the measurements of each technique that the backend has, round by round."""
    flags = ("--rows", options.rows, "--data", data, "--precision", precision)
    measured: dict[str, list[Any]] = {}

    def note(name: str, found: Any) -> None:
        measured.setdefault(name, []).append(found)
        print(f"{data}, {backend}, {precision}, {name}: {found}", file=sys.stderr, flush=True)

    for _ in range(options.rounds):
        note(_BASE, in_a_process("changes", backend, "--off", _BASE, *flags))
        for name in options.techniques:
            if TECHNIQUES[name].exists(backend, measured[_BASE][0]["packed"]):
                note(name, in_a_process("changes", backend, "--off", name, *flags))
        for checkout in options.before:
            if knows_data(checkout):
                old = flags
            elif data == "rotten_tomatoes":
                old = tuple(f for f in flags if f not in ("--data", data))
            else:
                continue
            old = ("--side", "kbert", *old)
            found = in_a_process("training_speed", backend, *old, checkout=checkout.resolve())
            note(str(checkout), found)
    return measured


def knows_data(checkout: Path) -> bool:
    """Return whether a checkout's benchmark takes `--data`; kbert 0.1's has only one data set."""
    code = (checkout / "benchmarks" / "training_speed.py").read_text(encoding="utf-8")
    return '"--data"' in code


def table(options: argparse.Namespace, data: str, precision: str) -> Iterator[str]:
    """Return the lines of the table of one data set in one precision."""
    yield f"### {data}, at most {MAX_LENGTHS[data]} tokens, {precision}\n"
    yield "| backend | switched off | examples/s | with it / without it | tokens real |"
    yield "|---|---|---|---|---|"
    names = {_BASE: "nothing", **{name: t.name for name, t in TECHNIQUES.items()}}
    names |= {str(checkout): name_of(checkout) for checkout in options.before}
    for backend in options.backends:
        measured = in_turns(options, data, precision, backend)
        base = [found["speed"] for found in measured[_BASE]]
        for name, each in measured.items():
            speeds = [found["speed"] for found in each]
            ratio = statistics.median(b / speed for b, speed in zip(base, speeds, strict=True))
            listed = ", ".join(f"{speed:.1f}" for speed in speeds)
            yield (
                f"| {backend} | {names[name]} | {statistics.median(speeds):.1f} ({listed}) | "
                f"{'' if name == _BASE else f'{ratio:.2f}'} | {each[-1]['real_tokens']:.0%} |"
            )
    yield ""


def main() -> None:
    """Print the tables, or measure one technique in this process."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("--rows", type=int, default=960)
    parser.add_argument("--rounds", type=int, default=2)
    parser.add_argument("--data", nargs="+", choices=MAX_LENGTHS, default=["rotten_tomatoes"])
    parser.add_argument("--precisions", nargs="+", choices=PRECISIONS, default=PRECISIONS)
    parser.add_argument("--backends", nargs="+", choices=BACKENDS, default=BACKENDS)
    parser.add_argument("--techniques", nargs="+", choices=TECHNIQUES, default=list(TECHNIQUES))
    parser.add_argument("--before", type=Path, nargs="+", default=[], metavar="DIR")
    parser.add_argument("--off", choices=(_BASE, *TECHNIQUES), help=argparse.SUPPRESS)
    parser.add_argument("--precision", choices=PRECISIONS, help=argparse.SUPPRESS)
    options = parser.parse_args()
    if options.off is not None:
        set_precision(options.precision)
        if options.off != _BASE:
            TECHNIQUES[options.off].switch_off()
        (data,) = options.data
        print(json.dumps(kbert_speed(*read_rows(data, options.rows), MAX_LENGTHS[data])))
        return
    print(
        f"MiniLM, {options.rows:,} rows, batch {BATCH}; median of {options.rounds} rounds; tokens "
        "real: the share of the tokens computed that are not padding.\n"
    )
    print_tables(table, options)


if __name__ == "__main__":
    main()
