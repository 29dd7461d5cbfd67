"""What a worker sends and logs."""

import multiprocessing
import sys
import warnings

import pytest
from serving.server.fake_server import model_of

from kbert import InputError, MachineError, UnknownTokensWarning
from kbert.config import ServeOptions
from kbert.findings import Cure, Option
from kbert.serving.server import worker
from kbert.serving.server.served_model import ServedModel
from kbert.serving.server.worker_settings import WorkerSettings


@pytest.fixture
def settings(export_folder, tmp_path):
    return WorkerSettings(export_folder, ServeOptions(threads=1), tmp_path, 1, True)


@pytest.mark.parametrize("kind", [InputError, MachineError])
def test_an_error_arrives_unchanged(kind, tmp_path):
    error = kind("{path}: {option}.", path=tmp_path, option=Option("a"), cure=Cure({"b": 1}))
    here, there = multiprocessing.Pipe()
    worker.send_over(here, "refused", error)
    event, found = there.recv()
    assert (event, type(found), str(found)) == ("refused", kind, str(error))
    worker.send_over(here, "failed", kind("{value}.", value=lambda: 1))
    event, found = there.recv()
    assert event == "failed"
    assert "lambda" in str(found)


def test_it_loads_a_model(settings):
    found = worker._load(settings)
    assert isinstance(found, ServedModel)
    assert (found.name, found.text_pairs, found.activation) == ("onnx", False, "softmax")


@pytest.mark.parametrize(
    ("raised", "kind", "told"),
    [
        (InputError("broken."), InputError, "broken."),
        (ModuleNotFoundError(name="keras"), InputError, "The package keras is not installed"),
        (MemoryError("too much"), MachineError, "onnx could not be loaded: too much."),
        (RuntimeError(), MachineError, "could not be loaded: RuntimeError."),
    ],
)
def test_loading_errors_become_a_sentence(raised, kind, told, settings, monkeypatch):
    def fail(*arguments):
        raise raised

    monkeypatch.setattr(ServedModel, "load", fail)
    found = worker._load(settings)
    assert isinstance(found, kind)
    assert told in str(found)


def test_a_model_that_computes_nan_is_not_served(settings, monkeypatch):
    import numpy as np

    from kbert import Predictor

    def compute(texts, *arguments):
        return np.full((len(texts), 2), np.nan)

    monkeypatch.setattr(Predictor, "load", lambda *a, **k: Predictor(["a", "b"], compute))
    assert "computes NaN" in str(worker._load(settings))


@pytest.mark.parametrize(("verbosity", "told"), [(1, False), (2, True)])
def test_the_log_shows_an_exception_s_message_only_if_verbose(
    verbosity, told, settings, capsys, monkeypatch
):
    one = worker._Worker.__new__(worker._Worker)
    one.settings = WorkerSettings(
        settings.model, settings.options, settings.metrics, verbosity, True
    )
    try:
        raise ValueError("a private text")
    except ValueError as error:
        one.log_error(error)
    line = capsys.readouterr().err
    assert " error: ValueError at test_worker.py:" in line
    assert ("private" in line) == told


def test_a_warning_about_unknown_tokens_quotes_no_word(capsys, monkeypatch):
    monkeypatch.setattr(warnings, "showwarning", warnings.showwarning)
    with warnings.catch_warnings():
        warnings.simplefilter("always")
        worker._log_in_lines(1)
        warnings.warn("such as 'private'", UnknownTokensWarning, stacklevel=1)
        warnings.warn("private", UserWarning, stacklevel=1)
    line = capsys.readouterr().err
    assert line.endswith(
        " error: most of the tokens of a request are [UNK]: the model does not know its texts\n"
    )
    assert line.count("\n") == 1


def test_the_limits_of_a_model():
    with pytest.raises(InputError, match="was trained on single texts"):
        model_of().check(["a"], None, None)
    with pytest.raises(InputError, match="has one segment"):
        ServedModel(model_of().predictor, "m", None, 1).check(["a"], None, None)
    assert "fastapi" in sys.modules
