"""The rows of messages, and what a message that is there already is for its neighbours."""

from __future__ import annotations

from collections.abc import Sequence
from datetime import timedelta, timezone
from typing import Any, NamedTuple

from memio.models import Message, Role
from memio.owners import Owner
from memio.providers.postgres._db.connection import Row as Columns
from memio.providers.postgres._rows.keys import key_of
from memio.providers.postgres._search import Spoken, Words, conversation_words
from memio.toolkit import date_words, same_json, trusted
from memio.toolkit.values import from_microseconds, new_id, read_data, read_metadata, seconds_from_utc, to_microseconds

COLUMNS = (
    "r.seq, r.id, r.role, r.name, r.timestamp, r.metadata, r.content, r.data, s.id AS session_id, "
    "o.user_id, o.agent_id, o.namespace"
)
"""What is read of a message `r`, its session `s` and their owner `o`, for `read`."""

SHORT = 1_000
"""How many characters a message has at most whose words depend on its neighbours."""

HEARD = f"r.key, r.seq, substr(r.content, 1, {SHORT + 1}) AS content, r.name, r.timestamp, r.utc_offset"
"""What is read of a message `r` for `Heard`."""

AROUND = 3
"""How many messages before a change, and after it, are needed for the words that change with it."""

_make_message = trusted(Message)


class New(NamedTuple):
    """A message to store. Its time is in microseconds, and the offset from UTC where it was sent in seconds."""

    id: str
    role: Role
    name: str | None
    timestamp: int
    utc_offset: int
    metadata: dict[str, Any]
    content: str
    data: Any

    @property
    def key(self) -> bytes:
        """The hash of its id."""
        return key_of(self.id)

    def spoken(self) -> Spoken:
        """Return the message as the search gets it."""
        return Spoken(self.content, self.name, _day_of(self.timestamp, self.utc_offset))

    def stored(self, session_id: str, owner: Owner) -> Message:
        """Return the message as it is stored."""
        return _make_message(
            role=self.role,
            content=self.content,
            name=self.name,
            metadata=self.metadata,
            data=self.data,
            timestamp=from_microseconds(self.timestamp),
            id=self.id,
            session_id=session_id,
            user_id=owner.user_id,
            agent_id=owner.agent_id,
            namespace=owner.namespace,
        )


class Heard(NamedTuple):
    """A message that is there already, as its neighbours need it; of a long one the beginning."""

    key: bytes
    seq: int
    content: str
    name: str | None
    timestamp: int
    utc_offset: int

    def spoken(self) -> Spoken:
        """Return the message as the search gets it."""
        return Spoken(self.content, self.name, _day_of(self.timestamp, self.utc_offset))


def new(message: Message, moment: int) -> New:
    """Return a message to store.

    Args:
        message: What a caller gave.
        moment: The time of one that has none, in microseconds.
    """
    timestamp = message.timestamp
    return New(
        id=message.id or new_id(),
        role=message.role,
        name=message.name,
        timestamp=moment if timestamp is None else to_microseconds(timestamp),
        utc_offset=0 if timestamp is None else seconds_from_utc(timestamp),
        metadata=message.metadata,
        content=message.content,
        data=message.data,
    )


def read(columns: Columns, score: float | None = None) -> Message:
    """Return the message of some columns, with a score where it was searched for."""
    _, message_id, role, name, timestamp, metadata, content, data, session_id, user, agent, namespace = columns[:12]
    return _make_message(
        role=role,
        content=content,
        name=name,
        metadata=read_metadata(metadata),
        data=read_data(data),
        timestamp=from_microseconds(timestamp),
        id=message_id,
        session_id=session_id,
        user_id=user,
        agent_id=agent,
        namespace=tuple(namespace),
        score=score,
    )


def is_same(stored: Message | New, given: Message) -> bool:
    """Return whether adding a message again means one that is stored, or is about to be."""
    return (
        (stored.role, stored.content, stored.name) == (given.role, given.content, given.name)
        and same_json(stored.metadata, given.metadata)
        and same_json(stored.data, given.data)
    )


def words_of_some(
    before: Sequence[Heard], messages: Sequence[Heard | New], after: Sequence[Heard]
) -> list[tuple[Heard | New, Words]]:
    """Return messages of a session with their words, those left out that are there, and whose words stay.

    Args:
        before: Messages before the first of them, in order.
        messages: The messages, one after the other.
        after: Messages after the last of them, in order.
    """
    words = conversation_words(
        [message.spoken() for message in before[-2:]],
        [message.spoken() for message in messages],
        [message.spoken() for message in after[:1]],
    )
    return [
        (message, some)
        for message, some in zip(messages, words, strict=True)
        if isinstance(message, New) or len(message.content) <= SHORT
    ]


def _day_of(timestamp: int, utc_offset: int) -> str:
    """Return the words of the day of a message where it was sent."""
    moment = from_microseconds(timestamp)
    return date_words(moment.astimezone(timezone(timedelta(seconds=utc_offset))) if utc_offset else moment)
