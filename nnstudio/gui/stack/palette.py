"""The layers that can be inserted, by category, and the search in them. Read from the registry."""

from __future__ import annotations

from collections.abc import Iterable
from dataclasses import dataclass

from nnstudio.core.layer import LAYERS, LayerSpec
from nnstudio.gui.tokens import CATEGORIES

_EXACT, _BEGINS, _WORD, _INSIDE, _SYNONYM, _CATEGORY = range(6)


@dataclass(frozen=True)
class Entry:
    """A line of the layer list.

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
        synonyms = [synonym.lower() for synonym in (*self.layer.synonyms, self.layer.type_name())]
        if word in synonyms:
            return _WORD
        if any(word in synonym for synonym in synonyms):
            return _SYNONYM
        return _CATEGORY if word in self.category else None


def palette(kinds: Iterable[type[LayerSpec]] | None = None) -> dict[str, list[Entry]]:
    """The entries of every category that has any, in the order of the design.

    Args:
        kinds: Layer classes; all registered ones by default.
    """
    groups: dict[str, list[Entry]] = {category: [] for category in CATEGORIES}
    for kind in LAYERS if kinds is None else kinds:
        for layer in kind.palette():
            groups.setdefault(layer.category, []).append(Entry(layer))
    return {category: entries for category, entries in groups.items() if entries}


def best_match(entries: Iterable[Entry], query: str) -> Entry | None:
    """The entry that Enter inserts for a search, or None if nothing matches."""
    ranked = [(rank, entry) for entry in entries if (rank := entry.rank(query)) is not None]
    return min(ranked, key=lambda pair: pair[0])[1] if ranked else None
