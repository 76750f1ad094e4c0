"""Every `medgr2.…` that a file names is there: what a skipped test patches or runs by name alone is seen by nobody."""

import ast
import re
from functools import cache
from pathlib import Path

import pytest

ROOT = Path(__file__).resolve().parents[3]
NAMED = re.compile(r"(?<![\w/.@-])medgr2((?:\.[a-z_]\w*)+)(?!\w*/)")
#: What is said of the past, and files that are called so.
SAID = {"medgr2.channel", "medgr2.yaml", "medgr2.yml", "medgr2.json", "medgr2.log"}
KINDS = {".py", ".ts", ".tsx", ".mjs", ".ipynb", ".toml", ".json", ".md"}


def files():
    places = ("py", "test", "src", "notebooks", "configs")
    found = [path for place in places for path in (ROOT / place).rglob("*") if path.suffix in KINDS]
    return [path for path in [*found, ROOT / "package.json", ROOT / "README.md"] if path.stat().st_size < 400_000]


@cache
def names_in(module):
    """What a module has at its top level, imports among it."""
    found = set()
    for node in ast.walk(ast.parse(module.read_text(encoding="utf-8"))):
        if isinstance(node, ast.FunctionDef | ast.ClassDef):
            found.add(node.name)
        elif isinstance(node, ast.Import | ast.ImportFrom):
            found.update(alias.asname or alias.name for alias in node.names)
        elif isinstance(node, ast.Name) and isinstance(node.ctx, ast.Store):
            found.add(node.id)
    return found


def is_there(dotted):
    place = ROOT / "py" / "medgr2"
    for index, part in enumerate(dotted):
        if (place / part).is_dir():
            place = place / part
            continue
        module = place / f"{part}.py"
        rest = dotted[index + 1 :]
        return (
            rest == [] or rest[0] in names_in(module) if module.is_file() else part in names_in(place / "__init__.py")
        )
    return True


def test_what_is_named_is_there():
    wrong, seen = [], 0
    for path in files():
        for match in NAMED.finditer(path.read_text(encoding="utf-8")):
            seen += 1
            if match.group(0) not in SAID and not is_there(match.group(1)[1:].split(".")):
                wrong.append(f"{path.relative_to(ROOT)}: {match.group(0)}")
    assert wrong == []
    assert seen > 500


@pytest.mark.parametrize("gone", ["models.four_bit.no_such", "load_models"])
def test_the_check_can_fail(gone):
    assert is_there(["training", "lora", "lora_config"])
    assert not is_there(gone.split("."))
