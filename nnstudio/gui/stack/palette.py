"""The layers and presets that can be chosen, and the search in them. Read from the registries."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.experiments.presets import PresetInfo, list_presets
from nnstudio.gui.look.tokens import CATEGORIES

_EXACT, _BEGINS, _WORD, _INSIDE, _SYNONYM, _CATEGORY = range(6)
PRESETS = "presets"
FIRST = (
    "Conv2D",
    "DepthwiseConv2D",
    "ReLU",
    "LeakyReLU",
    "GELU",
    "Sigmoid",
    "Tanh",
    "Softmax",
    "MaxPool",
    "AvgPool",
    "BatchNorm",
    "Dropout",
    "SpatialDropout",
)
"""Titles of what people look for most, in the order in which a category begins with them."""
MANY, SHOWN = 8, 6
"""A category of more than ``MANY`` layers shows ``SHOWN`` of them until it is unfolded."""


class Choice:
    """A line of the list that can be searched for."""

    @property
    def title(self) -> str:
        """Its name."""
        raise NotImplementedError

    @property
    def category(self) -> str:
        """Its category."""
        raise NotImplementedError

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Other words that find it."""
        return ()

    def rank(self, query: str) -> int | None:
        """How well it matches a search, 0 the best; None if not every word of it is found."""
        words = query.lower().split()
        ranks = [self._rank_word(word) for word in words]
        if any(rank is None for rank in ranks):
            return None
        whole = self._rank_word(" ".join(words))
        found = [rank for rank in (*ranks, whole) if rank is not None]
        return min(found) if whole is not None else max(found, default=0)

    def _rank_word(self, word: str) -> int | None:
        title = self.title.lower()
        if title == word:
            return _EXACT
        if title.startswith(word):
            return _BEGINS
        if word in title:
            return _INSIDE
        synonyms = [synonym.lower() for synonym in self.synonyms]
        if any(synonym.startswith(word) for synonym in synonyms):
            return _WORD
        if any(word in synonym for synonym in synonyms):
            return _SYNONYM
        return _CATEGORY if word in self.category else None


@dataclass(frozen=True)
class Entry(Choice):
    """A layer of the list.

    Attributes:
        layer: What it inserts.
    """

    layer: LayerSpec

    @property
    def title(self) -> str:
        """Its name."""
        return self.layer.title

    @property
    def category(self) -> str:
        """Its category."""
        return self.layer.category

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Those of the layer, and its type."""
        return (*self.layer.synonyms, self.layer.type_name())


@dataclass(frozen=True)
class PresetEntry(Choice):
    """A preset of the list.

    Attributes:
        preset: What it loads.
    """

    preset: PresetInfo

    @property
    def title(self) -> str:
        """Its name."""
        return self.preset.title

    @property
    def category(self) -> str:
        """All presets stand together."""
        return PRESETS

    @property
    def synonyms(self) -> tuple[str, ...]:
        """Its name on the command line."""
        return (self.preset.name,)


def preset_entries() -> list[PresetEntry]:
    """One entry per preset."""
    return [PresetEntry(preset) for preset in list_presets()]


def palette(kinds: Iterable[type[LayerSpec]] | None = None) -> dict[str, list[Entry]]:
    """The entries of every category that has any, in the order of the design.

    Args:
        kinds: Layer classes; all registered ones by default.
    """
    groups: dict[str, list[Entry]] = {category: [] for category in CATEGORIES}
    for kind in LAYERS if kinds is None else kinds:
        for layer in kind.palette():
            groups.setdefault(layer.category, []).append(Entry(layer))
    return {category: sorted(entries, key=_order) for category, entries in groups.items() if entries}


def folded(entries: list[Entry]) -> list[Entry]:
    """Those that a long category keeps behind "5 more"."""
    return entries[SHOWN:] if len(entries) > MANY else []


def _order(entry: Entry) -> int:
    return FIRST.index(entry.title) if entry.title in FIRST else len(FIRST)


def best_match(entries: Iterable[Choice], query: str) -> Choice | None:
    """The entry that Enter inserts for a search, or None if nothing matches.

    A layer that a word of its own finds comes before presets whose name only begins like that: a preset
    replaces the whole network.
    """
    ranked = [(rank, entry) for entry in entries if (rank := entry.rank(query)) is not None]
    return min(ranked, key=_precedence)[1] if ranked else None


def _precedence(ranked: tuple[int, Choice]) -> tuple[bool, int]:
    rank, entry = ranked
    return rank > (_WORD if isinstance(entry, Entry) else _EXACT), rank
