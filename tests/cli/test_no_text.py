import pytest

from kbert import InputError
from kbert.cli.no_text import check_is_no_text


@pytest.mark.parametrize("text", ["a fine film", "Is it? It costs 3.50", "很好 的 电影"])
def test_the_error_shows_how_to_pass_a_text(text, tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    with pytest.raises(InputError, match="There is no file '") as refused:
        check_is_no_text("runs/a", text)
    assert f"for one text: echo '{text}' | " in str(refused.value)


def test_possible_file_names_are_not_refused(tmp_path, monkeypatch):
    monkeypatch.chdir(tmp_path)
    (tmp_path / "my texts").write_text("fine")
    for data in ("-", "texts", "my texts", "my file.csv", "my file.csv.gz", "my data/*", "a b/c"):
        check_is_no_text("runs/a", data)
