"""The `dicom` and `nifti` jobs: pydicom's own CT and MR files, and files made here for what those do not have."""

import json
from pathlib import Path

import nibabel
import numpy as np
import pydicom
import pytest
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.uid import ExplicitVRLittleEndian

from medgr2 import dicom, nifti


class Silent:
    def emit(self, event):
        pass

    def should_stop(self):
        return False


def render(module, path, out, window="header", frames="middle"):
    out.mkdir()
    spec = {"path": str(path), "outDir": str(out), "pictures": str(out / "images"), "window": window, "frames": frames}
    module.run(spec, Silent())
    rows, rejected = ([json.loads(line) for line in (out / f"{n}.jsonl").open()] for n in ("images", "rejected"))
    return rows, rejected


def pixels(row):
    return np.asarray(Image.open(row["path"]))


def make(path: Path, values: np.ndarray, **header):
    """A file with a ramp; `values` (H, W) or (frames, H, W)."""
    meta = FileMetaDataset()
    meta.TransferSyntaxUID = ExplicitVRLittleEndian
    meta.MediaStorageSOPClassUID, meta.MediaStorageSOPInstanceUID = "1.2.840.10008.5.1.4.1.1.2", "1.2.3"
    file = Dataset()
    file.file_meta = meta
    file.Modality = "CT"
    file.PatientName, file.PatientID, file.PatientBirthDate = "Doe^Jane", "12345", "19700101"
    file.PhotometricInterpretation = "MONOCHROME2"
    file.SamplesPerPixel = 1
    file.Rows, file.Columns = values.shape[-2:]
    file.BitsAllocated = file.BitsStored = 8 * values.dtype.itemsize
    file.HighBit = file.BitsStored - 1
    file.PixelRepresentation = int(values.dtype.kind == "i")
    if values.ndim == 3:
        file.NumberOfFrames = values.shape[0]
    for name, value in header.items():
        setattr(file, name, value)
    file.PixelData = values.tobytes()
    file.save_as(path, enforce_file_format=True)
    return path


RAMP = np.arange(-1024, -1024 + 64 * 64, dtype=np.int16).reshape(64, 64)


@pytest.mark.parametrize(("name", "modality"), [("CT_small.dcm", "CT"), ("MR_small.dcm", "MRI")])
def test_pydicoms_own_files_show_bright_bone_and_dark_air(tmp_path, name, modality):
    file = Path(get_testdata_file(name))
    rows, rejected = render(dicom, file, tmp_path / "out")
    assert [(row["modality"], rejected) for row in rows] == [(modality, [])]
    shown = pixels(rows[0]).astype(float)
    stored = pydicom.dcmread(file).pixel_array.astype(float)
    assert shown.std() > 20  # neither black nor white
    assert np.corrcoef(shown.ravel(), stored.ravel())[0, 1] > 0.7  # not inverted


def test_window_of_header_or_chosen(tmp_path):
    file = make(tmp_path / "a.dcm", RAMP, WindowCenter=[40, 400], WindowWidth=[400, 1800])
    rows, _ = render(dicom, file, tmp_path / "header")
    shown = pixels(rows[0])
    assert rows[0]["detail"] == "window 40/400"
    assert (shown[RAMP <= -160] == 0).all() and (shown[RAMP >= 240] == 255).all()
    assert abs(int(shown[RAMP == 40][0]) - 128) <= 1
    wide = pixels(render(dicom, file, tmp_path / "chosen", window=[0, 2000])[0][0])
    assert (wide[RAMP <= -1000] == 0).all() and 0 < wide[RAMP == -900][0] < 20


def test_rescale_monochrome1_and_padding(tmp_path):
    values = (np.arange(64 * 64, dtype=np.uint16) % 4096).reshape(64, 64)
    header = {"WindowCenter": 1024, "WindowWidth": 2048, "RescaleSlope": 1, "RescaleIntercept": -1024}
    plain = pixels(render(dicom, make(tmp_path / "a.dcm", values, **header), tmp_path / "a")[0][0])
    assert plain[values == 1024][0] == 0 and abs(int(plain[values == 2048][0]) - 128) <= 1
    turned = make(tmp_path / "b.dcm", values, **header, PhotometricInterpretation="MONOCHROME1", PixelPaddingValue=4095)
    inverse = pixels(render(dicom, turned, tmp_path / "b")[0][0])
    kept = values != 4095
    assert np.array_equal(inverse[kept], 255 - plain[kept])
    assert (inverse[~kept] == 0).all()  # padding stays black


