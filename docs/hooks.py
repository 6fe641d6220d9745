"""What the site has beside docs/: README as its first page, CONTRIBUTING and CHANGELOG as pages.

Nothing of it comes from the network: the search in files has a script of ours.
"""

import re
from pathlib import Path

from mkdocs.config.defaults import MkDocsConfig
from mkdocs.structure.files import File, Files
from mkdocs.structure.pages import Page

ROOT = Path(__file__).parents[1]
PAGES = {
    "README.md": "index.md",
    "CONTRIBUTING.md": "contributing.md",
    "CHANGELOG.md": "changelog.md",
}


def on_files(files: Files, config: MkDocsConfig) -> Files:
    """Add the pages of the repository's root, with links that are right inside docs/."""
    for name, page in PAGES.items():
        text = (ROOT / name).read_text("utf-8").replace("](docs/", "](")
        for other, target in PAGES.items():
            text = text.replace(f"]({other})", f"]({target})")
        files.append(File.generated(config, page, content=text))
    return files


def on_page_markdown(markdown: str, **_: object) -> str:
    """A link to the root's pages becomes one to the site's; a list needs a line before it."""
    for name, page in PAGES.items():
        markdown = re.sub(rf"\]\((?:\.\./)+{name}", f"]({page}", markdown)
    return re.sub(r"^((?!\s*[-|>\d]).*\S.*)\n(- )", r"\1\n\n\2", markdown, flags=re.MULTILINE)


def on_post_template(output_content: str, **_: object) -> str:
    """The page of what is not found has no search in files."""
    return output_content.replace(
        '<script src="https://unpkg.com/iframe-worker/shim"></script>', ""
    )


def on_post_page(output: str, page: Page, **_: object) -> str:
    """The script of the offline search is the site's file, not one of the network."""
    home = "../" * page.url.count("/")
    return output.replace("https://unpkg.com/iframe-worker/shim", f"{home}file_worker.js")
