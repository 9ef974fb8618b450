"""Tables: what is found out about them, what is read, and how bad rows are named."""

from __future__ import annotations

import csv
import io
import string
import tempfile
from pathlib import Path

import numpy as np
import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from nnstudio.core.import_options import ImportOptions
from nnstudio.data.sources import BadSamples, import_dataset, preview
from nnstudio.data.sources import importing as importing_module
from nnstudio.errors import Cancelled, DataError

IRIS = "sepal,petal,species\n5.1,1.4,setosa\n7.0,4.7,versicolor\n6.3,6.0,virginica\n4.9,1.5,setosa\n"


def table(folder: Path, text: str | bytes, name: str = "table.csv") -> Path:
    path = folder / name
    path.write_bytes(text if isinstance(text, bytes) else text.encode())
    return path


def test_a_table_with_names_and_classes_of_text(tmp_path: Path) -> None:
    dataset = import_dataset(table(tmp_path, IRIS)).dataset
    np.testing.assert_array_equal(
        dataset.train.x, np.array([[5.1, 1.4], [7.0, 4.7], [6.3, 6.0], [4.9, 1.5]], np.float32)
    )
    assert dataset.classes == ("setosa", "versicolor", "virginica")
    assert dataset.train.y.tolist() == [0, 1, 2, 0]
    assert dataset.features == ("sepal", "petal")
    assert (len(dataset.test), dataset.title) == (0, "table.csv")


def test_a_preview_says_what_will_be_done(tmp_path: Path) -> None:
    seen = preview(table(tmp_path, IRIS.replace(",", ";").replace(".", ",")))
    assert (seen.kind, seen.shape, seen.dtype, seen.train, seen.exact) == ("csv", (2,), "float32", 4, True)
    assert seen.steps == (
        "read as utf-8, cells separated by semicolon, double quotes, decimal comma",
        "the first row names the columns",
        "column 'species' holds the class",
        "2 columns become features",
    )
    assert [(one.name, one.train) for one in seen.classes] == [
        ("setosa", 2),
        ("versicolor", 1),
        ("virginica", 1),
    ]
    assert seen.columns == ("sepal", "petal", "species")
    assert seen.rows[0] == ("5,1", "1,4", "setosa")
    assert seen.labels == ("setosa", "versicolor", "virginica", "setosa")
    assert seen.range == (pytest.approx(1.4), 7.0)
    assert (seen.options.delimiter, seen.options.decimal, seen.options.label) == (
        "semicolon",
        "comma",
        "species",
    )


def test_what_a_preview_found_out_reads_the_same_data(tmp_path: Path) -> None:
    path = table(tmp_path, IRIS)
    first, second = import_dataset(path).dataset, import_dataset(path, preview(path).options).dataset
    np.testing.assert_array_equal(first.train.x, second.train.x)
    assert first.classes == second.classes


@pytest.mark.parametrize(
    ("text", "delimiter", "quote"),
    [
        ("1\t2\ta\n3\t4\tb\n", "tab", "double"),
        ("1;2;a\n3;4;b\n", "semicolon", "double"),
        ("1|2|a\n3|4|b\n", "bar", "double"),
        ("  1   2  a \n  3   4  b \n", "space", "double"),
        ("1,2,'a, or so'\n3,4,'b, or so'\n", "comma", "single"),
        ('1,2,"a; b; c"\n3,4,"d"\n', "comma", "double"),
        ("1, 2, a\n3, 4, b\n", "comma", "double"),
        ("1,5;2,5;3,5;a\n1,5;2,5;3,5;b\n", "semicolon", "double"),
        ('1,2,"a"\r\n3,4,"b"\r\n', "comma", "double"),
        ("1,2,a\r3,4,b\r", "comma", "double"),
    ],
)
def test_delimiter_and_quotes_are_found_out(tmp_path: Path, text: str, delimiter: str, quote: str) -> None:
    seen = preview(table(tmp_path, text))
    assert (seen.options.delimiter, seen.options.quote) == (delimiter, quote)
    assert (len(seen.x), len(set(seen.labels)), seen.problems) == (2, 2, ())


