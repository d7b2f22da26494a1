"""Laws about sessions: which there are, and what belongs to each."""

# ruff: noqa: D103  # a law is documented by what it means, in its declaration

from __future__ import annotations

import asyncio
from typing import Any

from memio.capabilities import Guarantee
from memio_contract.expect import all_pages, equal
from memio_contract.law import law
from memio_contract.lawbook._kinds import HISTORY
from memio_contract.lawbook.conversations import from_user, texts_of
from memio_contract.values import NAMES
from memio_contract.world import World

_S = "session"


@law(
    "get.unknown",
    kinds=HISTORY,
    means="Reading a session that does not exist, or no longer exists, is empty.",
    look_at="a missing session: it is an empty page without a cursor, no error, and reading does not create it",
)
async def get_unknown(w: World) -> None:
    message = await w.history.add("words", group="gone")
    await w.history.delete(message)
    for session in (message.session_id, w.history.session("never"), w.history.session("gon")):
        for start in ("latest", "oldest"):
            page = await w.history.page(session, None, limit=5, start=start)
            equal(
                (list(page), page.next_cursor), ([], None), f"the page of a session that does not exist, from {start}"
            )
    equal(await w.history.sessions(), [], "the sessions that are listed after that")


@law(
    "delete.unknown",
    kinds=HISTORY,
    means="Deleting a session that does not exist does nothing.",
    look_at="a missing session: deleting it is not an error, and deletes no other",
)
async def delete_unknown(w: World) -> None:
    kept = await w.history.add("words", group="kept")
    for name in ("never", "kep", "kept%", "k_pt"):
        await w.history.delete(w.history.session(name))
    equal(await w.history.sessions(), [kept.session_id], "the sessions that are listed after that")
    await w.history.delete(kept)
    await w.history.delete(kept)


@law(
    "delete.starts-anew",
    kinds=HISTORY,
    means="A session that is used again after it was deleted holds only the new messages.",
    look_at="messages that stay behind their session, and marks that keep a deleted session hidden",
)
async def starts_anew(w: World) -> None:
    session = w.history.session(_S)
    await w.history.append(session, from_user("old words 1"), from_user("old words 2"))
    await w.history.delete(session)
    await w.history.append(session, from_user("new words"))
    equal(texts_of(await w.history.read(session)), ["new words"], "the session after it was deleted and used again")
    equal(await w.history.sessions(), [session], "the sessions that are listed")


@law(
    "sessions.in-order",
    kinds=HISTORY,
    means="Sessions are listed once each, in the order of their first messages, whatever the size of the pages.",
    look_at="an order by the last message or by name, the border between two pages, and one row per message",
)
async def sessions_in_order(w: World) -> None:
    names = [w.history.session(name) for name in ("m", "z", "a", "Z", "b", "10", "9")]
    for name in names:
        await w.history.append(name, from_user("first words"))
    for name in (names[2], names[0], names[0]):
        await w.history.append(name, from_user("more words"))
    for limit in (1, 2, 6, 7, 8, 100):
        equal(await w.history.sessions(limit=limit), names, f"the sessions that are listed with limit={limit}")


@law(
    "sessions.survive-deletes",
    kinds=HISTORY,
    means="The listing of sessions is complete while the sessions that it delivered are deleted and others begin.",
    look_at="cursors by position (OFFSET), and cursors that need the session at which they point",
)
async def sessions_survive(w: World) -> None:
    names = [w.history.session(f"s{number}") for number in range(7)]
    for name in names:
        await w.history.append(name, from_user("words"))

    async def delete(page: list[Any]) -> None:
        for session in page:
            await w.history.delete(session.id)

    seen = await all_pages(
        lambda cursor: w.history.api.get_all(limit=2, cursor=cursor, **w.home), limit=2, most=60, between=delete
    )
    equal([session.id for session in seen], names, "the sessions that were listed while each page was deleted")
    equal(await w.history.sessions(), [], "the sessions after every one was deleted")


@law(
    "sessions.apart",
    kinds=HISTORY,
    means="Sessions whose names look alike are different sessions.",
    look_at="exact comparison of session ids: no prefix, no LIKE, no case folding, no joined keys, no file names",
    over=NAMES,
)
async def sessions_apart(w: World, names: list[str]) -> None:
    names = [w.history.session(name) for name in dict.fromkeys(names)]
    for number, name in enumerate(names):
        await w.history.append(name, from_user(f"words {number}"))
    equal(await w.history.sessions(), names, "the sessions that are listed")
    for number, name in enumerate(names):
        found = [(message.session_id, message.content) for message in await w.history.read(name)]
        equal(found, [(name, f"words {number}")], f"session and text of what session {name!r} holds")
        hits = await w.history.api.search(query="words", limit=200, session_id=name, **w.home)
        strange = sorted({hit.session_id for hit in hits} - {name})
        equal(strange, [], f"the other sessions of what a search in session {name!r} finds")
    await w.history.delete(names[0])
    equal(await w.history.sessions(), names[1:], f"the sessions that are listed after {names[0]!r} was deleted")


@law(
    "concurrent.one-session",
    kinds=HISTORY,
    needs=(Guarantee.READ_YOUR_WRITES,),
    means="Messages that two clients add at once to a new session are in one session, in the order of each call.",
    look_at="the look for the session, and its creation: they need one transaction, or a unique index",
)
async def one_session(w: World) -> None:
    session = w.history.session(_S)
    one, two = w.history, w.subject_of(w.open())
    tasks = w.profile.tasks
    histories: list[Any] = [one, two] * tasks
    await asyncio.gather(
        *(
            history.append(session, from_user(f"{number} first"), from_user(f"{number} second"))
            for number, history in zip(range(tasks), histories, strict=False)
        )
    )
    equal(await w.history.sessions(), [session], "the sessions that are listed")
    texts = texts_of(await w.history.read(session))
    expected = sorted(f"{number} {part}" for number in range(tasks) for part in ("first", "second"))
    equal(sorted(texts), expected, "the texts of the session, sorted")
    late = [n for n in range(tasks) if texts.index(f"{n} first") > texts.index(f"{n} second")]
    equal(late, [], "the calls whose messages are not in their order")
