import pytest

from kbert import FindingsError, InputError, TrainConfig
from kbert.errors import MachineError
from kbert.findings import Call, Cure, Option
from kbert.findings.stored import stored
from kbert.runs.in_new_run import errors_in_new_run, in_new_run
from kbert.runs.judge_data import judge_data
from kbert.runs.read_sets import read_files, set_aside
from kbert.runs.recorded_split import RecordedSplit


@pytest.mark.parametrize(
    "cure",
    [
        Cure({"batch_size": 4, "epochs": 6}),
        Cure({"allow": ("data-differs",)}),
        Cure(note="fill it in", otherwise=(Cure({"checkpoint_minutes": 1.0}),)),
        Cure(call=Call("train", "a.csv", dev="b.csv")),
        Cure(),
    ],
)
def test_a_cure_that_a_resumed_run_accepts_is_unchanged(cure):
    assert in_new_run(cure) is cure


@pytest.mark.parametrize(
    ("cure", "told"),
    [
        (
            Cure(
                {"dev_proportion": 0.3}, otherwise=(Cure({"dev": "FILE"}, note="with more rows"),)
            ),
            'in a new run: dev_proportion=0.3, or dev="FILE", with more rows',
        ),
        (
            Cure(note="fill it in", otherwise=(Cure({"on_bad_row": "skip"}),)),
            'fill it in, or in a new run: on_bad_row="skip"',
        ),
        (
            Cure({"dev": "FILE"}, otherwise=(Cure({"epochs": 3}),)),
            'epochs=3, or in a new run: dev="FILE"',
        ),
        (
            Cure(note="another {option}", values={"option": Option("preset")}),
            "in a new run: another `preset`",
        ),
    ],
)
def test_other_cures_are_offered_for_a_new_run(cure, told):
    found = in_new_run(cure)
    assert str(found) == told
    assert set(found.settings) <= {"epochs"}  # which are read by programs
    assert stored(found) is not None


def test_errors_get_the_same_cures():
    cure = Cure({"dev_proportion": 0})
    with (
        pytest.raises(InputError, match=r"a: no\. Cure: in a new run: dev_proportion=0$"),
        errors_in_new_run(resumes=True),
    ):
        raise InputError("{name}: no.", name="a", cure=cure)
    error = InputError("{name}: no.", name="a", cure=cure)
    with pytest.raises(InputError) as same, errors_in_new_run(resumes=False):
        raise error
    assert same.value is error
    for other in (InputError("no."), MachineError("no."), FindingsError()):
        with pytest.raises(type(other)) as same, errors_in_new_run(resumes=True):
            raise other
        assert same.value is other


def test_a_small_dev_set_of_a_resumed_run(reviews):
    config = TrainConfig(str(reviews))
    whole, given = read_files(config)
    training, sets = set_aside(config, whole, given, RecordedSplit())
    cures = {}
    for resumes in (False, True):
        found = judge_data(config, whole, training, sets, None, resumes=resumes)
        cures[resumes] = next(str(f.cure) for f in found if f.code == "dev-small")
    assert cures[False].startswith("dev_proportion=0.3, or dev=")
    assert cures[True] == f"in a new run: {cures[False]}"


def test_a_small_fold_is_cured_without_dev_proportion(reviews):
    config = TrainConfig(str(reviews), folds=5)
    whole, given = read_files(config)
    training, sets = set_aside(config, whole, given, RecordedSplit())
    found = judge_data(config, whole, training, sets, None)
    cure = next(f.cure for f in found if f.code == "dev-small")
    assert str(cure) == "judge by all folds together, which score every row; or add rows"
