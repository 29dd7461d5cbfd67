import datetime

import pyarrow as pa
import pytest

from kbert import InputError
from kbert.data.reading.arrow_table import read_arrow

TABLE = pa.table(
    {
        "text": ["a film", None, "电影"],
        "label": pa.array(["x", "y", "x"]).dictionary_encode(),
        "share": pa.array([0.1, 0.5, 1.0], pa.float32()),
        "day": [datetime.date(2026, 1, 2)] * 3,
        "vector": [[0.5], [1.5], []],
    }
)


def write(path, new=pa.ipc.new_file):
    with pa.OSFile(str(path), "wb") as file, new(file, TABLE.schema) as writer:
        writer.write_table(TABLE, max_chunksize=2)


@pytest.mark.parametrize("new", [pa.ipc.new_file, pa.ipc.new_stream])
def test_a_file_or_a_stream(new, tmp_path):
    write(tmp_path / "a.arrow", new)
    table = read_arrow(tmp_path / "a.arrow")
    assert list(table.columns) == ["text", "label", "share"]
    assert dict(table.left_out) == {"day": "values of type date32[day]", "vector": "lists"}
    rows = [(row.number, *row.cells) for row in table.rows]
    assert [row[:3] for row in rows] == [(1, "a film", "x"), (2, None, "y"), (3, "电影", "x")]
    assert str(rows[0][3]) == "0.1"


@pytest.mark.parametrize("cut", [20, 300])
def test_a_broken_file(cut, tmp_path):
    write(tmp_path / "a.arrow")
    data = (tmp_path / "a.arrow").read_bytes()
    (tmp_path / "b.arrow").write_bytes(data[:cut])
    with pytest.raises(InputError, match=r"b\.arrow is not a readable Arrow file"):
        read_arrow(tmp_path / "b.arrow")


def test_a_file_without_rows(tmp_path):
    with (
        pa.OSFile(str(tmp_path / "a.arrow"), "wb") as file,
        pa.ipc.new_file(file, TABLE.schema),
    ):
        pass
    with pytest.raises(InputError, match="contains no rows"):
        read_arrow(tmp_path / "a.arrow")
