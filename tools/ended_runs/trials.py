"""The ends of one command that have been tried, in a file, so that a later call can resume."""

import hashlib
import json
import random
import shutil
from dataclasses import asdict
from pathlib import Path

from tools.ended_runs.attempts import KILLED, Attempt, attempt
from tools.ended_runs.cases import Case, make_start
from tools.ended_runs.judge import WRONG, Outcome, Undisturbed, judge
from tools.ended_runs.results import difference, tree, unequal

_TRIES = 20  # of killing a command before it ends by itself
# The notes of one version of this tool cannot be compared with those of another.
_TOOL = hashlib.sha256(
    b"".join(file.read_bytes() for file in sorted(Path(__file__).parent.glob("*.py")))
).hexdigest()


class Trials:
    """The ends of a command: before each of its changes, and at random moments.

    Args:
        case: Case.
        folder: Path. Where it works, and keeps the outcomes.

    Attributes:
        ends: dict of the outcomes by the number of changes before the end.
        kills: dict of the outcomes by the number of the kill.
    """

    def __init__(self, case: Case, folder: Path) -> None:
        self.case = case
        self._folder = folder / case.name.replace(" ", "-")
        self._folder.mkdir(parents=True, exist_ok=True)
        self._start = folder / "starts" / case.start
        self._place = self._folder / "place"
        self._log = self._folder / "log"
        self._file = self._folder / "tried.json"
        known = json.loads(self._file.read_text()) if self._file.exists() else {}
        if known and known["tool"] != _TOOL:
            raise SystemExit(f"{self._file} is of another version of this tool. Remove {folder}.")
        self.ends: dict[str, Outcome] = known.get("ends", {})
        self.kills: dict[str, Outcome] = known.get("kills", {})
        self.usual = Undisturbed(**known["usual"]) if known else self._undisturbed()
        self._save()

    def end_before(self, change: int) -> Outcome:
        """Try the end before a change, counted from 0, unless its outcome is known."""
        key = str(change)
        if key not in self.ends:
            self._prepare()
            command = self.case.command.split()
            done = attempt(command, self._place, self._log, end=change)
            # Threads may make one change less than usual; then the command has simply succeeded.
            self.ends[key] = self._outcome(done, f"end-{change}", ended=done.status in (0, KILLED))
            self._save()
        return self.ends[key]

    def kill(self, number: int) -> Outcome:
        """Try a kill at a random moment, unless its outcome is known."""
        key, chance = str(number), random.Random(f"{self.case.name} {number}")
        if key not in self.kills:
            usual = Attempt(0, "", self.usual.changes, self.usual.seconds)
            command = self.case.command.split()
            for _ in range(_TRIES):
                self._prepare()
                done = attempt(command, self._place, self._log, kill=chance, usual=usual)
                if done.status != 0:
                    break
            self.kills[key] = self._outcome(done, f"kill-{number}", ended=done.status == KILLED)
            self._save()
        return self.kills[key]

    def _undisturbed(self) -> Undisturbed:
        make_start(self.case.start, self._start)
        results = []
        for _ in range(2):
            self._prepare()
            done = attempt(self.case.command.split(), self._place, self._log)
            if done.status != 0:
                raise SystemExit(f"{self.case.command} ended with {done.status}:\n{done.said}")
            results.append(tree(self._place))
        one, other = results
        if self.case.is_run and (told := difference(one, other)):
            raise SystemExit(f"two undisturbed runs of {self.case.command} differ: {told}")
        return Undisturbed(tree(self._start), one, unequal(one, other), done.changes, done.seconds)

    def _prepare(self) -> None:
        shutil.rmtree(self._place, ignore_errors=True)
        shutil.copytree(self._start, self._place)

    def _outcome(self, done: Attempt, point: str, *, ended: bool) -> Outcome:
        if ended:
            outcome = judge(self.case, self.usual, self._place, self._log)
        else:
            outcome = WRONG, f"it ended with {done.status}: {done.said[-600:]}"
        if outcome[0] == WRONG:
            kept = self._folder / f"wrong-{point}"
            shutil.rmtree(kept, ignore_errors=True)
            self._place.rename(kept)
            shutil.copy(self._log, kept.with_suffix(".log"))
            last = done.changes[-1] if done.changes else "the first change"
            outcome = WRONG, f"{kept}, ended before {last}: {outcome[1]}"
        return outcome

    def _save(self) -> None:
        known = {"tool": _TOOL, "usual": asdict(self.usual), "ends": self.ends, "kills": self.kills}
        new = self._file.with_suffix(".new")
        new.write_text(json.dumps(known))
        new.replace(self._file)
