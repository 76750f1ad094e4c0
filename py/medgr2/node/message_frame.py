"""A message on its way from a job: its kind, a blank, and the message as one line of JSON.

The kind stands apart so that whoever passes a message on need not read it: a batch of completions is large.
"""

import json
from typing import Any, NamedTuple

from medgr2.node.message_size import check_size
from medgr2.node.strict_json import strict_dumps


class Frame(NamedTuple):
    #: The `type` of the message.
    kind: str
    #: The whole message, `type` included, as strict JSON.
    text: str

    def read(self) -> dict[str, Any]:
        message: dict[str, Any] = json.loads(self.text)
        return message


def pack(message: dict[str, Any]) -> bytes:
    return f"{message['type']} {check_size(strict_dumps(message))}".encode("ascii")


def unpack(payload: bytes) -> Frame:
    return Frame(*payload.decode("ascii").split(" ", 1))
