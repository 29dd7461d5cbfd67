import pytest

from kbert.cli.main import main
from kbert.cli.read_flags import check_no_standard_input
from kbert.errors import InputError


def refused(capsys, *arguments):
    with pytest.raises(SystemExit) as end:
        main(list(arguments))
    return end.value.code, capsys.readouterr().err


@pytest.mark.parametrize(
    ("arguments", "message"),
    [
        (["--epochs", "2.5"], "--epochs must be a whole number. Received: '2.5'"),
        (["--epochs", "1e3"], "--epochs must be a whole number. Received: '1e3'"),
        (["--batch-size", "32.9"], "--batch-size must be a whole number or auto. Received: '32.9'"),
        (["--batch-size", "Auto"], "--batch-size must be a whole number or auto. Received: 'Auto'"),
    ],
)
def test_a_fraction_is_never_rounded(arguments, message, capsys):
    status, told = refused(capsys, "plan", "--examples", "1000", *arguments)
    assert (status, message in told) == (2, True), told


def test_a_batch_size_may_be_a_number_or_auto(capsys):
    for value in ("16", "+16", "auto"):
        status, told = refused(capsys, "plan", "--examples", "4000", "--batch-size", value)
        assert (status, told) == (0, "")


def test_flags_override_a_settings_file(tmp_path, capsys):
    path = tmp_path / "config.toml"
    path.write_text('data = "none.csv"\nepochs = 0\n')
    status, told = refused(capsys, "train", "--config", str(path))
    assert (status, "--epochs must be a whole number, 1 or more" in told) == (2, True)
    status, told = refused(capsys, "train", "--config", str(path), "--epochs", "1")
    assert (status, "none.csv" in told, "--epochs" in told) == (2, True, False)


def test_a_mistyped_flag_is_not_taken_for_the_data(capsys):
    status, told = refused(capsys, "train", "--epochz=3", "data.csv")
    assert (status, "--epochs" in told) == (2, True), told


def test_only_predict_reads_standard_input():
    check_no_standard_input(["predict", "run", "-"])
    check_no_standard_input(["train", "data.csv", "--delimiter", "-"])
    with pytest.raises(InputError):
        check_no_standard_input(["train", "-"])
