"""Where Keras is in its passes over the batches."""

from dataclasses import dataclass


@dataclass
class BatchPass:
    """Where Keras is in its passes over the batches.

    Args:
        next: int or None. The batch that a pass takes next; None outside a pass.
        paused: int or None. The batch that an unfinished pass takes next, if Keras resumes it: an
            epoch of `fit(steps_per_epoch=k)` is a part of a pass.
        has_epoch: bool. Whether the epoch of the next pass is set; otherwise it is the next epoch.
        resumes: bool. Whether the next pass begins at the place given to `resume_at`.
        in_order: bool. Whether all batches so far were taken in order.
    """

    next: int | None = None
    paused: int | None = None
    has_epoch: bool = True
    resumes: bool = False
    in_order: bool = True

    def begin(self) -> None:
        """Begin a pass, or the next part of one."""
        self.next = 0 if self.paused is None else self.paused
        self.has_epoch = False

    def take(self, index: int) -> bool:
        """Count a batch, and return whether it is the first one that is out of order."""
        if self.next is None:  # made ahead, before the next part begins
            if index == self.paused:
                self.paused += 1
            return False
        if self.paused is not None and index == 0:
            self.next = 0  # the pass was broken off, and begins again
        self.paused = None
        breaks_order = self.in_order and index != self.next
        self.in_order = self.in_order and not breaks_order
        self.next += 1
        return breaks_order

    def end(self, batches: int) -> None:
        """End a pass; one that is broken off, as by Keras to learn the shapes, keeps its order."""
        if self.next is None:
            return
        self.paused = self.next if self.next < batches else None
        if self.paused is None:
            self.resumes = False
        else:
            self.has_epoch = True
        self.next = None
