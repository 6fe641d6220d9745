"""From the options of `bam serve` to a server."""

from collections.abc import Mapping, Sequence
from dataclasses import dataclass, fields
from functools import partial
from pathlib import Path
from typing import Any

from hydra.core.hydra_config import HydraConfig
from omegaconf import DictConfig

from bam.config.instantiate import typed
from bam.config.resolve import given_overrides, resolve
from bam.errors import require
from bam.experiment.opened.ask import build_choices
from bam.experiment.opened.open import load
from bam.run.files import RESULTS
from bam.run.override import Override
from bam.serving.export.files import MANIFEST, is_export
from bam.serving.retriever import Retriever
from bam.serving.server.answer import check
from bam.serving.server.app import build_app
from bam.serving.server.figures import Figures
from bam.serving.server.limits import Limits
from bam.serving.server.live import Live, Source
from bam.serving.server.run import Server, listen
from bam.serving.server.service import Service
from bam.serving.server.workers import Workers
from bam.system.cpu import cores

OF_LOADING = ("device", "data_dir", "trust")  # options with which a folder is opened
LOOPBACK = ("127.0.0.1", "localhost", "[::1]")


@dataclass(frozen=True)
class Options:
    """The values at the root of conf/serve.yaml that are the server's own."""

    run: str
    host: str
    port: int
    hosts: list[str]
    n: int
    threads: int

    def __post_init__(self) -> None:
        folder = Path(self.run)
        rule = "run must be the folder of an export or of a finished run: bam serve FOLDER"
        is_there = is_export(folder) or (folder / RESULTS).is_file()
        require(is_there and self.run != "", rule, self.run)
        require(0 <= self.port <= 65535, "port must be from 0 to 65535", self.port)
        require(self.threads >= 0, "threads must be at least 0", self.threads)

    @property
    def names(self) -> Sequence[str]:
        """What the header Host may name; empty: anything."""
        is_local = self.host in (*LOOPBACK, "::1")
        return self.hosts or (LOOPBACK if is_local else ())


def open_server(cfg: DictConfig) -> Server:
    """A server that listens, with the model of the folder.

    Raises:
        Mistake: a wrong option, a damaged folder, or a port that is taken.
    """
    config = resolve(cfg)
    given = {field.name: config[field.name] for field in fields(Options)}
    options = Options(**typed(Options, given, ""))
    service = _service(options, config)
    listening = listen(options.host, options.port)
    return Server(build_app(service, options.names), listening, service.limits)


def _service(options: Options, config: Mapping[str, Any]) -> Service:
    limits = Limits(**typed(Limits, config["limits"], "limits"))
    rule = f"n must be from 1 to limits.n={limits.n}"
    require(1 <= options.n <= limits.n, rule, options.n)
    choices = build_choices(config)
    return Service(
        live=Live(_source(Path(options.run)), partial(check, choices=choices)),
        workers=Workers(options.threads or cores(), limits.waiting, limits.seconds),
        figures=Figures(),
        limits=limits,
        choices=choices,
        names=_names(config),
        n=options.n,
    )


def _source(folder: Path) -> Source:
    overrides = [text for text in given_overrides() if Override.parse(text).root in OF_LOADING]

    def open_folder(folder: Path) -> Retriever:
        return load(folder, *overrides).retriever

    return Source(folder, MANIFEST if is_export(folder) else RESULTS, open_folder)


def _names(config: Mapping[str, Any]) -> dict[str, str | float | bool]:
    chosen = HydraConfig.get().runtime.choices
    groups = {group: str(chosen[group]) for group in ("merge", "weighting", "reranking")}
    return {**groups, **{key: config[key] for key in ("max_cosine", "exclude_seen")}}
