"""What is downloaded is what its checksum names, from the public web alone."""

import hashlib
import io
import subprocess
import zipfile
from urllib.request import Request

import pytest

from bam.data.dataset.build import download
from bam.data.dataset.build.download import Download, HttpsOnly, Package, Unreachable, Url
from bam.errors import Mistake

ADDRESS = "https://data.example.org/a/u.zip"
CONTENT = b"ratings" * 1000
DIGITS = hashlib.sha256(CONTENT).hexdigest()


class Answer(io.BytesIO):
    """What a server sends."""

    def __init__(self, content, **headers):
        super().__init__(content)
        self.headers = headers


@pytest.fixture
def server(monkeypatch):
    """Let every address give this content; returns the addresses that were opened."""
    opened = []

    def give(content, **headers):
        def answer(url, timeout):
            opened.append(url)
            return Answer(content, **headers)

        monkeypatch.setattr(download.OPENER, "open", answer)
        return opened

    return give


def url(address=ADDRESS, digits=DIGITS, max_mb=1):
    return Url(url=address, sha256=digits, max_mb=max_mb, timeout=1.0)


@pytest.mark.parametrize(
    "address",
    [
        "file:///etc/passwd",
        "http://data.example.org/u.zip",
        "ftp://data.example.org/u.zip",
        "https://localhost/u.zip",
        "https://127.0.0.1/u.zip",
        "https://[::1]/u.zip",
        "https://169.254.169.254/latest/meta-data",
        "https://2130706433/u.zip",
        "https://data.example.org:8080/u.zip",
        "https://user:word@data.example.org/u.zip",
        "https://data.example.org/..",
        "https://data.example.org/a/.bashrc",
        "https://data.example.org/u.zip?x=/../y",
        "https://data.example.org/",
        "https://data.example.org/u.zip\nx",
        "",
    ],
)
def test_only_a_file_of_the_public_web_by_https_is_an_address(address):
    with pytest.raises(Mistake, match="url must be https://HOST/FILE of the public web, got"):
        url(address)


@pytest.mark.parametrize("digits", ["", "0" * 63, "g" * 64, DIGITS.upper(), "0" * 64 + "\n"])
def test_a_download_without_a_checksum_is_refused(digits):
    with pytest.raises(Mistake, match="sha256 must be 64 hexadecimal digits"):
        url(digits=digits)
    with pytest.raises(Mistake, match="sha256 must be 64 hexadecimal digits"):
        Package(requirement="a1==1", sha256=digits, folder="x")


@pytest.mark.parametrize(
    "to", ["http://data.example.org/u.zip", "file:///etc/passwd", "https://127.0.0.1/u.zip"]
)
def test_a_redirect_that_leaves_https_is_not_followed(to):
    with pytest.raises(Unreachable, match="no https address"):
        HttpsOnly().redirect_request(Request(ADDRESS), None, 302, "", {}, to)
    kept = HttpsOnly().redirect_request(Request(ADDRESS), None, 302, "", {}, ADDRESS + "?k=1")
    assert kept.full_url == ADDRESS + "?k=1"
    assert any(isinstance(handler, HttpsOnly) for handler in download.OPENER.handlers)


def test_a_file_is_kept_and_fetched_once(server, tmp_path):
    opened = server(CONTENT)
    assert url().fetch(tmp_path).read_bytes() == CONTENT
    assert url().fetch(tmp_path) == tmp_path / "u.zip" and opened == [ADDRESS]
    assert [path.name for path in tmp_path.iterdir()] == ["u.zip"]


def test_a_file_with_another_checksum_is_not_used_but_fetched_again(server, tmp_path):
    (tmp_path / "u.zip").write_bytes(CONTENT[:-1])
    assert server(CONTENT) == []
    assert url().fetch(tmp_path).read_bytes() == CONTENT


