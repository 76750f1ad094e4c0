"""Who is a patient, and pseudonyms. What de-identified data write in place of a number names nobody."""

from __future__ import annotations

import hashlib
import hmac
import os
import re
import secrets
import unicodedata
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


def patient_key(patient: str) -> str:
    """What pseudonyms are made of: tables and headers write one number in other case, width or spacing.

    As `src/dataset/patient-key.ts` has it; both languages read `test/golden/patient-keys.json`.
    """
    plain = re.sub(r"[\s\x00-\x1f\x7f-\x9f\ufeff^_]+", "_", unicodedata.normalize("NFKC", patient))
    plain = plain.removeprefix("_").removesuffix("_")
    plain = re.sub(r"^SUB[-_](?=.)", "", plain, flags=re.IGNORECASE)  # BIDS names its folders so
    # Spreadsheets take a number's leading zeros off, and write 17 as 17.0 where some rows have none.
    return re.sub(r"^0*([0-9]+?)(?:\.0+)?$", r"\1", plain, flags=re.ASCII).upper()


def pseudonymiser(key_file: str | None = None) -> Callable[[str], str]:
    """Names that cannot be turned back: HMAC with the key of MEDGR2_PSEUDONYM_KEY, of a file, or one that nobody keeps.

    A plain hash of a patient number could be undone by trying all numbers.
    """
    given = os.environ.get(KEY_VARIABLE, "")
    if not given and key_file is not None:
        given = Path(key_file).read_text(encoding="utf-8").strip()
    key = given.encode() or secrets.token_bytes(32)

    def pseudonym(name: str) -> str:
        # Names of files may be no text.
        return hmac.new(key, patient_key(name).encode("utf-8", "surrogatepass"), hashlib.sha256).hexdigest()[:16]

    return pseudonym
