"""Let this process train with others."""

from kbert.backend import processes
from kbert.backend.choose_backend import choose_backend
from kbert.backend.launch import Launch
from kbert.errors import InputError
from kbert.findings import Option
from kbert.utils.say import be_silent


def join_processes(
    coordinator: str | None = None, process_id: int | None = None, num_processes: int | None = None
) -> int:
    """Let this process train with others, and return how many there are.

    Call it in each of them, before Keras is imported. `train`, `resume` and `continue_training`
    then train one run together, on the devices of all, and `model.fit` does under a
    `keras.distribution.DataParallel` with `auto_shard_dataset=False`. Only the first process writes
    files and prints, in kbert's callbacks too. A process that is lost ends the others after 10
    seconds. On the command line this is done by `kbert train` itself, which then also says which
    process was lost.

    Args:
        coordinator: str or None. "HOST:PORT" of process 0, which listens there. Defaults to None:
            SLURM, Kubernetes or Open MPI tell it, and the other two; without them the process
            stays alone.
        process_id: int or None. The number of this process, from 0. Defaults to None.
        num_processes: int or None. Defaults to None.

    Returns:
        The number of processes, 1 where this one is alone.

    Raises:
        InputError: a part is missing or wrong, Keras runs on another backend than JAX, or this is
            called once more.

    Example:

    ```python
    assert join_processes() == 1  # alone
    ```
    """
    launch = Launch.of(coordinator, process_id, num_processes)
    if launch is None:
        return 1
    if processes.is_joined():
        raise InputError("This process has joined the others already.")
    choose_backend("jax")
    try:
        processes.join(launch)
    except (RuntimeError, ValueError) as error:
        raise InputError(
            "The other processes cannot be joined at {coordinator}: {reason}",
            coordinator=launch.coordinator or launch.by or Option("coordinator"),
            reason=str(error),
        ) from error
    if not processes.is_first():
        be_silent()
    return processes.process_count()
