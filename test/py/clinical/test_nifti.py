"""The `nifti` job: volumes made here, of each form in which values and directions are stored."""

import json

import nibabel
import numpy as np
from clinical_jobs import linear, pixels, render

from medgr2.clinical import nifti


def test_nifti_slices_show_the_front_up_and_the_patients_left_on_the_right(tmp_path):
    volume_XYZ = np.zeros((20, 30, 3), np.float32)
    volume_XYZ[15:, 25:, 1] = 100  # right and front of the middle slice
    nibabel.save(nibabel.Nifti1Image(volume_XYZ, np.eye(4)), tmp_path / "Doe_Jane.nii.gz")
    rows, _ = render(nifti, tmp_path / "Doe_Jane.nii.gz", tmp_path / "out", window=[50, 100])
    shown = pixels(rows[0])
    assert shown.shape == (30, 20)
    assert shown[2, 2] == 255 and shown[2, 17] == 0 and shown[27, 2] == 0
    assert rows[0]["detail"].startswith("slice 2 of 3") and "Doe" not in rows[0]["patient"]


def test_nifti_zooms_small_values_and_volumes(tmp_path):
    volume = np.linspace(0, 0.001, 20 * 30 * 3 * 2).reshape(20, 30, 3, 2)
    nibabel.save(nibabel.Nifti1Image(volume, np.diag([1, 2, 3, 1])), tmp_path / "sub-07_dwi.nii.gz")
    rows, _ = render(nifti, tmp_path / "sub-07_dwi.nii.gz", tmp_path / "out")
    shown = pixels(rows[0])
    assert shown.shape == (60, 20) and shown.max() - shown.min() > 60
    assert any("not square" in note for note in rows[0]["warnings"])
    assert "the first of its 2 volumes was taken" in rows[0]["warnings"]


def test_a_volume_is_the_picture_it_is_however_it_is_stored(tmp_path):
    volume = np.zeros((20, 30, 5))
    volume[:] = np.arange(30)[None, :, None] * 10
    volume[:5] += 400
    window = [300, 801]
    expected = linear(np.fliplr(np.rot90(volume[:, :, 2])), *window)
    turned = np.zeros((4, 4))
    turned[2, 0] = turned[0, 1] = turned[1, 2] = turned[3, 3] = 1
    straight = np.eye(4)
    images = {
        "plain.nii": nibabel.Nifti1Image(volume, straight),
        "second.nii.gz": nibabel.Nifti2Image(volume, straight),
        "flipped.nii": nibabel.Nifti1Image(volume[::-1], np.diag([-1, 1, 1, 1])),
        "turned.nii": nibabel.Nifti1Image(np.transpose(volume, (2, 0, 1)), turned),
        "complex.nii": nibabel.Nifti1Image((volume * 1j).astype(np.complex64), straight),
        "flat.nii": nibabel.Nifti1Image(volume[:, :, 2], straight),
        "pair.hdr": nibabel.Nifti1Pair(volume, straight),
    }
    for name, image in images.items():
        nibabel.save(image, tmp_path / name)
        (row,), rejected = render(nifti, tmp_path / name, tmp_path / f"out-{name}", window=window)
        assert rejected == [] and np.array_equal(pixels(row), expected), name
    content = (tmp_path / "plain.nii").read_bytes()
    for name in ("Odd.Nii", "not-packed.nii.gz"):
        (tmp_path / name).write_bytes(content)
        (row,), _ = render(nifti, tmp_path / name, tmp_path / f"out-{name}", window=window)
        assert np.array_equal(pixels(row), expected), name


def test_colours_gaps_and_planes_of_volumes(tmp_path):
    colours = np.zeros((4, 6, 3), dtype=[("R", "u1"), ("G", "u1"), ("B", "u1")])
    colours["R"], colours["G"] = np.arange(4)[:, None, None] * 50, 9
    nibabel.save(nibabel.Nifti1Image(colours, np.eye(4)), tmp_path / "rgb.nii")
    (row,), _ = render(nifti, tmp_path / "rgb.nii", tmp_path / "rgb")
    assert pixels(row).shape == (6, 4, 3) and pixels(row)[0].tolist() == [[150 - 50 * x, 9, 0] for x in range(4)]
    gaps = np.linspace(-900, -100, 1000).reshape(10, 10, 10)
    gaps[0, 0], gaps[1, 0] = np.nan, np.inf
    nibabel.save(nibabel.Nifti1Image(gaps, np.eye(4)), tmp_path / "gaps.nii")
    (row,), _ = render(nifti, tmp_path / "gaps.nii", tmp_path / "gaps")
    assert (pixels(row)[9, 9], pixels(row)[9, 8]) == (0, 255) and pixels(row).std() > 50
    nibabel.save(nibabel.Nifti1Image(gaps[:, 3:4], np.eye(4)), tmp_path / "plane.nii")
    (row,), _ = render(nifti, tmp_path / "plane.nii", tmp_path / "plane")
    assert pixels(row).shape == (10, 10) and row["detail"].startswith("coronal slice 1 of 1")
    bare = nibabel.Nifti1Image(gaps, None)
    bare.set_sform(None, 0)
    bare.set_qform(None, 0)
    nibabel.save(bare, tmp_path / "bare.nii")
    (row,), _ = render(nifti, tmp_path / "bare.nii", tmp_path / "bare")
    assert "the header says nothing of directions: left and right may be changed" in row["warnings"]


def test_what_is_no_volume_is_told_and_names_nobody(tmp_path):
    files = tmp_path / "in"
    files.mkdir()
    nibabel.save(nibabel.Nifti1Image(np.zeros((9, 9, 9)), np.eye(4)), files / "Doe_Jane.nii")
    (files / "Doe_Jane.nii").write_bytes((files / "Doe_Jane.nii").read_bytes()[:-900])
    (files / "Roe_Jim.nii.gz").write_bytes(b"")
    (files / "notes.json").write_text("{}")
    (files / "a.mgz").write_bytes(b"x")
    (files / "Poe, Jo").mkdir()
    (files / "Poe, Jo" / "Poe.dcm").write_bytes(b"x")
    (files / "gone.nii").symlink_to(tmp_path / "nowhere.nii")
    rows, rejected = render(nifti, files, tmp_path / "out")
    assert rows == [] and sorted(line["code"] for line in rejected) == [
        "image-unusable",
        "image-unusable",
        "image-unusable",
        "left-out",
        "not-nifti",
        "not-nifti",
    ]
    assert not any(name in json.dumps(rejected) for name in ("Doe", "Jane", "Roe", "Jim", "Poe", "Jo"))


def test_names_of_volumes_give_their_patient():
    names = (
        "sub-07/anat/sub-07_T1w.nii.gz",
        "sub-07/func/sub-07_bold.nii",
        "CASE_12_0000.nii.gz",
        "CASE_12_0001.nii.gz",
    )
    first, second, third, fourth = (nifti.patient_in(name) for name in names)
    assert first == second and third == fourth == "CASE_12"
