"""`memio.history`, without async."""

# Written by tools/generate_blocking.py from facades/history.py: change that, and run the script.

from __future__ import annotations

from collections.abc import Iterator, Sequence

from memio._call.labels import OMITTED
from memio.blocking._runtime.pages import pages
from memio.blocking._runtime.runner import listed
from memio.blocking.facade import Facade
from memio.facades.facade import PAGE
from memio.facades.history import History as AsyncHistory
from memio.models import Message, Page, Turn
from memio.protocols import Start


class History(Facade[AsyncHistory]):
    """Conversations: sessions of messages.

    A session begins with its first message and ends with its deletion; reading an unknown one is
    empty. Session ids are unique per owner: two users may both have a session `default`. Every
    method takes the owner, `user_id`, a label of the application. Given, a call is confined to the
    sessions of exactly that user; left out, it spans all. Arguments beyond the text need a feature
    of the provider, see `features`; asking for one that is missing raises `NotSupportedError` and
    changes nothing.
    """

    __slots__ = ()

    def add(self, *, session_id: str, messages: Sequence[Message], user_id: str = OMITTED) -> Turn:
        """Append messages to a session, all or none.

        Args:
            session_id: The session; it begins with its first message.
            messages: The messages, oldest first. One whose `id` is stored already, with the same
                content, is not stored again, so a call with ids may be repeated.
            user_id: The user that the session belongs to.

        Returns:
            The messages as stored, and what the backend's agent answered, where it does. Providers
            with the guarantee `silent_append` never answer.

        Raises:
            ConflictError: A message id is taken by another message of this session.
            InvalidInputError: An argument cannot be honoured; nothing was changed.
            NotSupportedError: The provider lacks a feature that the call asks for.

        Example:
            >>> from memio import Message
            >>> from memio.blocking import Memio
            >>> def main():
            ...     with Memio.from_config({"history": {"provider": "sqlite", "path": ":memory:"}}) as memio:
            ...         hello = Message(role="user", content="hello")
            ...         memio.history.add(session_id="s1", messages=[hello], user_id="alice")
            ...         return memio.history.get("s1", user_id="alice")
            >>> [message.content for message in main()]
            ['hello']
        """
        return self._runner.call(self._async.add, session_id=session_id, messages=listed(messages), user_id=user_id)

    def get(
        self,
        session_id: str,
        *,
        limit: int = 50,
        cursor: str | None = None,
        start: Start = "latest",
        user_id: str = OMITTED,
    ) -> Page[Message]:
        """Return a page of a session, oldest message first.

        Args:
            session_id: The session; an unknown one is empty.
            limit: How many messages at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            start: From `latest`, the first page holds the newest messages, and the cursor goes back in
                time; from `oldest`, it goes forward.
            user_id: Only the session of this user. Left out, sessions of several users under this id
                are read together, in the order in which messages were added.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        return self._runner.call(self._async.get, session_id, limit=limit, cursor=cursor, start=start, user_id=user_id)

    def iter_messages(self, session_id: str, *, page_size: int = PAGE, user_id: str = OMITTED) -> Iterator[Message]:
        """Iterate over all messages of a session, oldest first, each once.

        Args:
            session_id: The session; an unknown one is empty.
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            user_id: Only the session of this user.
        """
        return pages(
            lambda cursor: self._part(
                "get", {"session_id": session_id, "limit": page_size, "cursor": cursor, "start": "oldest"}, user_id
            )
        )

    def get_all(self, *, limit: int = 100, cursor: str | None = None, user_id: str = OMITTED) -> Page[str]:
        """Return a page of session ids, in the order of their first messages.

        Args:
            limit: How many at most, 1 to 1000.
            cursor: The `next_cursor` of the page before; leave it out for the first page.
            user_id: Only sessions of this user.

        Returns:
            A list with `next_cursor`, which is `None` on the last page.
        """
        return self._runner.call(self._async.get_all, limit=limit, cursor=cursor, user_id=user_id)

    def iter_all(self, *, page_size: int = PAGE, user_id: str = OMITTED) -> Iterator[str]:
        """Iterate over all session ids, in the order of their first messages, each once.

        Args:
            page_size: How many are fetched at once, 1 to 1000; of large records the store may send fewer.
            user_id: Only sessions of this user.
        """
        return pages(lambda cursor: self._part("get_all", {"limit": page_size, "cursor": cursor}, user_id))

    def search(
        self, query: str, *, limit: int = 10, session_id: str = OMITTED, user_id: str = OMITTED
    ) -> list[Message]:
        """Return the messages that match a query best, best first.

        Args:
            query: Any text; it is data, never syntax.
            limit: How many at most, 1 to 1000.
            session_id: Only messages of this session; left out, those of all sessions, which needs
                the feature `search_all_sessions`.
            user_id: Only messages of this user.
        """
        return self._runner.call(self._async.search, query, limit=limit, session_id=session_id, user_id=user_id)

    def delete(self, session_id: str, *, user_id: str = OMITTED) -> None:
        """Delete a session with all its messages. Deleting an unknown one does nothing.

        Args:
            session_id: The session.
            user_id: Only the session of this user.

        Raises:
            ConflictError: Several users have a session of this id; pass the owner.
        """
        self._runner.call(self._async.delete, session_id, user_id=user_id)

    def delete_all(self, *, user_id: str = OMITTED) -> None:
        """Delete every session in scope: those of one user, or all of them when no user is given."""
        self._runner.call(self._async.delete_all, user_id=user_id)