@pytest.mark.parametrize(
    ("encoding", "found"),
    [("utf-8", "utf-8"), ("utf-8-sig", "utf-8"), ("utf-16", "utf-16"), ("cp1252", "cp1252")],
)
def test_the_encoding_is_found_out(tmp_path: Path, encoding: str, found: str) -> None:
    path = table(tmp_path, "größe,art\n1,süß\n2,herb\n".encode(encoding))
    assert preview(path).options.encoding == found
    dataset = import_dataset(path).dataset
    assert (dataset.classes, dataset.features) == (("herb", "süß"), ("größe",))


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("class,a,b\n0,1.5,2\n1,3,4\n", "class"),
        ("a,Target,b\n1.5,0,2\n3,1,4\n", "Target"),
        ("a,b,y\n1.5,2,0\n3,4,1\n", "y"),
        ("a,kind,b\n1.5,cat,2\n3,dog,4\n", "kind"),
        ("a,b,c\n1.5,2,0\n3,4,1\n", "c"),
        ("1.5,2,0\n3,4,1\n", "3"),
        ("cat,2,0\ndog,4,1\n", "1"),
    ],
)
def test_the_label_column_is_found_out(tmp_path: Path, text: str, label: str) -> None:
    assert preview(table(tmp_path, text)).options.label == label


def test_the_label_column_may_be_named_or_counted_and_others_left_out(tmp_path: Path) -> None:
    path = table(tmp_path, "id,name,a,kind\n1,x,5,0\n2,y,6,1\n")
    with pytest.raises(DataError, match=r"hold no numbers.*name: 'x'.*reading.ignore=name"):
        import_dataset(path, ImportOptions(label="kind"))
    for label, ignore in (("kind", "id,name"), ("4", "1, 2"), ("KIND", "Name,1")):
        dataset = import_dataset(path, ImportOptions(label=label, ignore=ignore)).dataset
        assert (dataset.train.x.tolist(), dataset.features) == ([[5], [6]], ("a",))
    with pytest.raises(DataError, match=r"no column 'kinds'.*did you mean 'kind'"):
        import_dataset(path, ImportOptions(label="kinds"))


@pytest.mark.parametrize(
    ("labels", "classes", "numbers"),
    [
        ("0 2 3", ("0", "1", "2", "3"), [0, 2, 3]),
        ("10 9 7", ("7", "9", "10"), [2, 1, 0]),
        ("1.0 2 01", ("1", "2"), [0, 1, 0]),
        ("-1 1 -1", ("-1", "1"), [0, 1, 0]),
        ("b10 b9 a", ("a", "b9", "b10"), [2, 1, 0]),
        ("0 900 0", ("0", "900"), [0, 1, 0]),
    ],
)
def test_labels_become_classes_in_a_natural_order(
    tmp_path: Path, labels: str, classes: tuple[str, ...], numbers: list[int]
) -> None:
    rows = "".join(f"{label},1.5\n" for label in labels.split())
    dataset = import_dataset(table(tmp_path, "label,x\n" + rows)).dataset
    assert (dataset.classes, dataset.train.y.tolist()) == (classes, numbers)


@pytest.mark.parametrize("header", [True, False])
@pytest.mark.parametrize("first", [True, False])
def test_rows_of_pixels_become_images_of_bytes(tmp_path: Path, header: bool, first: bool) -> None:
    rng = np.random.default_rng(0)
    x, y = rng.integers(0, 256, (20, 64)), rng.integers(0, 3, 20)
    x[:, 0 if not first else -1] = 0  # the edge is background
    rows = np.c_[y, x] if first else np.c_[x, y]
    names = [f"pixel{i}" for i in range(64)]
    names = ["label", *names] if first else [*names, "label"]
    lines = ([",".join(names)] if header else []) + [",".join(map(str, row)) for row in rows]
    dataset = import_dataset(table(tmp_path, "\n".join(lines))).dataset
    assert dataset.train.x.dtype == np.uint8
    np.testing.assert_array_equal(dataset.train.x, x.reshape(20, 8, 8, 1))
    np.testing.assert_array_equal(dataset.train.y, y)


