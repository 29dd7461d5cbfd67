"""What a run does besides saving its checkpoints."""

from collections.abc import Callable
from dataclasses import dataclass
from typing import Any

from kbert.checkpoints.checkpoint import Arrays


def _nothing(*arguments: object) -> None:
    return None


@dataclass(frozen=True)
class CheckpointHooks:
    """What a run does besides saving its checkpoints.

    Args:
        begin: function, called when everything is checked and restored. On the disk nothing has
            changed except what the pointers "last" and "best" name. Defaults to one that does
            nothing.
        all_restored: function, called before `begin` by each of several processes. From then on
            no process reads what the others may change. Defaults to one that does nothing.
        flush: function, called before a checkpoint is committed, in the thread that writes it.
            Defaults to one that does nothing.
        keep_best: function of the weights by name, called in the same thread after the commit of
            a checkpoint that is the best so far. Defaults to one that does nothing.
        findings: function that returns what has been found during the training so far, as plain
            data. Defaults to one that returns nothing.
    """

    begin: Callable[[], object] = _nothing
    all_restored: Callable[[], object] = _nothing
    flush: Callable[[], object] = _nothing
    keep_best: Callable[[Arrays], object] = _nothing
    findings: Callable[[], list[dict[str, Any]]] = list
