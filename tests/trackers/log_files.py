"""The files of a run that are sent to its trackers."""

from kbert.results.evaluation import Evaluation
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord

SCORES = Evaluation.from_dict(
    {
        "rows": 4,
        "accuracy": 0.75,
        "macro_f1": 0.5,
        "mcc": 0.25,
        "loss": 0.5,
        "classes": [],
    }
)


def write_rows(folder, *rows):
    file = folder / "learning_rate.csv"
    begin = "" if file.exists() else "step,epoch,learning_rate,loss\n"
    with file.open("a", encoding="utf-8") as stream:
        stream.write(begin + "".join(rows))


def write_evaluations(folder, *whens):
    history = EvaluationHistory()
    for epoch, batch in whens:
        history.add(EvaluationRecord(epoch, 0, {"dev": SCORES}, batch))
    history.write(folder)
    return history
