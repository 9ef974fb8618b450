"""``nnstudio data``: list, inspect and download data sets."""

from __future__ import annotations

import argparse
from dataclasses import asdict

from nnstudio.cli.output import print_json, progress, say, table
from nnstudio.core.layer import shape_text
from nnstudio.data.balance import evenness, imbalance_ratio, missing_classes
from nnstudio.data.catalog import list_datasets, load_dataset


def run(arguments: argparse.Namespace) -> None:
    """Runs one of the actions."""
    {"list": _list, "info": _info, "download": _download}[arguments.action](arguments)


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
        data = load_dataset(arguments.source, display.update, download=False)
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
            }
        )
        return
    print(f"{data.title}: {len(data.train):,} training and {len(data.test):,} test samples,", end=" ")
    print(f"{shape_text(data.shape)}, {data.train.x.dtype}\n")
    rows = [(name, f"{a:,}", f"{b:,}") for name, a, b in zip(data.classes, train, test, strict=True)]
    print(table(("class", "train", "test"), rows))
    print(f"\n{_balance(train, data.classes)}")


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
