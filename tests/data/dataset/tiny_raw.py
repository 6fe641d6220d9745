"""Five ratings and one title, as MovieLens 100K writes them."""

from bam.data.dataset.build.filters import Filters

# user, item, rating, time: user 7 rated 30 and 4 in the same second, 30 first
RATINGS = ["7\t30\t5\t900", "2\t4\t3\t500", "7\t4\t1\t900", "7\t111\t2\t100", "2\t30\t4\t600"]
ITEMS = ["4|Toy Story (1995)|01-Jan-1995||url|" + "0|0|0|1|1|1|" + "|".join("0" * 13)]


def no_filters(**changed: object) -> Filters:
    """Filters that keep everything, but for what is changed."""
    everything = {
        "since": "",
        "until": "",
        "min_rating": 0.0,
        "duplicates": "all",
        "consecutive": "all",
        "user_core": 1,
        "item_core": 1,
        "min_length": 1,
    }
    return Filters(**{**everything, **changed})  # type: ignore[arg-type]