def test_frames(tmp_path):
    frames = np.stack([np.full((8, 8), n * 10, np.uint8) for n in range(5)])
    frames[:, 0, 0] = 255
    file = make(tmp_path / "a.dcm", frames, WindowCenter=128, WindowWidth=256)
    for choice, expected in (("first", [0]), ("middle", [20]), (4, [30]), ("all", [0, 10, 20, 30, 40])):
        rows, _ = render(dicom, file, tmp_path / f"out-{choice}", frames=choice)
        assert [int(pixels(row)[4, 4]) for row in rows] == expected
    assert "frame 4 of 5" in render(dicom, file, tmp_path / "one", frames=4)[0][0]["detail"]
    _, rejected = render(dicom, file, tmp_path / "none", frames=9)
    assert "there are 5" in rejected[0]["reason"]


def test_nothing_that_names_the_patient_leaves(tmp_path, monkeypatch):
    files = tmp_path / "in"
    files.mkdir()
    make(files / "Doe_Jane.dcm", RAMP, BodyPartExamined="Doe^Jane 12")
    make(files / "other.dcm", RAMP + 1, BodyPartExamined="HEAD")
    rows, _ = render(dicom, files, tmp_path / "out")
    written = json.dumps([{name: value for name, value in row.items() if name != "file"} for row in rows])
    pictures = b"".join(Path(row["path"]).read_bytes() for row in rows)
    for secret in ("Doe", "Jane", "12345", "1970"):
        assert secret not in written and secret.encode() not in pictures
    assert len({row["patient"] for row in rows}) == 1  # the same patient in both
    again, _ = render(dicom, files, tmp_path / "again")
    assert again[0]["patient"] != rows[0]["patient"]  # a key that nobody keeps
    monkeypatch.setenv("MEDGR2_PSEUDONYM_KEY", "ours")
    kept = [render(dicom, files, tmp_path / name)[0][0]["patient"] for name in ("x", "y")]
    assert kept[0] == kept[1]


@pytest.mark.parametrize(
    ("header", "expected"),
    [
        ({"BurnedInAnnotation": "YES"}, False),
        ({"BurnedInAnnotation": "NO", "Modality": "US"}, True),
        ({"Modality": "US"}, False),
        ({"ImageType": ["DERIVED", "SECONDARY"]}, False),
        ({"RecognizableVisualFeatures": "YES"}, False),
        ({}, None),
    ],
)
def test_burned_in_text_is_told(tmp_path, header, expected):
    rows, _ = render(dicom, make(tmp_path / "a.dcm", RAMP, **header), tmp_path / "out", window="auto")
    assert rows[0]["deidentified"] is expected
    assert bool(rows[0]["warnings"]) is (expected is False)


def test_what_is_no_picture_is_rejected_with_the_reason(tmp_path):
    files = tmp_path / "in"
    files.mkdir()
    (files / "note.txt").write_text("no dicom")
    whole = make(files / "a.dcm", RAMP)
    (files / "cut.dcm").write_bytes(whole.read_bytes()[:-2000])
    rows, rejected = render(dicom, files, tmp_path / "out")
    assert len(rows) == 1
    assert {line["file"]: line["code"] for line in rejected} == {"note.txt": "not-dicom", "cut.dcm": "image-unusable"}


def test_nifti_slices_show_the_front_up_and_the_patients_left_on_the_right(tmp_path):
    volume_XYZ = np.zeros((20, 30, 3), np.float32)
    volume_XYZ[15:, 25:, 1] = 100  # right and front of the middle slice
    nibabel.save(nibabel.Nifti1Image(volume_XYZ, np.eye(4)), tmp_path / "Doe_Jane.nii.gz")
    rows, _ = render(nifti, tmp_path / "Doe_Jane.nii.gz", tmp_path / "out", window=[50, 100])
    shown = pixels(rows[0])
    assert shown.shape == (30, 20)
    assert shown[2, 2] == 255 and shown[2, 17] == 0 and shown[27, 2] == 0
    assert rows[0]["detail"].startswith("slice 2 of 3") and "Doe" not in rows[0]["patient"]