def test_the_shape_of_images_may_be_given_and_refused(tmp_path: Path) -> None:
    path = table(tmp_path, "1,2,3,4,5,6,0\n7,8,9,1,2,3,1\n")
    assert import_dataset(path).dataset.shape == (6,)
    assert import_dataset(path, ImportOptions(size=(2, 3))).dataset.shape == (2, 3, 1)
    assert import_dataset(path, ImportOptions(size=(1, 2))).dataset.shape == (1, 2, 3)
    with pytest.raises(DataError, match=r"rows of .* are no images"):
        import_dataset(path, ImportOptions(size=(4, 4)))


BAD_ROWS = {
    "1,2": "2 cells instead of 3",
    "1,2,3,4": "4 cells instead of 3",
    "nan,1,a": "nan in column 'x'",
    "1,NA,a": "NA in column 'y2'",
    ",1,a": "nothing in column 'x'",
    "one,1,a": "'one', which is no number, in column 'x'",
    "inf,1,a": "'inf', which is no number, in column 'x'",
    "1_0,1,a": "'1_0', which is no number, in column 'x'",
    "1e39,1,a": "1e39 in column 'x' is beyond what float32 holds",
    "1,1,": "no class",
    "1,1,\x01": "a class that is no name",
}


def test_each_bad_row_is_named_by_its_line_and_may_be_skipped(tmp_path: Path) -> None:
    lines = ["x,y2,label", "1,2,a", "", *BAD_ROWS, "3,4,b"]
    path = table(tmp_path, "\n".join(lines))
    with pytest.raises(
        BadSamples, match=f"holds {len(BAD_ROWS)} samples that can't be used, beside 2"
    ) as caught:
        import_dataset(path)
    found = [(one.where, one.what) for one in caught.value.problems]
    assert [where for where, _ in found] == [f"line {4 + place}" for place in range(len(BAD_ROWS))]
    for (_, what), expected in zip(found, BAD_ROWS.values(), strict=True):
        assert expected in what
    imported = import_dataset(path, ImportOptions(skip_bad=True))
    assert imported.dataset.train.x.tolist() == [[1, 2], [3, 4]]
    assert imported.left_out == len(BAD_ROWS)
    assert [one.where for one in preview(path).problems] == [where for where, _ in found]


def test_pixels_beyond_a_byte_are_bad_rows(tmp_path: Path) -> None:
    rows = ["0," + ",".join(["7"] * 64)] * 3 + ["1," + ",".join(["7"] * 63 + ["256"])]
    with pytest.raises(BadSamples, match=r"line 4: 256 in column '65' is no whole number from 0 to 255"):
        import_dataset(table(tmp_path, "\n".join(rows)), ImportOptions(label="1", rows="images"))


def test_bytes_that_are_not_utf8_are_named_by_line(tmp_path: Path) -> None:
    path = table(tmp_path, "a,art\n1,süß\n2,".encode() + b"s\xfc\xdf\n\xb2,herb\n")
    with pytest.raises(BadSamples, match=r"line 3: a class that doesn't fit.*line 4: bytes that don't fit"):
        import_dataset(path)
    assert import_dataset(path, ImportOptions(skip_bad=True)).dataset.classes == ("süß",)


def test_a_quote_left_open_is_named_and_its_search_has_an_end(tmp_path: Path) -> None:
    path = table(tmp_path, 'a,b\n1,x\n2,"y\n' + "3,z\n" * 40_000)
    with pytest.raises(BadSamples, match=r"lines 3 to 3.,...: a cell longer .* is a quote left open\?"):
        import_dataset(path)


