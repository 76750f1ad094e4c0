"""test/golden/image-rules.json, by which TypeScript plans, says what each family's processor does."""

from __future__ import annotations

import json
from pathlib import Path

from image_rules_golden import GOLDEN, golden


def test_the_golden_file_is_what_the_processors_make(tmp_path: Path) -> None:
    for found, kept in zip(golden(tmp_path), json.loads(GOLDEN.read_text()), strict=True):
        assert found == kept
