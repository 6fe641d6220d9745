"""Every raw format a user downloads is found and read."""

import gzip
import json
import zipfile
from pathlib import Path

import polars as pl
import pytest

from bam.data.dataset.publisher import amazon, gowalla, movielens, yelp
from bam.data.dataset.read import lines as blocks
from bam.data.dataset.read.format import find_format, warn_of_others
from bam.errors import Mistake

SECOND = 1_000_000
EVERY = [*movielens.formats(), *amazon.formats(), *yelp.formats(), *gowalla.formats()]


def write(path: Path, text: str) -> Path:
    data = text.encode()
    path.write_bytes(gzip.compress(data) if path.suffix == ".gz" else data)
    return path


def read(raw: Path) -> pl.DataFrame:
    parts, known = find_format(raw, EVERY)
    return pl.concat(known.chunks(*parts))


def catalogue(raw: Path, *wanted: str) -> list[tuple[str, ...]]:
    [part], known = find_format(raw, EVERY)
    return known.catalogue(part, pl.Series(wanted)).rows()


ASIN = "B004756YJA"
SAME = {"user": "A1YJEY40YUW4SE", "item": ASIN, "time": 1391040000 * SECOND, "rating": 5.0}
REVIEW_2014 = {"reviewerID": SAME["user"], "asin": ASIN, "reviewerName": "x, \"y\"",
               "helpful": [3, 4], "overall": 5.0, "unixReviewTime": 1391040000}  # fmt: skip
REVIEW_2023 = {"rating": 5.0, "images": [], "asin": "B000000000", "parent_asin": ASIN,
               "user_id": SAME["user"], "timestamp": 1391040000000}  # fmt: skip
YELP = {"review_id": "r", "user_id": SAME["user"], "business_id": ASIN, "stars": 5.0,
        "text": "good\nvery", "date": "2014-01-30 00:00:00"}  # fmt: skip


@pytest.mark.parametrize(
    ("name", "text"),
    [
        ("ratings_Beauty.csv", f"A1YJEY40YUW4SE,{ASIN},5.0,1391040000\n"),
        ("Beauty.csv", f"{ASIN},A1YJEY40YUW4SE,5.0,1391040000\n"),
        (
            "Beauty.csv.gz",
            f"user_id,parent_asin,rating,timestamp\r\nA1YJEY40YUW4SE,{ASIN},5.0,1391040000000\r\n",
        ),
        ("reviews_Beauty_5.json.gz", json.dumps(REVIEW_2014) + "\n"),
        ("Beauty.jsonl", json.dumps(REVIEW_2023) + "\n\n"),
        ("yelp_academic_dataset_review.json", json.dumps(YELP)),
        ("amazon.inter", "\ufeffrating:float\tuser_id:token\titem_id:token\ttimestamp:float\n"
         f"5\tA1YJEY40YUW4SE\t{ASIN}\t1391040000.0\n"),
    ],
)  # fmt: skip
def test_one_interaction_is_the_same_in_every_format(tmp_path, name, text):
    assert read(write(tmp_path / name, text)).to_dicts() == [SAME]


def test_check_ins_are_read_without_a_rating(tmp_path):
    line = "0\t2010-10-19T23:55:27Z\t30.2359\t-97.7951\t22847\n"
    frame = read(write(tmp_path / "loc-gowalla_totalCheckins.txt.gz", line * 2))
    assert frame.rows() == [("0", "22847", 1287532527 * SECOND)] * 2


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
def test_movielens_1m_is_found_in_its_folder_or_zip(tmp_path, packed):
    folder = tmp_path / "ml-1m"
    folder.mkdir()
    write(folder / "ratings.dat", "1::1193::5::978300760\n1::661::3::978302109\n")
    film = "661::Les Misérables (1995)::Drama|Musical\n"
    (folder / "movies.dat").write_bytes(film.encode("latin-1"))
    raw = folder
    if packed:
        raw = tmp_path / "ml-1m.zip"
        with zipfile.ZipFile(raw, "w") as archive:
            for name in ("ratings.dat", "movies.dat"):
                archive.write(folder / name, f"ml-1m/{name}")
    assert read(raw)["item"].to_list() == ["1193", "661"]
    assert catalogue(raw, "661") == [("661", "Les Misérables (1995)", "Drama|Musical")]


def test_later_movielens_is_csv_with_quoted_titles(tmp_path):
    text = "userId,movieId,rating,timestamp\n1,296,3.5,1147880044\n"
    write(tmp_path / "ratings.csv", text)
    write(tmp_path / "movies.csv", 'movieId,title,genres\n296,"Pulp Fiction, the (1994)",Crime\n')
    assert read(tmp_path).row(0) == ("1", "296", 1147880044 * SECOND, 3.5)
    assert catalogue(tmp_path, "296") == [("296", "Pulp Fiction, the (1994)", "Crime")]


