"""What to do instead of asking for a feature that these stores lack."""

from __future__ import annotations

from collections.abc import Mapping

from memio.capabilities import Feature

_SCOPE = (
    "leave {label} out (in place of owner, pass the labels that you mean), and the call spans all passages of the "
    "Letta agent; or set {setting} = true in the settings of letta"
)
_TIMES = "leave since and until out, and select among the results by {}"


def of_passages(record_id: str) -> Mapping[str, str]:
    """Return the hints of facts or documents.

    Args:
        record_id: The keyword that names one record.
    """
    return {
        Feature.USER_SCOPE: _SCOPE.format(label="user_id", setting="user_scope"),
        Feature.AGENT_SCOPE: _SCOPE.format(label="agent_id", setting="agent_scope")
        + ". To use another Letta agent, change agent_id in the settings",
        Feature.NAMESPACES: "set namespaces = true in the settings of letta; or leave namespace out, and a read spans "
        "all passages of the Letta agent",
        Feature.CLIENT_IDS: f"leave {record_id} out: Letta chooses the ids; keep your id in the metadata",
        Feature.PUT: "use add, or update with the id that add or a listing returned: Letta chooses the ids",
        Feature.FILTERS: "leave filters out, and filter the result in your code: the metadata is in it",
        Feature.TIME_RANGE: _TIMES.format("created_at"),
        Feature.KEYWORD_SEARCH: "leave mode out: Letta searches passages by meaning only",
        Feature.DATA: "put the value into the metadata, or as text into the content",
    }


OF_HISTORY: Mapping[str, str] = {
    Feature.METADATA: "leave metadata out: Letta keeps none with a message",
    Feature.DATA: "leave data out, or write it as text into the content: Letta keeps only text of a message",
    Feature.CLIENT_IDS: "leave id out: Letta chooses the ids of messages",
    Feature.MESSAGE_TIMESTAMPS: "leave timestamp out: Letta sets the time",
    Feature.ALL_ROLES: "put the text into a message of the user: a Letta session shows user and assistant messages",
    Feature.SEARCH_ALL_SESSIONS: "pass session_id: Letta cannot search all sessions; get_all lists them",
    Feature.DELETE_MESSAGES: "delete the whole session: Letta cannot delete single messages",
    Feature.FILTERS: "leave filters out: Letta keeps no metadata with a message",
    Feature.SEMANTIC_SEARCH: "leave mode out: messages are searched by words only",
    Feature.TIME_RANGE: _TIMES.format("the timestamp of the messages"),
}
