"""Hydra search path: the options of installed packages, for bam's own programs alone."""

from hydra.core.config_search_path import ConfigSearchPath
from hydra.plugins.search_path_plugin import SearchPathPlugin


class Extensions(SearchPathPlugin):
    """Hydra calls this in every program of the environment: it changes the path of bam's only."""

    def manipulate_search_path(self, search_path: ConfigSearchPath) -> None:
        from bam.config.conf import CONF  # Hydra imports every plugin at its start
        from bam.config.extensions import installed_folders

        paths = {entry.path.removeprefix("file://") for entry in search_path.get_path()}
        if str(CONF) in paths:
            for folder in installed_folders():
                search_path.append("bam", f"file://{folder}")
