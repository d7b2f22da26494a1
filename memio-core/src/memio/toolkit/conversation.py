"""What the index holds for messages, and what changes in it when a conversation does.

An answer often makes sense only together with its question, so a short message is found by the words of the two before
it and the one after it as well. A long message needs no context. Of a neighbour the beginning counts.
"""

from __future__ import annotations

from collections.abc import Callable, Iterable, Iterator, Sequence
from itertools import chain

from memio.toolkit.entries import Entry, context_of, in_context, own_words

SHORT = 1_000
"""How many characters a message with context has at most."""
_BEGINNING = 400
"""How many characters of a message are context of others."""


class Utterance:
    """A message in its place in a conversation.

    Args:
        seq: The number of its row.
        name: Who wrote it, where that is known.
        content: Its text. Of a long message that is only context of others, a beginning longer than `SHORT` is enough.
        more: Returns the words of its day, and its tags. It is called when the entry of the message is needed.
    """

    def __init__(self, seq: int, name: str | None, content: str, more: Callable[[], tuple[str, str]]) -> None:
        self.seq = seq
        self.short = len(content) <= SHORT
        self._name = name
        self._content = content
        self._more = more
        self._own: tuple[Entry, str] | None = None
        self._context: str | None = None

    @property
    def context(self) -> str:
        """What the message is as context of others."""
        if self._context is None:
            beginning = self._content[:_BEGINNING]
            self._context = context_of(beginning if self._name is None else f"{self._name}: {beginning}")
        return self._context

    def entry(self, around: Iterable[Utterance | None]) -> Entry:
        """Return what the index holds for the message among these neighbours."""
        context = " ".join(other.context for other in around if other is not None) if self.short else ""
        own, tags = self._own_part()
        return in_context(own, tags, context)

    def _own_part(self) -> tuple[Entry, str]:
        """Return its own words and its tags, which are the same whatever its neighbours are."""
        if self._own is None:
            day, tags = self._more()
            self._own = own_words(self._content, day=day, name=self._name), tags
        return self._own


Around = tuple["Utterance | None", "Utterance | None", "Utterance | None"]
"""The second message before one, the message before it, and the message after it."""


def entries(conversation: Iterable[Utterance]) -> Iterator[tuple[int, Entry]]:
    """Yield `seq` and entry of every message of a whole conversation, given in order."""
    return ((utterance.seq, utterance.entry(around)) for utterance, around in _placed(conversation))


def changes(old: Sequence[Utterance], new: Sequence[Utterance]) -> Iterator[tuple[int, Entry | None, Entry | None]]:
    """Yield `seq`, old and new entry of each message whose entry changes, as `TextIndex.change` takes them.

    Args:
        old: A part of a conversation, in order.
        new: The same part afterwards; it is fastest with the same objects for the messages that stay. Where the
            conversation goes on before the part or after it, the part has three messages there that stay.
    """
    before = {utterance.seq: (utterance, around) for utterance, around in _placed(old)}
    for utterance, around in _placed(new):
        was = before.pop(utterance.seq, None)
        if was is None:
            yield utterance.seq, None, utterance.entry(around)
        elif utterance.short and was[1] != around:
            yield utterance.seq, was[0].entry(was[1]), utterance.entry(around)
    for utterance, around in before.values():
        yield utterance.seq, utterance.entry(around), None


def _placed(conversation: Iterable[Utterance]) -> Iterator[tuple[Utterance, Around]]:
    """Yield each message with its neighbours."""
    second: Utterance | None = None
    first: Utterance | None = None
    current: Utterance | None = None
    for following in chain(conversation, (None,)):
        if current is not None:
            yield current, (second, first, following)
            second, first = first, current
        current = following
