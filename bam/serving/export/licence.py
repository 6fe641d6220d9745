"""The licence of each named data set, as in the first table of docs/data.md."""

CLOSED = "no redistribution"
LICENCES = {
    "ml100k": f"research use, {CLOSED}",
    "ml1m": f"research use, {CLOSED}",
    "movies_heavy": "Apache-2.0 (GID repository)",
    "electronics_heavy": "Apache-2.0 (GID repository)",
    "beauty_s3rec": "none stated (S3-Rec repository)",
    "sports_s3rec": "none stated (S3-Rec repository)",
    "toys_s3rec": "none stated (S3-Rec repository)",
    "yelp_s3rec": "none stated (S3-Rec repository)",
    "yelp": "must be accepted",
    "gowalla": "none stated (SNAP)",
}
UNKNOWN = "not stated"


def licence(data: str) -> str:
    """The licence of a data set of this name."""
    return LICENCES.get(data, UNKNOWN)


def is_closed(data: str) -> bool:
    """Whether its terms do not allow that it is passed on."""
    return CLOSED in licence(data)
