"""Which class and part each image belongs to, by the folders that it lies in."""

from __future__ import annotations

from collections import Counter
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path

from nnstudio.data.sources.source import PartName, natural_order
from nnstudio.errors import DataError

TRAIN = ("train", "training")
TEST = ("test", "testing")
VALIDATION = ("validation", "valid", "val")
_FIX = "make a folder for every class and put its images into it"


@dataclass(frozen=True)
class ImageList:
    """The images of a data set.

    Args:
        classes: Name of each class.
        files: For each part the place of each image in the list of names, and its class number.
        notes: What is unusual about them.
    """

    classes: tuple[str, ...]
    files: dict[PartName, list[tuple[int, int]]]
    notes: tuple[str, ...]

    def counts(self, part: PartName) -> Counter[int]:
        """Number of images of each class in a part."""
        return Counter(number for _, number in self.files[part])


def arrange(path: Path, names: Sequence[str]) -> ImageList:
    """Reads the folders: ``class/image``, or ``train/class/image`` and ``test/class/image``.

    A folder around all of this is ignored. Validation images are the test part if there is none; else they
    join the training images, from which the data recipe holds back its own.

    Args:
        path: The source, for messages.
        names: Paths of the images below it, with "/".

    Raises:
        DataError: There are no images, or not in folders for classes.
    """
    places = [tuple(name.split("/")) for name in names]
    while places and len({place[0] for place in places}) == 1 and all(len(place) > 2 for place in places):
        places = [place[1:] for place in places]
    split = any(len(place) == 3 and place[0].casefold() in TRAIN for place in places)
    found: list[tuple[str, str, int]] = []  # part as its folder is called, class, place in ``names``
    for number, place in enumerate(places):
        if split and len(place) == 3 and place[0].casefold() in (*TRAIN, *TEST, *VALIDATION):
            found.append((place[0].casefold(), place[1], number))
        elif not split and len(place) == 2:
            found.append(("train", place[0], number))
    if not found:
        raise _nothing(path, places)
    classes = tuple(sorted({name for _, name, _ in found}, key=natural_order))
    for name in classes:
        if not name.isprintable():
            raise DataError(f"a folder of {path} can't name a class", received=repr(name), fix="rename it")
    own_test = any(part in TEST for part, _, _ in found)
    numbers = {name: number for number, name in enumerate(classes)}
    files: dict[PartName, list[tuple[int, int]]] = {"train": [], "test": []}
    for part, name, number in sorted(found, key=lambda one: (numbers[one[1]], one[2])):
        tests = part in TEST or (part in VALIDATION and not own_test)
        files["test" if tests else "train"].append((number, numbers[name]))
    images = ImageList(classes, files, ())
    return ImageList(classes, files, _notes(images, {part for part, _, _ in found}, len(names) - len(found)))


def _nothing(path: Path, places: list[tuple[str, ...]]) -> DataError:
    received = "no image" if not places else f"{len(places):,} images, such as {'/'.join(places[0])}"
    return DataError(
        f"{path} holds no folders of images",
        allowed="one folder per class with PNG, JPEG, BMP or GIF images, perhaps below train/ and test/",
        received=received,
        fix=_FIX,
    )


def _notes(images: ImageList, parts: set[str], outside: int) -> tuple[str, ...]:
    notes = []
    if outside:
        notes.append(f"{outside:,} images lie outside of the class folders and are left out")
    validation = parts & set(VALIDATION)
    if validation:
        role = "join the training images" if parts & set(TEST) else "are used as test images"
        notes.append(f"the images in {min(validation)}/ {role}")
    counts = images.counts("train")
    names = images.classes
    single = [name for number, name in enumerate(names) if counts[number] == 1]
    none = [name for number, name in enumerate(names) if not counts[number]]
    if single:
        notes.append(f"classes with a single training image: {_some(single)}")
    if none:
        notes.append(f"classes without training images: {_some(none)}")
    return tuple(notes)


def _some(names: list[str]) -> str:
    return ", ".join(names[:5]) + (f" and {len(names) - 5:,} more" if len(names) > 5 else "")