@pytest.mark.parametrize(
    ("content", "reason"),
    [(CONTENT[:-1], "has the sha256"), (bytes(2 << 20), "larger than 1 MiB")],
    ids=["changed", "endless"],
)
def test_what_is_not_the_file_is_not_kept(server, tmp_path, content, reason):
    server(content)
    with pytest.raises(Unreachable, match=reason):
        url().fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_an_endless_answer_is_not_read_to_its_end(monkeypatch, tmp_path):
    answer = Answer(bytes(50 << 20))
    monkeypatch.setattr(download.OPENER, "open", lambda url, timeout: answer)
    with pytest.raises(Unreachable, match="larger than 1 MiB"):
        url().fetch(tmp_path)
    assert answer.closed


def test_where_an_origin_gives_something_else_the_next_one_is_tried(server, tmp_path, caplog):
    caplog.set_level("INFO")
    server(CONTENT)
    origins = [url(digits="0" * 64), url("https://other.example.org/v.zip")]
    fetched = Download(origins=origins, folder=str(tmp_path), by_hand="").fetch()
    assert fetched.name == "v.zip" and "has the sha256" in caplog.text


@pytest.mark.parametrize(
    "requirement",
    [
        "recbole",
        "recbole>=1.2",
        "./evil",
        "evil.whl",
        "/evil.tar.gz",
        "https://example.org/evil.whl",
        "git+https://example.org/evil",
        "evil @ file:///evil",
        "--index-url=https://example.org",
        "-e",
        "recbole==1.2.1 --index-url x",
        "recbole==1.2.1\nevil",
        "recbole==*",
        "recbole[extra]==1.2.1",
    ],
)
def test_a_package_is_a_name_and_a_version_alone(requirement):
    with pytest.raises(Mistake, match="requirement must be NAME==VERSION, got"):
        Package(requirement=requirement, sha256=DIGITS, folder="x")


@pytest.mark.parametrize("folder", ["/etc", "../x", "a/../../x", "", "a//b", ".ssh"])
def test_a_folder_is_inside_its_package(folder):
    with pytest.raises(Mistake, match="folder must be a path inside the package"):
        Package(requirement="a1==1", sha256=DIGITS, folder=folder)


@pytest.fixture
def wheel(monkeypatch):
    """Let pip download a wheel that has a/data/u.txt; returns its checksum and pip's commands."""
    packed, commands = io.BytesIO(), []
    with zipfile.ZipFile(packed, "w") as archive:
        archive.writestr("a/data/u.txt", "1 2\n")
        archive.writestr("a/other.py", "raise SystemExit")

    def run(command, **options):
        commands.append(command)
        folder = command[command.index("--dest") + 1]
        with open(f"{folder}/a1-1-py3-none-any.whl", "wb") as file:  # noqa: PTH123
            file.write(packed.getvalue())
        return subprocess.CompletedProcess(command, 0, "", "")

    monkeypatch.setattr(download.subprocess, "run", run)
    return hashlib.sha256(packed.getvalue()).hexdigest(), commands


def test_a_folder_of_a_wheel_is_unpacked_and_nothing_else(wheel, tmp_path):
    digits, commands = wheel
    package = Package(requirement="a1==1", sha256=digits, folder="a/data")
    for _ in range(2):
        assert (package.fetch(tmp_path) / "u.txt").read_text() == "1 2\n"
    assert {path.name for path in tmp_path.iterdir()} == {"a1==1.whl", "data"}
    assert len(commands) == 1 and {"--only-binary=:all:", "--no-deps"} <= {*commands[0]}


def test_a_wheel_with_another_checksum_is_not_unpacked(wheel, tmp_path):
    with pytest.raises(Unreachable, match="has the sha256"):
        Package(requirement="a1==1", sha256="0" * 64, folder="a/data").fetch(tmp_path)
    assert list(tmp_path.iterdir()) == []


def test_a_package_that_pip_cannot_find_is_skipped(tmp_path, monkeypatch):
    failed = subprocess.CompletedProcess([], 1, "", "ERROR: a\nERROR: no such package\n")
    monkeypatch.setattr(download.subprocess, "run", lambda *a, **o: failed)
    away = Package(requirement="no-such-package==1", sha256=DIGITS, folder="x")
    with pytest.raises(Mistake, match="cannot be downloaded"):
        Download(origins=[away], folder=str(tmp_path / "raw"), by_hand="").fetch()
