"""Splits that do not keep the files of their source, and are right but for that."""

from dataclasses import replace

from bam.data.split.given import Given
from tests.broken.split import right


def ignores_the_files(data):
    """The last item tests, whichever file it is in."""
    return right(data)


def tests_one_target_a_user(data):
    """What the test file has after a user's first target is lost."""
    split = Given()(data)
    return replace(split, test=replace(split.test, stop=split.test.cut + 1))


WHOLE = "check_every_item_with_a_history_is_a_target"
REFUSED = {
    ignores_the_files: {"check_every_target_is_in_the_file_of_its_part", WHOLE},
    tests_one_target_a_user: {WHOLE},
}
