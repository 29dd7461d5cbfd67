"""Write docs/benchmarks.md: run the programs of its sections, and put what they print into it.

    python -m benchmarks.report [SECTION ...] [--peers PYTHON]

Without names, all sections are measured, which takes hours; with names, the others stay as they are
in the file. PYTHON is the interpreter of an environment with transformers and accelerate. `--rows`
and `--rounds` make everything smaller, for a trial with `--output`. The section "scaling" belongs
to docs/scaling.md, which is otherwise written by hand. Results that were measured earlier, or on
another machine, are read from their log:

    python -m benchmarks.report accuracy --from seeds.log
"""

import argparse
import re
import shlex
import subprocess
import sys
import tempfile
import textwrap
import time
from collections.abc import Mapping, Sequence
from functools import partial
from pathlib import Path

from benchmarks.machine import machine, versions
from benchmarks.sections import HIDDEN, PLOT, SECTIONS, Section
from benchmarks.training_speed import MAX_LENGTHS, write_rows

ROOT = Path(__file__).parents[1]
DOCUMENT = ROOT / "docs" / "benchmarks.md"
INTRODUCTION = """# Benchmarks

Each section names the commands that have measured it, the date and the machine. Sides that are
compared take turns in one run, so that other work on the machine affects all of them: the ratios
are reliable, while absolute figures depend on the machine and on its load. The texts are film
reviews, the same random choice each time.

`make bench` measures training speed again and rewrites that section;
`make bench SECTIONS="start memory"` does so for other sections, and `make bench SECTIONS=` for all
but those that need other machines. The programs are in `benchmarks/`; the first lines of each
explain how it measures."""
_ALL_ROWS = 8530
# An absolute path, of which a reader needs only the last name.
_PATH = re.compile(r"(?<![\w:/.])(?:/[\w.@+-]+)+/([\w.@+-]+)")


def without_paths(text: str) -> str:
    """Return a text in which paths of this machine are shortened to their last names."""
    return _PATH.sub(r"\1", text)


def replaced(document: str, measured: Mapping[str, str]) -> str:
    """Return a document with the measured sections replaced, and all sections in order."""
    _, *parts = re.split(r"(?m)^## ", document)
    sections = {part.partition("\n")[0].strip(): f"## {part}".strip() for part in parts}
    sections |= measured
    known = [section.heading for section in SECTIONS.values() if section.document is None]
    order = [name for name in known if name in sections]
    order += [name for name in sections if name not in known]
    return "\n\n".join([INTRODUCTION, *(sections[name] for name in order)]) + "\n"


def with_section(document: str, heading: str, text: str) -> str:
    """Return a handwritten document with one section replaced by its new measurement."""
    before, found, after = document.partition(f"\n## {heading}\n")
    if not found:
        return f"{document.rstrip()}\n\n{text}\n"
    following = after.find("\n## ")
    rest = "" if following < 0 else after[following:]
    return f"{before}\n{text}\n{rest}"


def section_text(section: Section, how: str, outputs: Sequence[str]) -> str:
    """Return the Markdown of a section."""
    wrap = partial(textwrap.fill, width=110, break_long_words=False, break_on_hyphens=False)
    parts = [f"## {section.heading}", wrap(section.compared), wrap(without_paths(how)), *outputs]
    if section.image is not None:
        parts.append(f"![{section.heading}]({section.image})")
    return without_paths("\n\n".join(parts))


def measure(section: Section, options: Mapping[str, list[str]]) -> str:
    """Run a section's programs, and return its Markdown."""
    started, outputs, commands = time.strftime("%Y-%m-%d"), [], []
    for program in section.programs:
        flags = program.flags(options)
        print(f"python -m {shlex.join(flags)}", file=sys.stderr, flush=True)
        done = subprocess.run(
            [sys.executable, "-m", *flags], cwd=ROOT, stdout=subprocess.PIPE, text=True
        )
        if done.returncode:
            sys.exit(f"python -m {shlex.join(flags)} failed.")
        outputs.append(program.text(done.stdout))
        commands.append(f"`python -m {shlex.join(program.flags(options, shown=True))}`")
    return section_text(
        section, f"{', '.join(commands)}, {started}, on {machine()}; {versions()}.", outputs
    )


