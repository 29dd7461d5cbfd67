"""What a process knows about the others that train with it."""

import contextlib
import importlib.util
import json
import os
from collections.abc import Mapping
from dataclasses import dataclass

from kbert.errors import InputError
from kbert.findings import Cure, Option, worded
from kbert.utils.counts import check_count
from kbert.utils.say import say


@dataclass(frozen=True)
class Launch:
    """One of several processes that train together.

    Args:
        processes: int or None. Number of processes; None where JAX determines it.
        process: int. Index of this process, from 0.
        coordinator: str or None. "HOST:PORT" of process 0; None where JAX determines it.
        by: str. The launcher that has set these. Defaults to "": the user has.
    """

    processes: int | None
    process: int
    coordinator: str | None = None
    by: str = ""

    @classmethod
    def of(
        cls,
        coordinator: str | None = None,
        process_id: int | None = None,
        processes: int | None = None,
        environment: Mapping[str, str] = os.environ,
    ) -> "Launch | None":
        """Return what the user names, else what JAX_*, SLURM, Kubernetes or Open MPI set, or None.

        Args:
            coordinator: str or None. "HOST:PORT".
            process_id: int or None.
            processes: int or None.
            environment: dict of str. Defaults to that of the process.

        Raises:
            InputError: only some of them are named, or a value is invalid.
        """
        named = {"coordinator": coordinator, "process_id": process_id, "processes": processes}
        missing = [name for name, value in named.items() if value is None]
        if len(missing) == len(named):
            return _of_launcher(environment)
        if missing:
            raise InputError(
                "Each of several processes needs three settings: {coordinator}, {process_id} and "
                "{processes}. Missing: {missing}",
                coordinator=Option("coordinator"),
                process_id=Option("process_id"),
                processes=Option("processes"),
                missing=worded(", ").join(str(Option(name)) for name in missing),
            )
        assert coordinator is not None
        assert process_id is not None
        assert processes is not None
        check_count("processes", processes)
        if not 0 <= process_id < processes:
            raise InputError(
                "{option} must be from 0 to {last}, one below {processes}. Received: {process_id}",
                option=Option("process_id"),
                last=processes - 1,
                processes=Option("processes", processes),
                process_id=process_id,
            )
        _check_address(coordinator)
        return cls(processes, process_id, coordinator)


def _check_address(coordinator: str) -> None:
    host, _, port = coordinator.rpartition(":")
    if not (host and port.isdecimal() and 0 < int(port) < 2**16):
        raise InputError(
            "{option} must be HOST:PORT, where all processes can reach process 0. Received: "
            "{coordinator!r:.80}",
            option=Option("coordinator"),
            coordinator=coordinator,
        )


def _of_launcher(environment: Mapping[str, str]) -> Launch | None:
    for find in (_of_variables, _of_slurm, _of_open_mpi, _of_kubernetes, _of_others):
        found = find(environment)
        if found is not None:
            return None if found.processes == 1 else found
    return None


def _of_variables(environment: Mapping[str, str]) -> Launch | None:
    """Kubeflow's trainer sets all three; an indexed Job numbers its pods itself."""
    address = environment.get("JAX_COORDINATOR_ADDRESS")
    count = environment.get("JAX_NUM_PROCESSES")
    index = environment.get("JAX_PROCESS_ID", environment.get("JOB_COMPLETION_INDEX"))
    if address is None or count is None or index is None:
        return None
    _check_address(address)
    names = "JAX_NUM_PROCESSES", "JAX_PROCESS_ID"
    return Launch(_number(names[0], count), _number(names[1], index), address, "JAX_*")


def _of_slurm(environment: Mapping[str, str]) -> Launch | None:
    """A batch script that was not started by `srun` has no step, and trains alone."""
    needed = ("SLURM_JOB_ID", "SLURM_STEP_NODELIST", "SLURM_NTASKS", "SLURM_PROCID")
    if not all(name in environment for name in (*needed, "SLURM_LOCALID")):
        return None
    count, index = (_number(name, environment[name]) for name in needed[2:])
    return Launch(count, index, None, "SLURM")


def _of_open_mpi(environment: Mapping[str, str]) -> Launch | None:
    names = "OMPI_COMM_WORLD_SIZE", "OMPI_COMM_WORLD_RANK"
    if not all(name in environment for name in names):
        return None
    count, index = (_number(name, environment[name]) for name in names)
    if count > 1 and "OMPI_MCA_orte_hnp_uri" not in environment:  # as of Open MPI 5
        raise InputError(
            "This version of Open MPI does not report where process 0 is.",
            cure=Cure(
                {"coordinator": "HOST:PORT", "process_id": index, "processes": count},
            ),
        )
    return Launch(count, index, None, "Open MPI")


def _of_kubernetes(environment: Mapping[str, str]) -> Launch | None:
    index = environment.get("JOB_COMPLETION_INDEX")
    if index is None or "KUBERNETES_SERVICE_HOST" not in environment:
        return None
    if importlib.util.find_spec("kubernetes") is None:
        say(
            worded(
                "This pod has index {index} in an indexed Job, and trains alone. To train with "
                "the others: pip install kubernetes, or set JAX_COORDINATOR_ADDRESS and "
                "JAX_NUM_PROCESSES.",
                index=index,
            ),
            to="stderr",
        )
        return None
    return Launch(None, _number("JOB_COMPLETION_INDEX", index), None, "Kubernetes")


def _of_others(environment: Mapping[str, str]) -> Launch | None:
    """Refuse launchers that JAX does not support: each process would train the whole run."""
    count = environment.get("WORLD_SIZE", "1")
    workers: list[str] = []
    with contextlib.suppress(ValueError, AttributeError):
        workers = json.loads(environment.get("TF_CONFIG", "{}")).get("cluster", {}).get("worker")
    started = "torchrun" if "RANK" in environment and count != "1" else ""
    started = "TF_CONFIG" if len(workers or ()) > 1 else started
    if not started:
        return None
    raise InputError(
        "{started} starts several processes, which kbert does not join: each would train a run of "
        "its own. Start kbert itself on each host.",
        started=started,
        cure=Cure({"coordinator": "HOST:PORT", "process_id": "I", "processes": "N"}),
    )


def _number(name: str, value: str) -> int:
    if not value.isdecimal():
        raise InputError(
            "The variable {name} must be a number. Received: {value!r:.40}", name=name, value=value
        )
    return int(value)
