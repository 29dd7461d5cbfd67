"""Join the processes that train together."""

from kbert.backend import processes
from kbert.backend.choose_backend import choose_backend
from kbert.backend.launch import Launch
from kbert.errors import InputError
from kbert.findings import Option
from kbert.utils.say import be_silent


def join_processes(
    coordinator: str | None = None, process_id: int | None = None, num_processes: int | None = None
) -> int:
    """Join the processes that train together with this one, and return their number.

    Call it in every process, before Keras is imported. `train`, `resume` and `continue_training`
    then train one run together, on the devices of all processes. So does `model.fit` under a
    `keras.distribution.DataParallel` with `auto_shard_dataset=False`. Only the first process writes
    files and prints, including in kbert's callbacks. If a process is lost, the others end after 10
    seconds. On the command line, `kbert train` does this by itself, and then also reports which
    process was lost.

    Args:
        coordinator: str or None. "HOST:PORT" of process 0, which listens there. Defaults to None:
            SLURM, Kubernetes, Open MPI or JAX's own variables provide this and the other two
            arguments; without them, the process trains alone.
        process_id: int or None. The number of this process, from 0. Defaults to None.
        num_processes: int or None. The number of processes. Defaults to None.

    Returns:
        The number of processes, 1 if this one is alone.

    Raises:
        InputError: an argument is missing or wrong, Keras runs on a backend other than JAX, or this
            process has already joined the others.

    Example:

    ```python
    assert join_processes() == 1  # alone
    ```
    """
    launch = Launch.of(coordinator, process_id, num_processes)
    if launch is None:
        return 1
    if processes.is_joined():
        raise InputError("This process has already joined the others.")
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
