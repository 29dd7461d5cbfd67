import pytest
from fake_tracker import FakeTracker

from kbert import AdamW, EpochEvaluation, Examples, InputError, LearningRateLogger, RunTracker
from kbert.trackers import find_trackers

pytestmark = pytest.mark.keras


@pytest.fixture(autouse=True)
def _fake(monkeypatch):
    monkeypatch.setattr(FakeTracker, "runs", {})
    monkeypatch.setattr(FakeTracker, "fails_in", "")
    monkeypatch.setitem(find_trackers._TRACKERS, "mlflow", FakeTracker)


def batches_of(model, sentences):
    texts, labels = sentences
    examples = Examples(texts, None, model.labels.encode(labels), model.labels)
    return [model.batches(part) for part in examples.split(dev=0.3, seed=0)]


@pytest.mark.any_backend  # it reads files
def test_a_fit_is_tracked_step_by_step(tiny_model, sentences, tmp_path):
    model = tiny_model()
    model.compile(optimizer=AdamW(learning_rate=1e-4))
    batches, dev = batches_of(model, sentences)
    folder = tmp_path / "a"
    callbacks = [
        LearningRateLogger(folder / "learning_rate.csv"),
        EpochEvaluation(dev=dev, folder=folder, verbose=0),
        RunTracker(folder, "mlflow", settings={"batch_size": 32}),
    ]
    steps = len(batches)
    history = model.fit(batches, epochs=2, verbose=0, callbacks=callbacks).history
    (kept,) = FakeTracker.runs.values()
    assert list(kept["steps"]) == list(range(2 * steps + 1))
    assert kept["steps"][steps]["dev/loss"] == pytest.approx(history["dev_loss"][0])
    assert kept["run"].name == "a"
    assert kept["run"].settings == {"batch_size": 32}
    evaluated = [step for step, values in kept["steps"].items() if "dev/loss" in values]
    assert evaluated == [steps, 2 * steps]
    assert [end.status for end, _ in kept["ends"]] == ["finished"]


@pytest.mark.any_backend
def test_an_unknown_tracker_is_refused(tmp_path):
    with pytest.raises(InputError, match='report_to="wandb"'):
        RunTracker(tmp_path, "wandv")


@pytest.mark.any_backend
def test_trackers_are_closed_after_a_failed_fit(tiny_model, sentences, tmp_path):
    import keras

    def fail(batch, logs):
        raise RuntimeError("the fit has failed")

    model = tiny_model()
    model.compile(optimizer=AdamW(learning_rate=1e-4))
    tracker = RunTracker(tmp_path, "mlflow")
    failing = keras.callbacks.LambdaCallback(on_train_batch_end=fail)
    with pytest.raises(RuntimeError):
        model.fit(batches_of(model, sentences)[0], verbose=0, callbacks=[tracker, failing])
    tracker.close()
    (kept,) = FakeTracker.runs.values()
    assert [end.status for end, _ in kept["ends"]] == ["failed"]


@pytest.mark.any_backend  # who writes does not depend on it
def test_only_the_first_of_several_processes_writes(tiny_model, sentences, tmp_path, monkeypatch):
    monkeypatch.setattr("kbert.backend.processes.process_index", lambda: 1)
    model = tiny_model()
    model.compile(optimizer=AdamW(learning_rate=1e-4))
    batches, dev = batches_of(model, sentences)
    evaluation = EpochEvaluation(dev=dev, folder=tmp_path, model_folder=tmp_path / "m", verbose=0)
    callbacks = [
        LearningRateLogger(tmp_path / "learning_rate.csv"),
        evaluation,
        RunTracker(tmp_path, "mlflow"),
    ]
    model.fit(batches, verbose=0, callbacks=callbacks)
    assert len(evaluation.evaluations) == 1  # it still takes part in the computation
    assert not list(tmp_path.iterdir())
    assert not FakeTracker.runs
