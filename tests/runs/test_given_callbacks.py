"""The user's own callbacks: given by whoever starts a run, never by a file."""

import json
import sys
from dataclasses import replace

import pytest

from kbert import InputError, Predictor, TrainConfig, resume, train
from kbert.cli.callback_flag import from_here
from kbert.runs.given_callbacks import GivenCallbacks
from kbert.runs.run_directory import RunDirectory

pytestmark = pytest.mark.keras

MODULE = """
import keras

class Stop(keras.callbacks.EarlyStopping):
    def __init__(self):
        super().__init__(monitor="val_loss", patience=1, min_delta=10.0)

class Fails(keras.callbacks.Callback):
    def on_epoch_end(self, epoch, logs=None):
        self.params["nothing"]

def fails_in_a_lambda():
    return keras.callbacks.LambdaCallback(on_epoch_end=lambda epoch, logs: 1 / 0)

def plateau():
    return keras.callbacks.ReduceLROnPlateau()

class Needs(keras.callbacks.Callback):
    def __init__(self, value):
        super().__init__()

def wrong():
    return 3

class Holder:
    class Inside(keras.callbacks.Callback):
        pass

number = 3
"""


@pytest.fixture(scope="module")
def config(reviews, tiny_preset):
    return TrainConfig(
        data=str(reviews),
        preset=str(tiny_preset),
        weights="random",
        max_length=8,
        epochs=3,
        batch_size=32,
        dev_proportion=0.2,
        baseline="none",
        report=False,
        allow=("too-few-updates",),
    )


@pytest.fixture(autouse=True)
def folder(tmp_path, monkeypatch):
    (tmp_path / "of_mine.py").write_text(MODULE)
    (tmp_path / "exits.py").write_text("raise SystemExit(3)")
    (tmp_path / "broken.py").write_text("import no_such_thing")
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(sys, "path", [*sys.path])
    from_here(["a callback"])
    yield tmp_path
    for name in ("of_mine", "exits", "broken"):
        sys.modules.pop(name, None)


@pytest.mark.any_backend
def test_a_callback_can_stop_a_run_by_the_usual_metric_names(config):
    run = train(replace(config, output="a"), callbacks=["of_mine:Stop"], verbose=0)
    assert run.record["status"] == "finished"
    assert len(json.loads((run.path / "evaluations.json").read_text())["epochs"]) == 2
    assert run.record["callbacks"] == ["of_mine:Stop"]
    assert "of_mine" not in (run.path / "config.toml").read_text()


@pytest.mark.any_backend  # refused before the backend computes
@pytest.mark.parametrize(
    ("name", "told"),
    [
        ("of_mine", "named as in `callbacks`".replace("`callbacks`", 'callbacks=("package')),
        ("of_mine:", "named as in"),
        ("../of_mine:Stop", "named as in"),
        ("no_such_module:Stop", "there is no module no_such_module"),
        ("of_mine.deeper:Stop", "there is no module of_mine.deeper"),
        ("broken:Stop", "the module broken cannot be imported: ModuleNotFoundError"),
        ("exits:Stop", "the module exits cannot be imported: SystemExit: 3"),
        ("of_mine:Absent", "of_mine has no Absent. Cure: it has Fails, Needs, Stop"),
        ("of_mine:Stopp", 'Cure: callbacks=("of_mine:Stop",)'),
        ("of_mine:FAILS", 'Cure: callbacks=("of_mine:Fails",)'),
        ("of_mine:Holder.Inner", "Cure: it has Holder.Inside"),
        ("json:Nope", "Cure: name a subclass of keras.callbacks.Callback, or a function without"),
        ("of_mine:number", "Received: int. Cure: name a subclass of keras.callbacks.Callback"),
        (
            "of_mine:wrong",
            "not a keras.callbacks.Callback. Cure: name a subclass",
        ),
        ("of_mine:Needs", "raised TypeError"),
    ],
)
def test_an_invalid_callback_is_refused_before_a_folder_exists(config, name, told):
    with pytest.raises(InputError) as refused:
        train(replace(config, output="a"), callbacks=[name], verbose=0)
    assert told in str(refused.value)
    assert not RunDirectory("a").path.exists()


@pytest.mark.parametrize(
    "name",
    ["of_mine:Fails", pytest.param("of_mine:fails_in_a_lambda", marks=pytest.mark.any_backend)],
)
def test_a_callback_that_raises_is_named_and_the_last_checkpoint_kept(config, name):
    config = replace(config, output="a", checkpoint_steps=1)
    with pytest.raises(InputError, match="^The callback .* raised (KeyError|ZeroDivis)") as raised:
        train(config, callbacks=[name], verbose=0)
    assert "resumes from the last checkpoint" in str(raised.value)
    run = RunDirectory("a")
    assert run.record["status"] == "failed"
    resume(run.path, verbose=0)
    assert run.record["status"] == "finished"


def test_a_callback_that_cannot_work_is_refused_before_the_first_step(config):
    with pytest.raises(InputError, match="sets the learning rate") as refused:
        train(replace(config, output="a"), callbacks=["of_mine:plateau"], verbose=0)
    assert "The callback" not in str(refused.value)
    assert not (RunDirectory("a").path / "learning_rate.csv").exists()


@pytest.mark.any_backend  # only objects, no backend is used
def test_each_fit_has_callbacks_of_its_own(config):
    import keras

    one = keras.callbacks.TerminateOnNaN()
    given = GivenCallbacks(["of_mine:Holder.Inside", keras.callbacks.History, one])
    assert given.names[0] == "of_mine:Holder.Inside"
    first, second = given.take(), given.take()
    assert first[0] is not second[0]
    assert first[2] is second[2] is one
    assert not GivenCallbacks([])


@pytest.mark.any_backend  # imports do not depend on the backend
def test_a_strangers_run_imports_nothing(config, folder, capsys):
    (folder / "evil.py").write_text("open('imported', 'w').close()\nimport of_mine\n")
    run = train(replace(config, output="a"), verbose=0)
    record = {**run.record, "status": "stopped", "callbacks": ["evil:Stop", 3]}
    run.update(**record, resumed=[{"callbacks": ["evil:Stop"]}])
    (folder / "b.toml").write_text('data = "x.csv"\ncallbacks = ["evil:Stop"]\n')
    with pytest.raises(InputError, match="there is no setting 'callbacks'"):
        TrainConfig.from_toml("b.toml")
    resume(run.path, epochs=4)
    told = " ".join(capsys.readouterr().out.split())
    assert "callback-missing" in told
    assert "continues without them: 'evil:Stop', '3'." in told
    (resumed,) = [one for one in run.record["resumed"] if "from" in one]
    assert "callback-missing" in [finding["code"] for finding in resumed["findings"]]
    Predictor.load(run.path).predict(["A text."])
    assert not (folder / "imported").exists()
    assert "evil" not in sys.modules


@pytest.mark.any_backend
def test_a_callback_that_is_given_again_is_not_missing(config, capsys):
    run = train(replace(config, output="a", epochs=2), callbacks=["of_mine:Holder.Inside"])
    resume(run.path, epochs=3, callbacks=["of_mine:Holder.Inside"])
    assert "callback-missing" not in capsys.readouterr().out
    assert run.record["resumed"][-1]["callbacks"] == ["of_mine:Holder.Inside"]
