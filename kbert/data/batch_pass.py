"""Where Keras is in its passes over the batches."""

from dataclasses import dataclass


@dataclass
class BatchPass:
    """Where Keras is in its passes over the batches.

    Args:
        next: int or None. The batch that a pass takes next; None outside a pass.
        has_epoch: bool. Whether the epoch of the next pass is set; otherwise it is the one after.
        resumes: bool. Whether the next pass begins where `resume_at` has said.
        in_order: bool. Whether every batch was taken in its order.
    """

    next: int | None = None
    has_epoch: bool = True
    resumes: bool = False
    in_order: bool = True

    def begin(self) -> None:
        """Begin a pass."""
        self.next = 0
        self.has_epoch = False

    def take(self, index: int) -> bool:
        """Count a batch, and return whether it is the first one that is out of order."""
        breaks_order = self.in_order and index != self.next
        self.in_order = self.in_order and not breaks_order
        self.next = (self.next or 0) + 1
        return breaks_order

    def end(self, batches: int) -> None:
        """End a pass; one that was broken off, as by Keras to learn the shapes, is repeated."""
        if self.next is not None and self.next < batches:
            self.has_epoch = True
        elif self.next is not None:
            self.resumes = False
        self.next = None
