"""How a parent process interprets what JAX's C++ code has written."""

import pytest

from kbert.cli.processes import lost_process


@pytest.mark.parametrize(
    ("native", "lost"),
    [
        (
            "F0101 client.h:77] Terminating process because the JAX distributed service detected "
            "fatal errors.\nThe following tasks are unhealthy (stopped sending heartbeats):\n1\n"
            "The tasks have crashed.",
            1,
        ),
        (
            "E0101 coordination_service.cc:1010] /job:jax_worker/replica:0/task:3 has been set to "
            "ERROR in coordination service: heartbeat timeout",
            3,
        ),
        (
            "UNAVAILABLE: Error received from peer ipv4:127.0.0.1:29113 remote target "
            "coordination_service while calling "
            "/xla.coordination.CoordinationService/PollForError: Socket closed",
            0,
        ),
        ("W0101 cpu_feature_guard.cc:182] This binary is optimized", None),
        ("", None),
    ],
    ids=["heartbeats", "task", "coordinator", "something else", "nothing"],
)
def test_the_lost_process_is_found(native, lost):
    assert lost_process(native) == lost
