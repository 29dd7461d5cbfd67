"""The results: a file with a line of JSON per run, to which missing runs are added."""

import json
from collections.abc import Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass
from pathlib import Path
from typing import Any, Self

from benchmarks.recipes.data_sets import SCORE_OF

FILE = Path(__file__).parents[1] / "results" / "recipes.jsonl"
SCORES = ("accuracy", "macro_f1", "mcc")


@dataclass(frozen=True, kw_only=True)
class Result:
    """One run.

    Args:
        data_set: str. Its name.
        rows_per_class: int or None. None if there are 1,600 training rows in all.
        data: str. The start of the SHA-256 of its files.
        tool: str. The tool that trained.
        flags: dict. Its settings.
        seed: int.
        epochs: list of dict. The scores by part ("dev", "test"), one dict per evaluation.
        seconds: float. From the start of the process to its end.
        cpu_seconds: float. CPU time on all cores, which other work on the machine affects less.
        threads: int. The number of threads that it computed with.
        machine: str.
        versions: dict of str by package.
        date: str.
    """

    data_set: str
    rows_per_class: int | None
    data: str
    tool: str
    flags: Mapping[str, Any]
    seed: int
    epochs: Sequence[Mapping[str, Mapping[str, float]]]
    seconds: float
    cpu_seconds: float
    threads: int
    machine: str
    versions: Mapping[str, str]
    date: str

    def score(self, part: str = "test", *, last: bool = False, by: str | None = None) -> float:
        """Return a score of the evaluation in which that score is best on dev.

        Args:
            part: "test" or "dev". Defaults to "test".
            last: bool. Whether to take the last evaluation instead. Defaults to False.
            by: str or None. The score. Defaults to None: the usual one of the data set.
        """
        name = by or SCORE_OF.get(self.data_set, "accuracy")
        best = max(self.epochs, key=lambda scores: scores["dev"][name])  # the first if equal
        return (self.epochs[-1] if last else best)[part][name]

    @classmethod
    def read(cls, line: str) -> Self:
        """Return the run in a line."""
        return cls(**json.loads(line))

    @property
    def line(self) -> str:
        """The run, as a line of JSON."""
        return json.dumps(asdict(self), ensure_ascii=False)


def read_results(path: Path = FILE) -> list[Result]:
    """Return the runs in a file; none if there is no file. A line that was cut off is left out."""
    return list(_whole(path)) if path.exists() else []


def add_result(result: Result, path: Path = FILE) -> None:
    """Add a run to a file."""
    path.parent.mkdir(parents=True, exist_ok=True)
    text = path.read_text(encoding="utf-8") if path.exists() else ""
    with path.open("a", encoding="utf-8") as lines:
        lines.write(("\n" if text and not text.endswith("\n") else "") + result.line + "\n")


def _whole(path: Path) -> Iterator[Result]:
    for line in path.read_text(encoding="utf-8").splitlines():
        try:
            yield Result.read(line)
        except json.JSONDecodeError:  # the process was killed while it wrote
            continue
