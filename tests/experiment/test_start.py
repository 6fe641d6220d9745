"""A program starts quickly: it imports what it uses."""

import subprocess
import sys

from tests.experiment.planted import PLANTED

# what takes long to import, and what a training has no use for
SLOW = {"torch._dynamo", "torch._inductor", "torch.onnx", "sympy", "scipy", "matplotlib", "optuna",
        "faiss", "pandas", "joblib", "fastapi", "tensorboard", "mlflow", "wandb", "IPython",
        "hydra_plugins.hydra_joblib_launcher.joblib_launcher._core"}  # fmt: skip


def test_a_training_imports_nothing_slow_that_it_has_no_use_for(tmp_path):
    code = (
        "import atexit, sys; from bam.__main__ import main; "
        "atexit.register(lambda: sys.stderr.write(' '.join(sys.modules))); main()"
    )
    command = [sys.executable, "-c", code, "train", *PLANTED, "trainer.max_steps=2"]
    done = subprocess.run(command, cwd=tmp_path, capture_output=True, text=True, check=True)
    imported = set(done.stderr.splitlines()[-1].split())
    assert {"torch", "bam.training.update"} <= imported and not SLOW & imported
