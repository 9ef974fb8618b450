"""``nnstudio data``: list, inspect, download and convert data sets."""

from __future__ import annotations

import argparse
import re
from dataclasses import asdict
from pathlib import Path
from typing import Any

from nnstudio.cli.output import print_json, progress, say, table
from nnstudio.cli.specs import value_of
from nnstudio.core.import_options import ImportOptions
from nnstudio.core.layer import shape_text
from nnstudio.data.balance import evenness, imbalance_ratio, missing_classes
from nnstudio.data.batches import shuffle_words
from nnstudio.data.catalog import list_datasets, load_dataset
from nnstudio.data.dataset import Dataset
from nnstudio.errors import SpecError

_PAIR = re.compile(r"(\d+) ?[x×,] ?(\d+)")
"""A size as people write it: 28x28, 28,28."""


def run(arguments: argparse.Namespace) -> None:
    """Runs one of the actions."""
    actions = {"list": _list, "info": _info, "preview": _preview, "download": _download, "convert": _convert}
    actions[arguments.action](arguments)


def _list(arguments: argparse.Namespace) -> None:
    sets = list_datasets()
    if arguments.json:
        print_json([asdict(info) for info in sets])
        return
    rows = [
        (
            info.name,
            "ready" if info.ready else "to download",
            f"{info.train:,}",
            f"{info.test:,}",
            info.summary,
        )
        for info in sets
    ]
    print(table(("name", "state", "train", "test", "about"), rows, left=2, text=True))


def _info(arguments: argparse.Namespace) -> None:
    with progress() as display:
        data = load_dataset(arguments.source, display.update, download=False, reading=_reading(arguments))
    train, test = (part.class_counts(len(data.classes)) for part in (data.train, data.test))
    if arguments.json:
        print_json(
            {
                "name": data.name,
                "shape": list(data.shape),
                "classes": list(data.classes),
                "train": len(data.train),
                "test": len(data.test),
                "train_per_class": list(train),
                "test_per_class": list(test),
                "imbalance": {"ratio": imbalance_ratio(train), "evenness": evenness(train)},
                **({"duplicates": _duplicates(data)} if arguments.duplicates else {}),
            }
        )
        return
    print(f"{data.title}: {len(data.train):,} training and {len(data.test):,} test samples,", end=" ")
    print(f"{shape_text(data.shape)}, {data.train.x.dtype}\n")
    rows = [(name, f"{a:,}", f"{b:,}") for name, a, b in zip(data.classes, train, test, strict=True)]
    print(table(("class", "train", "test"), rows))
    print(f"\n{_balance(train, data.classes)}")
    print(f"shuffle: {shuffle_words(data.train)}")
    if arguments.duplicates:
        found = _duplicates(data)
        print(f"duplicates: {len(found):,} of {len(data.test):,} test samples are training samples too")
        for row in found[:10]:
            note = ", with another label" if row["contradictory"] else ""
            print(f"  {row['test']} = {row['train']}{note}")


def _duplicates(data: Dataset) -> list[dict[str, Any]]:
    """Test samples that are training samples too."""
    from nnstudio.data.duplicates import find_duplicates

    with progress() as display:
        found = find_duplicates(data.train, data.test, display.update)
    return [
        {
            "test": data.name_of(data.test, test),
            "train": data.name_of(data.train, train),
            "contradictory": bool(contradictory),
        }
        for test, train, contradictory in zip(found.test, found.train, found.contradictory, strict=True)
    ]


def _preview(arguments: argparse.Namespace) -> None:
    from nnstudio.data.sources import preview

    seen = preview(arguments.source, _reading(arguments))
    if arguments.json:
        fields = ("kind", "title", "dtype", "train", "test", "exact", "looked_at", "all_classes")
        print_json(
            {
                **{name: getattr(seen, name) for name in fields},
                "shape": list(seen.shape),
                "range": list(seen.range),
                "classes": [asdict(one) for one in seen.classes],
                "steps": list(seen.steps),
                "notes": list(seen.notes),
                "problems": [asdict(problem) for problem in seen.problems],
                "options": seen.options.model_dump(mode="json"),
            }
        )
        return
    about = "" if seen.exact else "about "
    print(f"{seen.title}: {about}{seen.train:,} training and {seen.test:,} test samples,", end=" ")
    print(f"{shape_text(seen.shape)}, {seen.dtype}, values {seen.range[0]:g} to {seen.range[1]:g}")
    print("\n".join(f"  {line}" for line in (*seen.steps, *seen.notes)))
    rows = [
        (one.name, *("" if n is None else f"{n:,}" for n in (one.train, one.test))) for one in seen.classes
    ]
    print(f"\n{table(('class', 'train', 'test'), rows)}")
    found = f"{len(seen.problems):,} that can't be used" if seen.problems else "nothing wrong"
    print(f"\nlooked at {seen.looked_at}: {found}")
    print("".join(f"  {problem}\n" for problem in seen.problems), end="")


def _convert(arguments: argparse.Namespace) -> None:
    from nnstudio.data.writers import write_dataset

    with progress() as display:
        data = load_dataset(arguments.source, display.update, download=False, reading=_reading(arguments))
        written = write_dataset(data, Path(arguments.out), arguments.to or "", display.update)
    names = [str(path) for path in written]
    if arguments.json:
        print_json({"written": names, "train": len(data.train), "test": len(data.test)})
    else:
        say(f"{len(data.train):,} training and {len(data.test):,} test samples written to {', '.join(names)}")


def _reading(arguments: argparse.Namespace) -> ImportOptions:
    """The options of ``--read field=value``."""
    fields: dict[str, Any] = {}
    for setting in arguments.read:
        name, equals, text = setting.partition("=")
        if not equals:
            allowed = "field=value, such as label=species"
            raise SpecError("--read needs a field and a value", allowed=allowed, received=setting)
        kind = ImportOptions.model_fields[name].annotation if name in ImportOptions.model_fields else str
        pair = None if kind is str else _PAIR.fullmatch(text)
        fields[name] = text if kind is str else [int(pair[1]), int(pair[2])] if pair else value_of(text)
    return ImportOptions.build(fields)


def _balance(counts: tuple[int, ...], classes: tuple[str, ...]) -> str:
    """A sentence about how the training samples spread over the classes."""
    missing = [classes[number] for number in missing_classes(counts)]
    lacking = f"; no samples of {len(missing)}, such as {missing[0]!r}" if missing else ""
    ratio, even = imbalance_ratio(counts), evenness(counts)
    return f"classes: largest to smallest {ratio:.4g} to 1, evenness {even:.3f} of 1{lacking}"


def _download(arguments: argparse.Namespace) -> None:
    with progress() as display:
        data = load_dataset(arguments.source, display.update)
    if arguments.json:
        print_json({"name": data.name, "train": len(data.train), "test": len(data.test)})
    else:
        say(f"{data.title} is ready: {len(data.train):,} training and {len(data.test):,} test samples")
