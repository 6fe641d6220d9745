"""An export of several runs that are blended."""

import pytest
import torch

import bam
from bam.experiment.opened.load_export import load_export
from bam.serving.export.encoder import trace
from tests.serving.export.conftest import OPTIONS
from tests.serving.export.test_export import HISTORIES, same

MEMBER = ("backbone=mind", "dim=4", "num_interests=2", "history_length=5", "similarity=cosine",
          "aggregation=logsumexp", "aggregation.sharpness=inf")  # fmt: skip


@pytest.fixture(scope="module", params=["linear", "logarithmic"])
def ensemble(request, run, tmp_path_factory):
    place = run.folder.parent
    data = f"data_dir={place}/data"
    member = bam.train(*OPTIONS, *MEMBER, data, f"hydra.run.dir={place}/member")
    words = (f"with={member.folder}", f"forms=[{request.param}]", "tries.ensemble.weight=[0.8]")
    return bam.blend(run, *words, data, f"hydra.run.dir={place}/{request.param}")


@pytest.fixture(scope="module")
def opened(ensemble, make_export):
    return load_export(make_export(ensemble))


@pytest.mark.parametrize("options", [(), ("merge=round_robin",), ("max_cosine=-1",)])
def test_it_recommends_as_the_run_does(ensemble, opened, options):
    for history in HISTORIES.values():
        same(opened.recommend(history, 8, *options), ensemble.recommend(history, 8, *options))


def test_its_encoder_gives_the_interests_of_every_member_for_histories_of_any_length(ensemble):
    model, length = ensemble.model.with_fixed_rows(), ensemble.config["history_length"]
    encoder = trace(model, length).module()
    for width in (1, 5, 6, length):
        history = torch.randint(1, 40, (3, width))
        vectors, _, log_weight, weight = encoder(history)
        with torch.no_grad():
            found = model(history, history[:, :0])
        torch.testing.assert_close(vectors, found.vectors)
        torch.testing.assert_close(log_weight, found.log_weight)
        torch.testing.assert_close(weight, found.weight)
        assert vectors.shape == (3, 4 + 2, 8 + 4)
