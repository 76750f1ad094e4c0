"""Checkpoints that a kill left half written, and numbers that JSON cannot hold."""

from pathlib import Path

from medgr2.training import finite, last_checkpoint


def test_a_half_written_checkpoint_is_removed_and_the_whole_one_before_it_used(tmp_path: Path) -> None:
    (tmp_path / "checkpoint-50").mkdir()
    (tmp_path / "checkpoint-50" / "trainer_state.json").write_text("{}")
    (tmp_path / "checkpoint-100").mkdir()
    assert last_checkpoint(tmp_path) == str(tmp_path / "checkpoint-50")
    assert not (tmp_path / "checkpoint-100").exists()


def test_no_checkpoint_is_none(tmp_path: Path) -> None:
    assert last_checkpoint(tmp_path) is None
    assert last_checkpoint(tmp_path / "missing") is None


def test_finite_keeps_numbers_and_drops_what_json_cannot_hold() -> None:
    assert finite(1) == 1.0
    assert finite(float("nan")) is None
    assert finite(float("inf")) is None
    assert finite("1") is None
