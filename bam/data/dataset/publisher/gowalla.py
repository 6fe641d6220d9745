"""Gowalla check-ins as SNAP publishes them (Cho et al., KDD 2011)."""

from bam.data.dataset.publisher.recbole import RECBOLE
from bam.data.dataset.read.delimited import Delimited
from bam.data.dataset.read.format import Format, no_catalogue
from bam.data.dataset.read.pairs import PAIRS


def formats() -> list[Format]:
    """Check-ins: user, moment, latitude, longitude, place."""
    return [CHECK_INS, RECBOLE, PAIRS]


CHECK_INS = Format(
    name="loc-gowalla_totalCheckins.txt.gz",
    file="*heckins.txt*",
    first_line=r"\d+\t\d{4}-\d\d-\d\dT[^\t]+\t[^\t]*\t[^\t]*\t\S+",
    chunks=Delimited(
        "\t", ("user", "time", "", "", "item"), header=False, quote="", time_form=""
    ).chunks,
    catalogue=no_catalogue,
)
