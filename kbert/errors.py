"""The exceptions that kbert raises for what its user can mend."""


class KbertError(ValueError):
    """A mistake in the input, with where it is and how to mend it.

    The message says what was expected, what was received, where, and the cure. The command line
    prints it as one sentence and exits with status 2; a traceback would add nothing.
    """


class MachineError(KbertError):
    """Something that the machine lacks, such as room on its disk; exit status 1."""
