"""What to do instead of asking for a feature that these stores lack."""

USER_SCOPE = (
    "leave user_id out, and the call spans all passages of the agent; or set user_scope = true in the settings of letta"
)
AGENT_SCOPE = (
    "leave agent_id out, and the call spans all passages of the agent; or set agent_scope = true in the settings of "
    "letta. To use another Letta agent, change agent_id in the settings"
)
CLIENT_IDS = "leave {} out: Letta chooses the ids; keep your id in the metadata"
FILTERS = "leave filters out, and filter the result in your code: the metadata is in it"
ALL_ROLES = "put the text into a message of the user: a Letta session shows user and assistant messages"
MESSAGE_METADATA = "leave metadata out: Letta keeps none with a message"
MESSAGE_IDS = "leave id out: Letta chooses the ids of messages"
MESSAGE_TIMESTAMPS = "leave timestamp out: Letta sets the time"
SEARCH_ALL_SESSIONS = "pass session_id: Letta cannot search all sessions; get_all lists them"
