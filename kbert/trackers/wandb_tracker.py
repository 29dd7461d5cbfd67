"""Weights & Biases, through its own library."""

import os
import secrets
from collections.abc import Sequence
from typing import Any

from kbert.errors import InputError
from kbert.findings import Cure, Option
from kbert.trackers.tracked_run import TrackedEnd, TrackedRun
from kbert.trackers.tracker import Step, Tracker
from kbert.utils.foreign import foreign_input

PROJECT = "kbert"
_WITHOUT_KEY = ("offline", "dryrun", "disabled", "shared")


class WandbTracker(Tracker):
    """Logs a run to W&B, with the environment variables of its library.

    `WANDB_PROJECT` names the project, "kbert" by default, and `WANDB_DIR` its folder, by default
    the run's. Online, a resumed run continues as the same W&B run, after the last step that W&B
    has. Offline, each process leaves a folder with all steps of the run so far, under the same id:
    the last folder is complete.
    """

    name = "wandb"
    label = "W&B"
    package = "wandb"

    def check(self) -> None:
        super().check()
        with foreign_input("{label} cannot be used: {reason}.", label=self.label):
            import wandb

            mode = wandb.setup().settings.mode
            has_key = mode in _WITHOUT_KEY or wandb.login(prompt=False)
        if not has_key:
            raise InputError(
                "{option} needs your API key, but there is none.",
                option=Option("report_to", self.name),
                cure=Cure(
                    code="wandb login",
                    otherwise=(Cure(code="WANDB_MODE=offline", note="in the environment"),),
                ),
            )

    def open(self, run: TrackedRun, known: str | None) -> str:
        import wandb

        self.id = known or secrets.token_hex(8)
        settings = wandb.setup().settings
        is_offline = settings.mode in ("offline", "dryrun")
        self._run: Any = wandb.init(
            project=os.environ.get("WANDB_PROJECT", PROJECT),
            id=self.id,
            name=os.environ.get("WANDB_NAME", run.name),
            group=os.environ.get("WANDB_RUN_GROUP", run.group),
            dir=os.environ.get("WANDB_DIR", str(run.folder)),
            resume=None if is_offline or known is None else "allow",
            reinit="create_new",  # leaves a W&B run of the user's own in this process as it is
            # W&B neither captures what is printed nor looks at code.
            settings=wandb.Settings(
                console="off", silent=True, disable_git=True, disable_code=True, save_code=False
            ),
        )
        self._run.config.update(dict(run.settings), allow_val_change=True)
        self._first = 0 if is_offline else int(self._run.step)
        return str(self._run.dir if is_offline else self._run.url or self._run.dir)

    def send(self, steps: Sequence[Step]) -> None:
        for step, values in steps:
            if step >= self._first:
                self._run.log(dict(values), step=step, commit=True)

    def close(self, end: TrackedEnd, step: int) -> None:
        self._run.summary.update(
            {**end.scores, "findings": list(end.findings), "status": end.status}
        )
        self._run.finish(exit_code=1 if end.status == "failed" else 0)
