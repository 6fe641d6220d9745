"""One sweep on a cluster of Ray of two hosts, one of which is lost."""

import sys
import tempfile
from contextlib import suppress
from importlib.util import find_spec
from pathlib import Path

import pytest

from bam.run.files import RESUME
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED, results, until

SWEEP = ("-m", *PLANTED, "trainer.max_steps=400", "trainer.validate_every=50", "seed=1,2,3,4",
         "hydra.sweep.dir=sweep", "hydra/launcher=with_ray")  # fmt: skip
# a host that does not answer is given up after half a minute: Ray itself takes minutes
IMPATIENT = {
    "RAY_grpc_client_keepalive_time_ms": "10000",
    "RAY_grpc_client_keepalive_timeout_ms": "10000",
    "RAY_health_check_timeout_ms": "5000",
    "RAY_health_check_failure_threshold": "3",
    "RAY_USAGE_STATS_ENABLED": "0",
    "OMP_NUM_THREADS": "1",
}
PORT = 6379


def holds(host, path):
    """Whether a process of this host has the file open."""
    for number in host.processes():
        with suppress(OSError):
            links = list(Path(f"/proc/{number}/fd").iterdir())
            if any(link.readlink() == path for link in links if link.is_symlink()):
                return True
    return False


@pytest.mark.hosts
@pytest.mark.skipif(find_spec("ray") is None, reason="ray is not installed (make check-cluster)")
def test_a_sweep_loses_a_host_and_every_point_is_finished(hosts, tmp_path):
    first, other = hosts
    (folder := tmp_path / "work").mkdir()
    (elsewhere := tmp_path / "elsewhere").mkdir()
    ray = [sys.executable, "-m", "ray.scripts.scripts", "start", "--num-cpus=1"]
    with tempfile.TemporaryDirectory(prefix="ray", dir="/tmp", ignore_cleanup_errors=True) as short:
        head = ["--head", f"--port={PORT}", "--include-dashboard=false", f"--temp-dir={short}"]
        for host, options in ((first, head), (other, [f"--address={first.address}:{PORT}"])):
            command = [*ray, f"--node-ip-address={host.address}", *options]
            begun = host.start(command, elsewhere, f"{host.name}.txt", **IMPATIENT)
            assert begun.wait(90) == 0

        def sweep(log):
            address = f"hydra.launcher.ray.init.address={first.address}:{PORT}"
            command = [sys.executable, str(ROOT / "scripts" / "train.py"), *SWEEP, address]
            return first.start(command, folder, log, **IMPATIENT)

        def begun_on(host):
            points = folder.glob(f"sweep/*/{RESUME}")  # a state that the point goes on from
            return any(holds(host, path.with_name(".lock")) for path in points)

        running = sweep("sweep.txt")
        until(lambda: begun_on(first) and begun_on(other))
        other.lose()
        assert running.wait(400) == 0
        points = sorted(folder.glob("sweep/*/results.json"))
        assert [results(path.parent)["steps"] for path in points] == [400] * 4
        assert sorted(results(path.parent)["seed"] for path in points) == [1, 2, 3, 4]
        assert sum(len(results(path.parent)["started_at"]) > 1 for path in points) == 1
        assert (folder / "sweep" / "results.csv").exists() and not list(elsewhere.iterdir())
        times = [path.stat().st_mtime_ns for path in points]
        assert sweep("again.txt").wait(120) == 0
        assert times == [path.stat().st_mtime_ns for path in points]