@pytest.mark.parametrize(
    ("content", "pattern"),
    [
        (b"\x00\x01\x02" * 100, "is no table"),
        (b"\n\n\n", "holds no rows"),
        (b"a,b\n", "no rows below its header"),
        (b"only\none\ncolumn\n", "single column"),
        (b"1" * (9 << 20), "holds no rows"),
        (b"\xff\xfe1\x00,\x00\xd8\xd8", "a class that doesn't fit the encoding"),
        (b"x,label\n" + b"".join(b"1,%d.5\n" % i for i in range(10_002)), "holds no classes"),
    ],
)
def test_what_is_no_table_is_refused(tmp_path: Path, content: bytes, pattern: str) -> None:
    with pytest.raises(DataError, match=pattern):
        import_dataset(table(tmp_path, content))


def test_a_long_table_is_streamed_into_a_mapped_file(tmp_path: Path) -> None:
    rng = np.random.default_rng(1)
    values = rng.normal(size=(40_000, 5)).astype(np.float32)
    text = io.StringIO()
    np.savetxt(text, np.c_[values, np.arange(40_000) % 7], delimiter=",", fmt=["%.9g"] * 5 + ["%d"])
    path = table(tmp_path, text.getvalue())
    told: list[float] = []
    dataset = import_dataset(path, progress=lambda message, done: told.append(done or 0)).dataset
    np.testing.assert_array_equal(dataset.train.x, values)
    np.testing.assert_array_equal(dataset.train.y, np.arange(40_000) % 7)
    assert told == sorted(told)
    assert not preview(path).exact
    assert preview(path).train == pytest.approx(40_000, rel=0.05)


def test_an_import_may_be_cancelled_and_leaves_nothing(
    tmp_path: Path, cache: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.setattr(importing_module, "SMALL", 0)

    def stop(message: str, fraction: float | None) -> None:
        raise Cancelled("stopped")

    with pytest.raises(Cancelled):
        import_dataset(table(tmp_path, IRIS), progress=stop)
    assert not list((cache / "imports").iterdir())


NAMES = (
    st.text(string.ascii_letters + "äß ,;\"'", min_size=1, max_size=8)
    .map(str.strip)
    .filter(lambda name: name and name.casefold() != "nan")
)
FLOATS = st.floats(width=32, allow_nan=False, allow_infinity=False)


@settings(deadline=None, derandomize=True, max_examples=40)
@given(
    st.integers(2, 5).flatmap(
        lambda n: st.lists(st.tuples(st.lists(FLOATS, min_size=n, max_size=n), NAMES), min_size=2, max_size=8)
    )
)
def test_what_the_csv_module_writes_is_read(rows: list[tuple[list[float], str]]) -> None:
    text = io.StringIO()
    writer = csv.writer(text)
    writer.writerow([*(f"f{i}" for i in range(len(rows[0][0]))), "label"])
    writer.writerows([*map(repr, values), f"c{label}"] for values, label in rows)
    with tempfile.TemporaryDirectory() as folder:
        dataset = import_dataset(
            table(Path(folder), text.getvalue()), ImportOptions(delimiter="comma", quote="double")
        ).dataset
    np.testing.assert_array_equal(dataset.train.x, np.array([values for values, _ in rows], np.float32))
    assert [dataset.classes[i] for i in dataset.train.y] == [f"c{label}" for _, label in rows]


@settings(deadline=None, derandomize=True, max_examples=200)
@given(st.integers(0, len(IRIS) - 1), st.integers(0, 255), st.booleans())
def test_no_damage_crashes_the_reader(place: int, byte: int, cut: bool) -> None:
    intact = IRIS.encode()
    damaged = intact[:place] if cut else intact[:place] + bytes([byte]) + intact[place + 1 :]
    with tempfile.TemporaryDirectory() as folder:
        path = table(Path(folder), damaged)
        try:
            dataset = import_dataset(path, ImportOptions(skip_bad=True)).dataset
        except DataError:
            return
    assert np.isfinite(dataset.train.x).all()
    assert 1 <= len(dataset.train) <= 5
