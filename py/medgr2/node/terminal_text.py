"""What others wrote (a file's name, a library's message) as a terminal may be given it; see src/terminal-text.ts."""

import re

#: C0 without tab and line end, DEL, C1, and the embeddings, overrides and isolates of bidirectional text.
UNSAFE = re.compile("[\x00-\x08\x0b-\x1f\x7f-\x9f\u202a-\u202e\u2066-\u2069]")


def for_terminal(text: str) -> str:
    """Each such character as `\\u001b`: visible, and without effect."""
    return UNSAFE.sub(lambda found: f"\\u{ord(found.group()):04x}", text)