def from_logs(section: Section, logs: Sequence[Path], command: str | None, where: str) -> str:
    """Return the Markdown of a section whose programs have run before."""
    reader = section.programs[0]
    outputs, dates = [], set()
    for log in logs:
        outputs.append(reader.text(log.read_text(encoding="utf-8")))
        dates.add(time.strftime("%Y-%m-%d", time.localtime(log.stat().st_mtime)))
    shown = command or f"python -m {shlex.join(reader.flags({}, shown=True))}"
    return section_text(section, f"`{shown}`, {' and '.join(sorted(dates))}, {where}.", outputs)


def main() -> None:
    """Measure the sections, or read them from logs, and write them into the document."""
    parser = argparse.ArgumentParser(
        description=__doc__, formatter_class=argparse.RawDescriptionHelpFormatter
    )
    parser.add_argument("sections", nargs="*", metavar="SECTION", help=f"{', '.join(SECTIONS)}")
    parser.add_argument("--peers", type=Path, help="Python of the environment of transformers")
    parser.add_argument("--before", type=Path, help="checkout of an earlier version, for changes")
    parser.add_argument("--csv", type=Path, help="labelled file for accuracy; else film reviews")
    for name in ("rows", "rounds"):
        parser.add_argument(f"--{name}", type=int, help="of every program that has this option")
    for name in ("data", "backends", "precisions"):
        parser.add_argument(f"--{name}", nargs="+", help="of every program that has this option")
    parser.add_argument("--from", type=Path, nargs="+", dest="logs", metavar="LOG")
    parser.add_argument("--command", help="what has printed the log, if it is not the section's")
    parser.add_argument("--machine", help="where the log was made, if not on this machine")
    parser.add_argument("--output", type=Path, default=DOCUMENT, help="default: docs/benchmarks.md")
    options = parser.parse_args()
    unknown = sorted(set(options.sections) - set(SECTIONS))
    if unknown:
        parser.error(f"unknown section: {', '.join(unknown)}. Known: {', '.join(SECTIONS)}")
    of_others = [name for name in options.sections if SECTIONS[name].document]
    if of_others and len(options.sections) > 1 and options.output != DOCUMENT:
        parser.error(f"{of_others[0]} belongs to another document: name it alone beside --output")
    names = options.sections or [n for n, section in SECTIONS.items() if not section.on_request]
    if options.logs and len(names) != 1:
        parser.error("--from belongs to one section")
    given = {name: _values(getattr(options, name)) for name in ("rows", "rounds", "data")}
    given |= {name: _values(getattr(options, name)) for name in ("backends", "precisions", *HIDDEN)}
    plot = options.output.resolve().parent / PLOT
    if "data" in names:
        plot.parent.mkdir(exist_ok=True)
    given["plot"] = [str(plot)]
    with tempfile.TemporaryDirectory() as folder:
        if "accuracy" in names and not options.logs:
            csv = options.csv or Path(folder, "rotten_tomatoes.csv")
            if options.csv is None:
                write_rows(csv, next(iter(MAX_LENGTHS)), options.rows or _ALL_ROWS)
            given["csv"] = [str(csv.resolve())]
        for name in (name for name in SECTIONS if name in names):
            section = SECTIONS[name]
            if options.logs:
                where = f"on {options.machine}" if options.machine else f"on {machine()}"
                text = from_logs(section, options.logs, options.command, f"{where}; {versions()}")
            else:
                text = measure(section, given)
            _write(options.output, section, text)


def _values(value: object) -> list[str]:
    if value is None:
        return []
    return [*map(str, value)] if isinstance(value, list) else [str(value)]


def _write(path: Path, section: Section, text: str) -> None:
    """Put a section into its document at once: those that follow take hours."""
    if section.document is not None and path == DOCUMENT:
        path = DOCUMENT.parent / section.document
    document = path.read_text(encoding="utf-8") if path.exists() else ""
    if section.document is None:
        document = replaced(document, {section.heading: text})
    else:
        document = with_section(document, section.heading, text)
    path.write_text(document, encoding="utf-8")
    print(f"{path}: {section.heading}", file=sys.stderr)


if __name__ == "__main__":
    main()
