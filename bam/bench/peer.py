"""The speed of a library that can be installed beside ours: torch-rechub, with its own training.

Its own trainer takes batches from its own data loader, which has no processes of its own here; the
rows are made before the clock starts. In a test, its trainer makes the vectors of the users and its
FAISS index of inner products, which is exact, finds the best items of each; those of several
interests become one list. What a user has met is not taken out, and no metric is computed: a test
of ours does more. The peer is no part of bam: `pip install 'bam-rec[peer]'`.
"""

from collections.abc import Iterator, Mapping
from contextlib import contextmanager, redirect_stderr, redirect_stdout
from io import StringIO
from itertools import cycle, islice
from pathlib import Path
from tempfile import TemporaryDirectory
from typing import Any, Protocol, runtime_checkable

import torch
from jaxtyping import Float
from torch import Tensor, nn

from bam.bench.figures import Figures, peak_memory
from bam.bench.rounds import Rounds
from bam.bench.users import load_users
from bam.errors import extra, require
from bam.serving.faiss import load_faiss


@runtime_checkable
class Program(Protocol):
    """A model of the peer, and the rows that it trains on and is tested with."""

    mode: int

    def build(self, num_items: int) -> nn.Module: ...

    def training_rows(
        self, users: list[list[int]], num_items: int, count: int
    ) -> dict[str, Any]: ...

    def testing_rows(self, histories: list[list[int]]) -> dict[str, Any]: ...

    def samples(self, rows: dict[str, Any]) -> int: ...

    def items(self, model: nn.Module) -> Float[Tensor, "V1 D"]: ...


class PeerTraining:
    """Samples a second in training: the median of `rounds` that take about `seconds` together.

    A sample is a target. Its epochs have `steps` steps.
    """

    def __init__(
        self,
        seconds: float,
        rounds: int,
        cpu_time: bool,
        steps: int,
        program: Program,
        batch_size: int,
        lr: float,
    ):
        _require_peer()
        require(steps >= 1, "steps must be at least 1", steps)
        self.rounds, self.steps, self.program = Rounds(seconds, rounds, cpu_time), steps, program
        self.batch_size, self.lr = batch_size, lr

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users = load_users(config)
        count = self.steps * self.batch_size
        rows = self.program.training_rows(users.items, users.num_items, count)
        trainer = _trainer(self.program, users.num_items, users.device, lr=self.lr)
        loader, _, _ = _loaders(rows, rows, self.batch_size)
        samples = self.program.samples(rows)

        def epoch() -> int:
            trainer.train_one_epoch(loader)
            return samples

        with _silent():
            rate = self.rounds.rate(epoch)
        return Figures(
            higher={"samples_per_second": rate.units},
            lower={"step_ms": 1000 / self.steps / rate.calls, **peak_memory(users.device)},
        )


class PeerTesting:
    """Users a second in testing: the median of `rounds` that take about `seconds` together.

    They come in blocks of `users`, and each of their vectors gets the list of `cutoff` items.
    """

    def __init__(
        self,
        seconds: float,
        rounds: int,
        cpu_time: bool,
        users: int,
        program: Program,
        batch_size: int,
        cutoff: int,
    ):
        _require_peer()
        require(users >= 1, "users must be at least 1", users)
        self.rounds, self.users, self.program = Rounds(seconds, rounds, cpu_time), users, program
        self.batch_size, self.cutoff = batch_size, cutoff

    def __call__(self, config: Mapping[str, Any]) -> Figures:
        users = load_users(config)
        load_faiss().omp_set_num_threads(torch.get_num_threads())
        trainer = _trainer(self.program, users.num_items, users.device)
        histories = [user[:-1] for user in islice(cycle(users.items), self.users)]
        rows = self.program.testing_rows(histories)
        _, loader, _ = _loaders(rows, rows, self.batch_size)
        items = self.program.items(trainer.model)
        with _silent(), TemporaryDirectory() as folder:
            torch.save(trainer.model.state_dict(), Path(folder) / "model.pth")  # which it reads
            index = _index(items)

            def test() -> int:
                vectors = trainer.inference_embedding(trainer.model, "user", loader, folder)
                return len(_best_items(index, vectors, self.cutoff))

            rate = self.rounds.rate(test)
        return Figures(higher={"users_per_second": rate.units}, lower=peak_memory(users.device))


def _require_peer() -> None:
    """Refuse a measurement before it starts."""
    with extra("peer"):
        import torch_rechub  # noqa: F401


def _trainer(program: Program, num_items: int, device: torch.device, lr: float = 0.0) -> Any:
    from torch_rechub.trainers import MatchTrainer

    model = program.build(num_items)
    return MatchTrainer(model, program.mode, optimizer_params={"lr": lr}, device=str(device))


def _loaders(train: dict[str, Any], test: dict[str, Any], batch_size: int) -> tuple[Any, Any, Any]:
    """Its loaders of training rows, of testing rows, and of items, which are not used."""
    from torch_rechub.utils.data import MatchDataGenerator

    label = torch.zeros(len(next(iter(train.values()))), dtype=torch.int64)
    generator = MatchDataGenerator(train, label)
    found: tuple[Any, Any, Any] = generator.generate_dataloader(test, test, batch_size, 0)
    return found


def _index(items: Float[Tensor, "V1 D"]) -> Any:
    from torch_rechub.utils.match import Faiss

    index = Faiss(items.shape[1], index_type="flat", metric="ip")
    index.fit(items.cpu().numpy())
    return index


def _best_items(index: Any, vectors: Float[Tensor, "U *K D"], count: int) -> list[list[int]]:
    """The best items of each user, from one list for each of the user's vectors."""
    items, scores = index.query(vectors.flatten(0, -2), count)
    found = list(zip(items, scores, strict=True))
    each = len(found) // len(vectors)
    return [merge(found[i : i + each], count) for i in range(0, len(found), each)]


def merge(lists: list[tuple[list[int], list[float]]], count: int) -> list[int]:
    """The `count` items with the highest scores of several lists; each item counts once."""
    every = [(s, i) for items, scores in lists for i, s in zip(items, scores, strict=True)]
    ordered = dict.fromkeys(item for _, item in sorted(every, reverse=True))
    return list(ordered)[:count]


@contextmanager
def _silent() -> Iterator[None]:
    """Without its lines and progress bars."""
    with redirect_stdout(StringIO()), redirect_stderr(StringIO()):
        yield
