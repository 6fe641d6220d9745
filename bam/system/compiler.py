"""The C compiler of this machine."""

import os
import platform
import shutil


def find_compiler() -> str | None:
    """The path of CC, cc, gcc or clang; None if there is none, or if BAM_KERNELS is off."""
    if os.environ.get("BAM_KERNELS") == "off" or platform.system() != "Linux":
        return None
    names = [os.environ.get("CC", ""), "cc", "gcc", "clang"]
    return next((path for name in names if name and (path := shutil.which(name))), None)
