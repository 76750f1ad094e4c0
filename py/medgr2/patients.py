"""Who is a patient, and pseudonyms. What de-identified data write in place of a number names nobody."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
from collections.abc import Callable
from pathlib import Path

KEY_VARIABLE = "MEDGR2_PSEUDONYM_KEY"

NOBODY = re.compile(
    r"(?:anon(?:ym(?:ous|i[sz]ed)?)?|unknown|unk|unspecified|undefined|none|null|nil|nan|n/?a|n\.a\.|not available"
    r"|not known|missing|empty|blank|no ?name|nobody|de-?identified|removed|redacted|deleted|hidden|private"
    r"|confidential|patient|pat|subject|id|test|x+|0+|-+|_+|\*+|\?+|\.+|#+)",
    re.IGNORECASE,
)
"""The same words as `src/dataset/import/patients.ts`; both languages read `test/golden/no-patients.json`."""


def patient_or_none(text: str) -> str | None:
    """None for no text, and for what stands where a patient's number was taken out."""
    name = re.sub(r"[\s^_]+", " ", text.strip()).strip()
    return None if name == "" or NOBODY.fullmatch(name) else text.strip()


def pseudonymiser(key_file: str | None = None) -> Callable[[str], str]:
    """Names that cannot be turned back: HMAC with the key of MEDGR2_PSEUDONYM_KEY, of a file, or one that nobody keeps.

    A plain hash of a patient number could be undone by trying all numbers.
    """
    given = os.environ.get(KEY_VARIABLE, "")
    if not given and key_file is not None:
        given = Path(key_file).read_text(encoding="utf-8").strip()
    key = given.encode() or secrets.token_bytes(32)
    return lambda name: hmac.new(key, name.encode(), hashlib.sha256).hexdigest()[:16]
