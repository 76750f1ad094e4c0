"""The notebooks as they are: with what they showed, and executed one after the other at the smallest size there is."""

from __future__ import annotations

import json
from pathlib import Path

import nbformat
import pytest
from nbclient import NotebookClient

from medgr2.shares import percent

ROOT = Path(__file__).resolve().parents[3]
NOTEBOOKS = sorted((ROOT / "notebooks").glob("*.ipynb"))

# One step of everything: this is about the notebooks, not about the loop.
SETTINGS = [
    "data.seed=12",
    "data.test=6",
    "data.pool=4",
    "generation.imagesPerCycle=3",
    "rewardModel.warmStartSteps=0",
    "rewardModel.steps=1",
    "rewardModel.retrainAfterLast=false",
    "sft.maxSteps=1",
    "grpo.maxSteps=1",
]


def outputs(notebook: nbformat.NotebookNode, cell_id: str) -> str:
    """Text that a cell printed or showed."""
    cell = next(cell for cell in notebook.cells if cell["id"] == cell_id)
    return "".join(output.get("text", "") or output.get("data", {}).get("text/plain", "") for output in cell.outputs)


def execute(name: str) -> nbformat.NotebookNode:
    notebook = nbformat.read(ROOT / "notebooks" / name, as_version=4)
    place = {"metadata": {"path": str(ROOT)}}
    return NotebookClient(notebook, timeout=3000, kernel_name="python3", resources=place).execute()


def has_picture(notebook: nbformat.NotebookNode, cell_id: str) -> bool:
    cell = next(cell for cell in notebook.cells if cell["id"] == cell_id)
    return any("image/png" in output.get("data", {}) for output in cell.outputs)


@pytest.mark.parametrize("path", NOTEBOOKS, ids=lambda path: path.name)
def test_is_stored_with_what_it_shows(path: Path) -> None:
    notebook = nbformat.read(path, as_version=4)
    nbformat.validate(notebook)
    shown = [output for cell in notebook.cells if cell.cell_type == "code" for output in cell.outputs]
    assert shown
    assert not [output for output in shown if output.output_type == "error"]
    # No name of the machine that it was executed on.
    assert not [
        output for output in shown if "/work/" in str(output) or "/tmp/" in str(output) or "/home/" in str(output)
    ]


def test_reads_a_run_that_has_just_begun(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    (tmp_path / "events.jsonl").write_text('{"time":"2026-01-01T00:00:00Z","type":"notice","message":"x"}\n{"time":"20')
    monkeypatch.setenv("MEDGR2_RUN_DIR", str(tmp_path))
    analysed = execute("analyse-a-run.ipynb")
    assert "no result yet" in outputs(analysed, analysed.cells[1]["id"])
    assert "nothing has been accepted yet" in "".join(
        outputs(analysed, cell["id"]) for cell in analysed.cells[1:] if cell.cell_type == "code"
    )


def test_drive_a_run_then_analyse_it(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    run_dir = tmp_path / "run"
    monkeypatch.setenv("MEDGR2_RUN_DIR", str(run_dir))
    monkeypatch.setenv("MEDGR2_CONFIG", str(ROOT / "configs" / "smoke.yaml"))
    monkeypatch.setenv("MEDGR2_SET", " ".join(SETTINGS))

    driven = execute("drive-a-run.ipynb")
    result = json.loads((run_dir / "result.json").read_text())
    assert result["status"] == "complete"
    assert "cycle 1  evaluate-grpo" in outputs(driven, "run")
    assert f"base accuracy {percent(result['baseAccuracy'])}" in outputs(driven, "figures")

    analysed = execute("analyse-a-run.ipynb")
    assert str(result["cycles"][0]["candidates"]) in outputs(analysed, "cycles")
    assert has_picture(analysed, "scores")
    assert has_picture(analysed, "curves")
