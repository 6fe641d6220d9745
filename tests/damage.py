"""Ways to damage a file."""

import random


def flips(path, times):
    """Damage one bit after another, each time a single one; yields with the file damaged."""
    whole, draw = path.read_bytes(), random.Random(1)
    for _ in range(times):
        bit = draw.randrange(8 * len(whole))
        damaged = bytearray(whole)
        damaged[bit // 8] ^= 1 << bit % 8
        path.write_bytes(damaged)
        yield bit
    path.write_bytes(whole)


def cut_in_half(path):
    path.write_bytes(path.read_bytes()[: path.stat().st_size // 2])


def empty(path):
    path.write_bytes(b"")


def replace_by_a_folder(path):
    path.unlink()
    path.mkdir()


DAMAGES = (cut_in_half, empty, replace_by_a_folder)
