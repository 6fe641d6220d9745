"""A file of `user item item ...` lines, which is downloaded or given."""

from bam.data.dataset.build.download import Download
from bam.data.dataset.build.filters import Filters
from bam.data.dataset.prepare import prepare
from bam.data.dataset.publisher.titles import require_catalogue, titles
from bam.data.dataset.read.format import Format, no_catalogue
from bam.data.dataset.read.part import UTF_8
from bam.data.dataset.read.sequences import FORM, read_sequences
from bam.errors import require
from bam.records import Interactions


def sequences(
    name: str,
    folder: str,
    raw: str,
    download: Download,
    catalogue: str,
    catalogue_columns: dict[str, str],
    filters: Filters,
    expected: dict[str, int],
    features: dict[str, str],
    cold_items: bool,
) -> Interactions:
    """Interactions from lines of a user and the user's items in time order, all of them as text.

    `raw` is the file; if empty, it is downloaded. The counts before filtering must be `expected`.
    Titles come from `catalogue`, if it is not empty: Amazon's metadata, or a table whose columns of
    item, title and genres are `catalogue_columns`. `features` and `cold_items` are
    those of `prepare`.

    Raises:
        Mistake: an option is wrong, or the source cannot be downloaded or read.
    """
    known = bool(raw or download.origins)
    require(known, f"raw must be a file of {FORM} lines, the items in time order", raw)
    described = require_catalogue(catalogue, catalogue_columns)
    own = Format(
        name=f"{FORM} lines" + (f", described by {catalogue} with {described}" * bool(catalogue)),
        file="*.txt*",
        first_line=r"\S+([ \t]+\S+)+\s*",
        chunks=read_sequences,
        catalogue=titles(catalogue, described, UTF_8) if catalogue else no_catalogue,
        titles=catalogue,
    )
    return prepare(
        name,
        folder,
        raw,
        download,
        [own],
        filters,
        expected,
        published={},
        features=features,
        cold_items=cold_items,
    )
