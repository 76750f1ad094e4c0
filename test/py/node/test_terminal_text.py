"""What a library or a file's name says reaches the terminal as text alone; the same rule as in src/terminal-text.ts."""

import subprocess
import sys
from pathlib import Path

from hypothesis import given
from hypothesis import strategies as st

from medgr2.node.terminal_text import UNSAFE, for_terminal

ROOT = Path(__file__).resolve().parents[3]
EVIL = "\x1b]0;owned\x07\x1b]52;c;ZXZpbA==\x1b\\\x9b31m\u202e\r"


@given(st.text())
def test_moves_nothing_whatever_it_is(text):
    assert not UNSAFE.search(for_terminal(text))


def test_keeps_what_is_harmless():
    assert for_terminal("τ 0.5\tR_φ\n肺 😀") == "τ 0.5\tR_φ\n肺 😀"


def test_a_job_without_node_prints_none():
    command = [sys.executable, "-m", "medgr2", "job", f"{EVIL}.json"]
    told = subprocess.run(command, cwd=ROOT / "py", capture_output=True, check=False)
    assert told.returncode == 2
    text = (told.stdout + told.stderr).decode()
    assert "\\u001b]0;owned" in text
    assert not UNSAFE.search(text)
