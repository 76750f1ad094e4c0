"""How long a message between a job, the supervisor and Node may be, and what is said of a longer one."""

#: Longest message, in characters of JSON. Anything larger is data, and data passes in files.
LONGEST_MESSAGE = 64 * 1024 * 1024


class MessageTooLarge(ValueError):
    """A value that belongs into a file."""


def check_size(text: str) -> str:
    """The text, where it is short enough to be sent."""
    if len(text) > LONGEST_MESSAGE:
        most = f"{LONGEST_MESSAGE >> 20} Mi characters at most"
        raise MessageTooLarge(f"a message of {len(text) >> 20} Mi characters is too large for the bridge ({most})")
    return text
