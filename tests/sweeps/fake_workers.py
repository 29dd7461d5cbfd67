"""Workers that train nothing: each look at a run adds an epoch with a scripted score."""

from pathlib import Path

from kbert import TrainConfig
from kbert.results.evaluation_history import EvaluationHistory
from kbert.results.evaluation_record import EvaluationRecord
from kbert.results.masked_evaluation import MaskedEvaluation
from kbert.runs.run_directory import RunDirectory
from kbert.sweeps.sweep import Sweep
from kbert.sweeps.workers.workers import Outcome


def sweep_of(texts, folder, *, monitor="accuracy", **options):
    """A sweep of two epochs over a file that is never read."""
    from kbert.config import SweepOptions

    settings = {"data": "reviews.csv", "output": str(folder)}
    single = {"epochs": "2", "monitor": monitor}
    return Sweep.of(settings, {**single, **texts}, SweepOptions(**options))


def write_epochs(run: Path, scores, *, finished=True, seconds=60.0):
    """Write a run with these scores after its epochs."""
    history = EvaluationHistory("accuracy")
    for epoch, score in enumerate(scores, start=1):
        evaluation = MaskedEvaluation(rows=10, predictions=10, loss=1 - score, accuracy=score)
        history.add(EvaluationRecord(epoch, epoch, {"dev": evaluation}))
    run.mkdir(parents=True, exist_ok=True)
    history.write(run)
    status = "finished" if finished else "stopped"
    RunDirectory(run).update(status=status, training_seconds=seconds)


class FakeWork:
    def __init__(self, run, scores):
        self.run, self.scores, self.done = run, scores, 0
        self.is_stopped = self.has_ended = False

    def poll(self):
        self.has_ended = True
        if self.is_stopped:
            return Outcome("stopped")
        if isinstance(self.scores, Outcome):
            return self.scores
        self.done += 1
        if self.done > len(self.scores):
            write_epochs(self.run, self.scores)
            return Outcome("finished")
        write_epochs(self.run, self.scores[: self.done], finished=False)
        self.has_ended = False
        return None

    def stop(self):
        self.is_stopped = True


class FakeWorkers:
    """Workers whose runs have the scores that a function of their settings returns.

    `started` lists what was started, as (learning rate, seed), and `most` is how many ran at once.
    """

    def __init__(self, scores):
        self._scores = scores
        self.started, self.works, self.most, self.closed = [], [], 0, False

    def at_once(self):
        return 0

    def threads(self, jobs):
        return 1

    def start(self, job):
        config = TrainConfig.from_toml(job.config)
        self.started.append((config.learning_rate, config.seed))
        work = FakeWork(job.run, self._scores(config))
        self.works = [w for w in self.works if not w.has_ended] + [work]
        self.most = max(self.most, len(self.works))
        return work

    def close(self):
        self.closed = True