@pytest.mark.parametrize(
    ("meta", "line"),
    [
        ("meta_Beauty.json.gz", f"{{'asin': '{ASIN}', 'title': \"A 'red' &amp; blue\", "
         "'categories': [['Beauty', 'Nail'], ['Beauty', 'Red']]}"),
        ("meta_Beauty.json", f'{{"category": ["Beauty", "Nail", "Red"], "asin": "{ASIN}", '
         '"title": "A \'red\' &amp; blue"}'),
    ],
)  # fmt: skip
def test_amazon_titles_come_from_the_meta_file_beside(tmp_path, meta, line):
    write(tmp_path / "reviews_Beauty_5.json.gz", json.dumps(REVIEW_2014))
    write(tmp_path / meta, f"{line}\n" + line.replace(ASIN, "B000000000") + "\n")
    assert catalogue(tmp_path / "reviews_Beauty_5.json.gz", ASIN) == [
        (ASIN, "A 'red' & blue", "Beauty|Nail|Red")
    ]


def test_yelp_names_come_from_the_business_file_beside(tmp_path):
    write(tmp_path / "yelp_academic_dataset_review.json", json.dumps(YELP))
    place = {"business_id": ASIN, "name": "Café", "categories": "Food, Bars", "hours": None}
    write(tmp_path / "yelp_academic_dataset_business.json", json.dumps(place))
    assert catalogue(tmp_path, ASIN) == [(ASIN, "Café", "Food|Bars")]


def test_a_raw_file_may_have_any_name(tmp_path):
    assert read(write(tmp_path / "download(1)", json.dumps(YELP))).to_dicts() == [SAME]


@pytest.mark.parametrize(
    ("bad", "sentence"),
    [
        ('{"reviewerID": "A", "asin"', r"mine:3: no JSON"),
        ('["A"]', r"mine:3: must be a JSON object"),
        ('{"reviewerID": "A", "overall": 5, "unixReviewTime": 1}', r"mine:3: asin is missing"),
        ('{"reviewerID": "A", "asin": "B", "overall": 5, "unixReviewTime": "x"}',
         r"mine:3: unixReviewTime is missing or unreadable, got 'x'"),
    ],
)  # fmt: skip
def test_a_malformed_json_line_is_named(tmp_path, bad, sentence):
    good = json.dumps(REVIEW_2014)
    with pytest.raises(Mistake, match=sentence):
        read(write(tmp_path / "mine", f"{good}\n\n{bad}\n{good}\n"))


def test_blocks_of_any_size_give_the_same_rows_and_line_numbers(tmp_path, monkeypatch):
    lines = [json.dumps({**REVIEW_2014, "unixReviewTime": n}) for n in range(1, 50)]
    path = write(tmp_path / "mine.json", "\n".join(lines))
    whole = read(path)
    monkeypatch.setattr(blocks, "SIZE", 300)
    assert read(path).equals(whole)
    write(path, "\n".join([*lines, "{"]))
    with pytest.raises(Mistake, match=r"mine.json:50: no JSON"):
        read(path)


def test_a_damaged_archive_is_refused(tmp_path):
    path = write(
        tmp_path / "ratings.csv.gz", "userId,movieId,rating,timestamp\n" + "1,2,3,4\n" * 999
    )
    path.write_bytes(path.read_bytes()[:40])
    with pytest.raises(Mistake, match=r"damaged .* download it again"):
        read(path)


def test_a_file_without_lines_is_refused(tmp_path, monkeypatch):
    monkeypatch.setattr(blocks, "LONGEST", 1000)
    monkeypatch.setattr(blocks, "SIZE", 100)
    path = write(tmp_path / "x.json", json.dumps(YELP) + " " * 2000)
    with pytest.raises(Mistake, match="never ends"):
        read(path)


def test_a_file_of_another_format_that_is_not_read_is_named(tmp_path, caplog):
    rated = write(tmp_path / "ratings.csv", "userId,movieId,rating,timestamp\n1,2,3,4\n")
    write(tmp_path / "x.inter", "user_id:token\titem_id:token\n1\ta\n")
    write(tmp_path / "tags.csv", "userId,movieId,tag,timestamp\n1,2,x,4\n")
    parts, known = find_format(tmp_path, EVERY)
    assert [part.path for part in parts] == [rated]
    warn_of_others(tmp_path, known, EVERY, parts)
    sentence = "x.inter (RecBole's .inter) is not read, as dataset.raw does not name it"
    assert caplog.messages == [f"{tmp_path}/{sentence}"]


def test_titles_have_letters_that_end_a_line_elsewhere_and_lines_end_in_two_ways(tmp_path):
    write(tmp_path / "ratings.dat", "1::2::5::978300760\n1::3::5::978300761\n")
    write(tmp_path / "movies.dat", "2::A\u2028B (1995)::Drama|War\r\n3::C (1996)::Crime\n")
    assert catalogue(tmp_path, "2", "3") == [
        ("2", "A\u2028B (1995)", "Drama|War"),
        ("3", "C (1996)", "Crime"),
    ]
