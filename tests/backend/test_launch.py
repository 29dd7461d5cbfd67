"""What a process learns about the others, from the user and from the programs that start it."""

import pytest

from kbert import InputError
from kbert.backend.launch import Launch

SLURM = {
    "SLURM_JOB_ID": "4711",
    "SLURM_STEP_NODELIST": "node[001-004]",
    "SLURM_NTASKS": "4",
    "SLURM_PROCID": "3",
    "SLURM_LOCALID": "0",
}
OPEN_MPI = {
    "OMPI_MCA_orte_hnp_uri": "1531576320.0;tcp://10.96.0.1:34911",
    "OMPI_COMM_WORLD_SIZE": "2",
    "OMPI_COMM_WORLD_RANK": "1",
}
KUBEFLOW = {
    "JAX_COORDINATOR_ADDRESS": "trainer-node-0-0.trainer:6666",
    "JAX_NUM_PROCESSES": "8",
    "JAX_PROCESS_ID": "5",
}
JOB_SET = {
    "KUBERNETES_SERVICE_HOST": "10.0.0.1",
    "JAX_COORDINATOR_ADDRESS": "kbert-workers-0-0.kbert:1234",
    "JAX_NUM_PROCESSES": "2",
    "JOB_COMPLETION_INDEX": "1",
}


@pytest.mark.parametrize(
    ("environment", "expected"),
    [
        ({}, None),
        (SLURM, Launch(4, 3, None, "SLURM")),
        ({**SLURM, "SLURM_NTASKS": "1", "SLURM_PROCID": "0"}, None),
        # In a batch script that srun has not started: the others do not exist.
        ({name: value for name, value in SLURM.items() if name != "SLURM_STEP_NODELIST"}, None),
        (OPEN_MPI, Launch(2, 1, None, "Open MPI")),
        (KUBEFLOW, Launch(8, 5, "trainer-node-0-0.trainer:6666", "JAX_*")),
        (JOB_SET, Launch(2, 1, "kbert-workers-0-0.kbert:1234", "JAX_*")),
    ],
)
def test_settings_of_launchers(environment, expected):
    assert Launch.of(environment=environment) == expected


def test_the_user_takes_precedence():
    found = Launch.of("10.0.0.7:1234", 1, 2, environment=SLURM)
    assert found == Launch(2, 1, "10.0.0.7:1234")


@pytest.mark.parametrize(
    ("named", "message"),
    [
        (("10.0.0.7:1234", None, 2), "Missing: `process_id`"),
        ((None, 0, None), "Missing: `coordinator`, `processes`"),
        (("10.0.0.7:1234", 2, 2), "from 0 to 1, one below"),
        (("10.0.0.7:1234", 0, 0), "processes"),
        (("10.0.0.7", 0, 2), "HOST:PORT"),
        (("10.0.0.7:99999", 0, 2), "HOST:PORT"),
    ],
)
def test_invalid_launches_are_refused(named, message):
    with pytest.raises(InputError, match=message):
        Launch.of(*named, environment={})


def test_open_mpi_without_the_address_of_process_0():
    environment = {"OMPI_COMM_WORLD_SIZE": "2", "OMPI_COMM_WORLD_RANK": "1"}
    with pytest.raises(InputError, match="where process 0 is") as error:
        Launch.of(environment=environment)
    assert error.value.cure.settings["processes"] == 2


def test_a_pod_of_an_indexed_job_without_other_settings(capsys):
    environment = {"KUBERNETES_SERVICE_HOST": "10.0.0.1", "JOB_COMPLETION_INDEX": "3"}
    assert Launch.of(environment=environment) is None
    assert "trains alone" in capsys.readouterr().err


def test_a_variable_that_is_not_a_number():
    with pytest.raises(InputError, match="SLURM_NTASKS must be a number. Received: 'four'"):
        Launch.of(environment={**SLURM, "SLURM_NTASKS": "four"})


@pytest.mark.parametrize(
    "environment",
    [
        {"RANK": "0", "WORLD_SIZE": "4", "MASTER_ADDR": "host-a", "MASTER_PORT": "29500"},
        {"TF_CONFIG": '{"cluster": {"worker": ["a:1", "b:1"]}, "task": {"index": 0}}'},
    ],
)
def test_launchers_that_would_train_each_process_alone(environment):
    with pytest.raises(InputError, match="each would train a run of its own"):
        Launch.of(environment=environment)


@pytest.mark.parametrize(
    "environment",
    [
        {"RANK": "0", "WORLD_SIZE": "1"},
        {"WORLD_SIZE": "4"},
        {"TF_CONFIG": '{"cluster": {"worker": ["a:1"]}}'},
        {"TF_CONFIG": "of something else"},
        {"TF_CONFIG": "[]"},
    ],
)
def test_a_single_process(environment):
    assert Launch.of(environment=environment) is None
