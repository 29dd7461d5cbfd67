from pathlib import Path

from kbert.interop.near_paths import modified, near_paths


def test_enclosing_paths_come_first_then_similar_then_newest(tmp_path):
    for name in ("first/films-1", "first/zebra", "second/films-2"):
        (tmp_path / name / "mark").mkdir(parents=True)

    def found(path, *, similar=False):
        folders = [[tmp_path / "missing", tmp_path / "first"], [tmp_path / "second"]]
        is_one = lambda one: (one / "mark").is_dir()  # noqa: E731
        paths = near_paths(
            tmp_path / path, folders, is_one, lambda place: place[-1:], most=2, similar=similar
        )
        return [str(one.relative_to(tmp_path)) for one in paths]

    assert found("first/zebra/model") == ["first/zebra"]
    assert found("films-2") == ["second/films-2", "first/films-1"]
    assert found("nothing") == ["first/zebra"]
    assert found("nothing", similar=True) == []


def test_a_missing_file_counts_as_the_oldest():
    assert modified(Path("nothing")) == 0
