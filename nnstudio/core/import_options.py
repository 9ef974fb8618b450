"""How a file or folder of the user's own is read: tables, images and HDF5 files."""

from __future__ import annotations

from typing import Annotated, ClassVar, Literal

from pydantic import Field

from nnstudio.core.fields import field
from nnstudio.core.spec_base import Spec

MAX_SIDE = 2048

Side = Annotated[int, Field(ge=1, le=MAX_SIDE)]


class ImportOptions(Spec):
    """How data of one's own are read. What is "auto" or empty is found out from the data, and shown.

    Recorded in the data recipe, so that a project reads the same data again.
    """

    uses: ClassVar[dict[str, tuple[str, ...]]] = {
        "csv": (
            "skip_bad",
            "label",
            "ignore",
            "rows",
            "size",
            "delimiter",
            "quote",
            "header",
            "decimal",
            "encoding",
        ),
        "images": ("skip_bad", "size", "fit", "colour", "background"),
        "hdf5": ("skip_bad", "samples", "label"),
    }
    """The fields that matter for each kind of source, in the order of a form."""

    skip_bad: bool = field(
        False,
        label="Skip bad samples",
        help="Leave out rows and images that can't be read, instead of refusing all of the data.",
    )
    label: str = field(
        "",
        help="What holds the classes. Of a table: a column's name, or its number counted from 1; by default "
        "the column called label, class or target, else the only one with text, else y, else the last. Of "
        "an HDF5 file: the name of the training labels.",
        max_length=200,
    )
    ignore: str = field(
        "",
        label="Leave out",
        help="Columns of a table that are not used: names or numbers, separated by commas.",
        max_length=2000,
    )
    rows: Literal["auto", "features", "images"] = field(
        "auto",
        help="features: each row of a table is a list of numbers. images: each row holds the pixels of an "
        "image, 0 to 255.",
    )
    samples: str = field("", help="Name of the training samples in an HDF5 file.", max_length=200)
    size: tuple[Side, Side] | None = field(
        None,
        help="Height and width of the images. Those of another size are scaled.",
        off="the images' own",
    )
    fit: Literal["fit", "crop", "stretch"] = field(
        "fit",
        help="fit: scale the whole image and fill the borders. crop: scale and cut off what sticks out, "
        "evenly on both sides. stretch: change the proportions.",
    )
    colour: Literal["auto", "grey", "rgb"] = field(
        "auto", help="grey: one channel. rgb: three. auto: grey when all images looked at are."
    )
    background: Literal["black", "white"] = field(
        "white", help="What transparent parts and filled borders become."
    )
    delimiter: Literal["auto", "comma", "semicolon", "tab", "space", "bar"] = field(
        "auto", help="What separates the cells of a table."
    )
    quote: Literal["auto", "double", "single", "none"] = field(
        "auto", help="What encloses a cell that holds the delimiter."
    )
    header: Literal["auto", "yes", "no"] = field("auto", help="Whether the first row names the columns.")
    decimal: Literal["auto", "point", "comma"] = field("auto", help="Decimal sign of the numbers.")
    encoding: Literal["auto", "utf-8", "utf-16", "cp1252", "latin-1"] = field(
        "auto", help="How the characters of a table are stored."
    )
