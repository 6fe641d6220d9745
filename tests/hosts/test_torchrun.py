"""One training on two hosts, one of which is lost and comes back."""

import sys

import pytest

from bam.run.files import METRICS, read_metrics
from tests.conftest import ROOT
from tests.experiment.planted import PLANTED, results, until
from tests.hosts.network import CABLE

STEPS, EVERY, SAVED = 3000, 100, 20
TRAINING = (*PLANTED, f"trainer.max_steps={STEPS}", "trainer.patience=1000", "timeout=30",
            f"save_every={SAVED}", "hydra.run.dir=run")  # fmt: skip
ENVIRONMENT = {
    "GLOO_SOCKET_IFNAME": CABLE,
    "TORCH_DISABLE_SHARE_RDZV_TCP_STORE": "1",  # with it a host that comes back is not let in
    "OMP_NUM_THREADS": "1",
}


@pytest.mark.hosts
def test_a_training_goes_on_without_a_lost_host_and_takes_it_in_again(hosts, tmp_path):
    first, other = hosts
    (folder := tmp_path / "work").mkdir()

    def begin(host):
        rendezvous = f"is_host={host == first:d},last_call_timeout=5,keep_alive_interval=2"
        command = [sys.executable, "-m", "torch.distributed.run", "--nnodes=1:2",
                   "--nproc-per-node=1", "--max-restarts=3", "--rdzv-backend=c10d",
                   "--rdzv-id=1", f"--rdzv-endpoint={first.address}:29400",
                   f"--local-addr={host.address}", f"--rdzv-conf={rendezvous}",
                   str(ROOT / "scripts" / "train.py"), *TRAINING]  # fmt: skip
        return host.start(command, folder, f"{host.name}.txt", **ENVIRONMENT)

    log, lines = folder / "run" / "train.log", folder / "run" / METRICS
    kept, lost = begin(first), begin(other)
    until(lambda: lines.exists() and lines.read_text().count("\n") >= 2)
    other.lose()
    validated = read_metrics(folder / "run")[-1]["step"]
    assert lost.wait(20) != 0
    until(lambda: "processes: 1, before 2; batches are drawn anew" in log.read_text())
    other.come_back()
    again = begin(other)
    assert kept.wait(400) == 0 and again.wait(60) == 0
    found = results(folder / "run")
    assert found["status"] == "finished" and found["steps"] == STEPS
    assert found["processes"] == [2, 1, 2]
    _, without, together = found["started_at"]
    # the other host may be lost between a line of a validation and the state that follows it
    assert without >= validated - SAVED and without % SAVED == 0 and without < together < STEPS
    steps = [line["step"] for line in read_metrics(folder / "run")]
    assert steps == list(range(EVERY, STEPS + 1, EVERY))
    assert found["test"]["recall@10"] > 4 * 10 / 381  # four times chance
    console = (tmp_path / f"{first.name}.txt").read_text()
    assert console.count("error: another process of torchrun has ended, or did not answer") == 1
    assert "Traceback" not in console
