"""The `dicom` job: pydicom's own CT and MR files, and files made here for what those do not have."""

import json
import re
from pathlib import Path

import numpy as np
import pydicom
import pytest
from clinical_jobs import Silent, linear, pixels, render
from PIL import Image
from pydicom.data import get_testdata_file
from pydicom.datadict import dictionary_VR
from pydicom.dataelem import RawDataElement
from pydicom.dataset import Dataset, FileMetaDataset
from pydicom.tag import Tag
from pydicom.uid import ExplicitVRBigEndian, ExplicitVRLittleEndian

from medgr2.clinical import dicom
from medgr2.clinical.patients import patient_key, patient_or_none, pseudonymiser


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


def shown_of(tmp_path, values, **header):
    files = len(list(tmp_path.iterdir()))
    rows, rejected = render(dicom, make(tmp_path / f"{files}.dcm", values, **header), tmp_path / f"out-{files}")
    assert rejected == []
    return pixels(rows[0]), rows[0]["warnings"]


STORED = np.arange(64 * 64, dtype=np.uint16).reshape(64, 64)
WINDOW = {"WindowCenter": 2000, "WindowWidth": 3000}


def test_bits_that_lie_high_are_read_where_they_lie(tmp_path):
    high = {**WINDOW, "BitsStored": 12, "HighBit": 15}
    shown, _ = shown_of(tmp_path, STORED << 4, **high)
    assert np.array_equal(shown, linear(STORED.astype(float), 2000, 3000))
    signed = (STORED.astype(np.int32) - 2048).astype(np.int16)
    shown, _ = shown_of(tmp_path, (signed << 4).astype(np.int16), **high | {"WindowCenter": 0})
    assert np.array_equal(shown, linear(signed.astype(float), 0, 3000))
    middle = (STORED % 1024 << 2) | (STORED % 2 << 15)  # ten bits, an overlay above them
    shown, _ = shown_of(tmp_path, middle, WindowCenter=512, WindowWidth=1024, BitsStored=10, HighBit=11)
    assert np.array_equal(shown, linear((STORED % 1024).astype(float), 512, 1024))


@pytest.mark.parametrize(
    ("header", "slope", "intercept"),
    [
        ({"RescaleIntercept": -1000}, 1, -1000),
        ({"RescaleSlope": -1}, -1, 0),
        ({"RescaleSlope": None, "RescaleIntercept": None}, 1, 0),
        ({"RescaleSlope": 0, "RescaleIntercept": 5}, 1, 5),
    ],
)
def test_a_slope_or_an_intercept_alone_counts(tmp_path, header, slope, intercept):
    shown, notes = shown_of(tmp_path, STORED, **WINDOW | header)
    assert np.array_equal(shown, linear(STORED * float(slope) + intercept, 2000, 3000))
    assert any("slope is 0" in note for note in notes) == (header.get("RescaleSlope") == 0)


@pytest.mark.parametrize("bits", [8, 12, 16])
def test_a_table_in_words_is_a_table_of_words(tmp_path, bits):
    item = Dataset()
    item.LUTDescriptor = [4096, 0, bits]
    entries = np.linspace(2**bits - 1, 0, 4096).astype(np.uint16)
    item.add_new(Tag("LUTData"), "OW", entries.tobytes())
    shown, _ = shown_of(tmp_path, STORED, VOILUTSequence=[item])
    assert np.array_equal(shown, np.round(entries[STORED] / (2**bits - 1) * 255).astype(np.uint8))


def test_what_follows_the_pixels_is_no_picture(tmp_path):
    padded = np.concatenate([STORED, STORED, STORED[::-1]])
    shown, _ = shown_of(tmp_path, padded, **WINDOW, Rows=64)
    assert np.array_equal(shown, linear(STORED.astype(float), 2000, 3000))


@pytest.mark.parametrize("kind", [np.float32, np.float64])
def test_values_that_are_no_numbers_do_not_blacken_the_others(tmp_path, kind):
    values = np.linspace(-1, 1, 64 * 64).astype(kind).reshape(64, 64)
    values[0, :2] = np.nan, np.inf
    dataset = pydicom.dcmread(make(tmp_path / "a.dcm", STORED, WindowCenter=0, WindowWidth=0.8))
    for name in ("PixelData", "BitsStored", "HighBit", "PixelRepresentation"):
        del dataset[name]
    dataset.BitsAllocated = values.itemsize * 8
    setattr(dataset, "FloatPixelData" if kind is np.float32 else "DoubleFloatPixelData", values.tobytes())
    dataset.save_as(tmp_path / "a.dcm")
    for window in ("header", "auto"):
        rows, rejected = render(dicom, tmp_path / "a.dcm", tmp_path / window, window=window)
        shown = pixels(rows[0])
        assert rejected == [] and len(np.unique(shown)) > 200
        assert (shown[0, 0], shown[0, 1]) == (0, 255) and any("no numbers" in note for note in rows[0]["warnings"])


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
    make(files / "third.dcm", RAMP + 2, BodyPartExamined="JANE")
    rows, _ = render(dicom, files, tmp_path / "out")
    written = json.dumps([{name: value for name, value in row.items() if name != "file"} for row in rows])
    pictures = b"".join(Path(row["path"]).read_bytes() for row in rows)
    for secret in ("Doe", "Jane", "jane", "12345", "1970"):
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


GOLDEN = Path(__file__).parents[2] / "golden"


def test_what_stands_for_no_patient_is_none():
    words = json.loads((GOLDEN / "no-patients.json").read_text())
    assert [word for word in words["nobody"] if patient_or_none(word) is not None] == []
    assert [word for word in words["somebody"] if patient_or_none(word) is None] == []


def test_what_a_patient_is_compared_by_is_the_same_in_both_languages():
    keys = json.loads((GOLDEN / "patient-keys.json").read_text())
    assert [patient_key(one["given"]) for one in keys] == [one["key"] for one in keys]


def test_names_of_files_that_are_listed_name_nobody(tmp_path):
    files = tmp_path / "in" / "Doe_Jane"
    files.mkdir(parents=True)
    make(files / "IM-1.dcm", RAMP, AccessionNumber="ACC998")
    make(files / "ACC998_2.dcm", RAMP, Modality="SR")
    make(files / "1970-01-01 3.dcm", RAMP, Modality="SR")
    (files / "12345 notes.txt").write_text("x")
    rows, rejected = render(dicom, tmp_path / "in", tmp_path / "out")
    assert [row["shown"] for row in rows] == ["…/IM-1.dcm (file 4 of 4 by name)"]
    told = json.dumps(rejected, ensure_ascii=False)
    assert not any(secret in told for secret in ("Doe", "Jane", "12345", "ACC998", "1970"))
    assert len({line["file"] for line in rejected}) == 3
    (tmp_path / "own").mkdir()
    spec = {"path": str(files), "outDir": str(tmp_path / "own"), "pictures": str(tmp_path / "own"), "window": "auto"}
    assert dicom.run(spec | {"frames": "first"}, Silent())["path"] == str(tmp_path / "in" / "…")


@pytest.mark.parametrize("number", ["Anonymous", "0", "NA", "unknown", None])
def test_without_a_patient_the_study_stands_in_and_it_is_told(tmp_path, number):
    files = tmp_path / "in"
    files.mkdir()
    for index, study in enumerate(("1.2.3", "1.2.3", "1.2.4")):
        make(files / f"{index}.dcm", RAMP + index, PatientID=number, StudyInstanceUID=study)
    rows, _ = render(dicom, files, tmp_path / "out", window="auto")
    first, second, third = (row["patient"] for row in rows)
    assert first == second != third
    assert all("the header names no patient: the study stands in" in row["warnings"] for row in rows)


def test_a_key_that_is_kept_gives_a_patient_one_pseudonym_in_all_imports(tmp_path, monkeypatch):
    monkeypatch.delenv("MEDGR2_PSEUDONYM_KEY", raising=False)
    key = tmp_path / "key"
    key.write_text("0123456789abcdef\n")
    assert pseudonymiser(str(key))("PAT0") == pseudonymiser(str(key))("PAT0") == "5aab70842adcffb0"


def spaced(height, width, name="PixelSpacing"):
    return {name: [height, width]}


@pytest.mark.parametrize(
    ("header", "size"),
    [
        (spaced(2, 1), (64, 128)),
        (spaced(1, 2), (128, 64)),
        (spaced(3, 2, "ImagerPixelSpacing"), (64, 96)),
        (spaced(5, 4, "PixelAspectRatio"), (64, 80)),
        (spaced(1, 1), (64, 64)),
        (spaced(1, 1) | spaced(3, 1, "PixelAspectRatio"), (64, 64)),
    ],
)
def test_pixels_that_are_not_square_are_made_so_and_it_is_told(tmp_path, header, size):
    rows, _ = render(dicom, make(tmp_path / "a.dcm", RAMP, **header), tmp_path / "out", window="auto")
    assert (rows[0]["width"], rows[0]["height"]) == size == Image.open(rows[0]["path"]).size
    assert any("not square" in note for note in rows[0]["warnings"]) is (size != (64, 64))


@pytest.mark.parametrize(("height", "width"), [(0, 1), (100, 1)])
def test_a_shape_of_pixels_that_cannot_be_is_told(tmp_path, height, width):
    file = make(tmp_path / "a.dcm", RAMP, **spaced(height, width))
    rows, _ = render(dicom, file, tmp_path / "out", window="auto")
    assert (rows[0]["width"], rows[0]["height"]) == (64, 64)
    assert any("square" in note or "stretched" in note for note in rows[0]["warnings"])


def test_spacing_of_an_enhanced_file_is_that_of_its_groups(tmp_path):
    measures, shared = Dataset(), Dataset()
    measures.PixelSpacing = [2, 1]
    shared.PixelMeasuresSequence = [measures]
    frames = np.stack([RAMP, RAMP + 1])
    file = make(tmp_path / "a.dcm", frames, SharedFunctionalGroupsSequence=[shared])
    rows, _ = render(dicom, file, tmp_path / "out", window="auto", frames="all")
    assert [(row["width"], row["height"]) for row in rows] == [(64, 128)] * 2


@pytest.mark.parametrize(
    ("header", "kind"),
    [
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.66.4"}, "segmentation"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.30"}, "parametric map"),
        ({"SOPClassUID": "1.2.840.10008.5.1.4.1.1.481.2"}, "radiotherapy dose"),
        ({"Modality": "RTDOSE"}, "radiotherapy dose"),
        ({"Modality": "SEG"}, "segmentation"),
    ],
)
def test_masks_and_measurements_are_no_pictures(tmp_path, header, kind):
    rows, rejected = render(dicom, make(tmp_path / "a.dcm", RAMP, **header), tmp_path / "out")
    assert rows == [] and rejected[0]["code"] == "not-a-picture" and kind in rejected[0]["reason"]


def palette(entries, bits, big_endian=False):
    """Red runs up, green down, blue stays; 16-bit words, or two 8-bit entries a word."""
    steps = np.arange(entries)
    top = 65535 if bits == 16 else 255
    red, green = (np.round(top * values / (entries - 1)) for values in (steps, steps[::-1]))
    blue = np.full(entries, top // 2)
    header = {"PhotometricInterpretation": "PALETTE COLOR"}
    for name, values in (("Red", red), ("Green", green), ("Blue", blue)):
        data = values.astype("<u2" if bits == 16 else "u1").tobytes()
        words = np.frombuffer(data, "<u2").astype(">u2").tobytes() if big_endian else data
        header[f"{name}PaletteColorLookupTableDescriptor"] = [entries, 0, bits]
        header[f"{name}PaletteColorLookupTableData"] = words
    return header


@pytest.mark.parametrize("bits", [8, 16])
def test_a_big_endian_palette_shows_what_a_little_endian_one_shows(tmp_path, bits):
    values = (np.arange(64 * 64) % 256).astype(np.uint8).reshape(64, 64)
    little = make(tmp_path / "little.dcm", values, **palette(256, bits))
    expected = pixels(render(dicom, little, tmp_path / "a")[0][0])
    assert expected[0, 255 % 64].shape == (3,) and expected[3, 63].tolist() == [255, 0, 127]
    file = pydicom.dcmread(little)
    for name, value in palette(256, bits, big_endian=True).items():
        setattr(file, name, value)
    file.file_meta.TransferSyntaxUID = ExplicitVRBigEndian
    file.PixelData = np.frombuffer(file.PixelData, "<u2").astype(">u2").tobytes()
    file["PixelData"].VR = "OW"
    pydicom.dcmwrite(tmp_path / "big.dcm", file, little_endian=False, implicit_vr=False, enforce_file_format=True)
    assert np.array_equal(pixels(render(dicom, tmp_path / "big.dcm", tmp_path / "b")[0][0]), expected)
    file.PixelData, file.NumberOfFrames = file.PixelData * 3, 3
    pydicom.dcmwrite(tmp_path / "big.dcm", file, little_endian=False, implicit_vr=False, enforce_file_format=True)
    rows, _ = render(dicom, tmp_path / "big.dcm", tmp_path / "c", frames="all")
    assert len(rows) == 3 and all(np.array_equal(pixels(row), expected) for row in rows)


@pytest.mark.parametrize(
    ("implicit", "little"), [(True, True), (False, True), (False, False)], ids=["implicit", "explicit", "big"]
)
def test_a_file_without_its_meta_header_is_read(tmp_path, implicit, little):
    whole = make(tmp_path / "whole.dcm", RAMP, WindowCenter=0, WindowWidth=2000)
    expected = pixels(render(dicom, whole, tmp_path / "a")[0][0])
    file = pydicom.dcmread(whole)
    del file.file_meta
    if not little:
        file.PixelData = RAMP.astype(">i2").tobytes()
        file["PixelData"].VR = "OW"
    bare = Dataset()
    bare.update(file)
    pydicom.dcmwrite(tmp_path / "bare.dcm", bare, implicit_vr=implicit, little_endian=little)
    assert (tmp_path / "bare.dcm").read_bytes()[128:132] != b"DICM"
    rows, rejected = render(dicom, tmp_path / "bare.dcm", tmp_path / "b")
    assert rejected == []
    assert np.array_equal(pixels(rows[0]), expected)


def test_colours_of_more_than_8_bits_keep_their_brightness(tmp_path):
    values = np.zeros((16, 16, 3), np.uint16)
    values[..., 0] = 4095
    header = {"PhotometricInterpretation": "RGB", "SamplesPerPixel": 3, "PlanarConfiguration": 0}
    # `make` takes the last two axes for rows and columns.
    shape = {"Rows": 16, "Columns": 16, "BitsStored": 12, "HighBit": 11, "NumberOfFrames": None}
    rows, rejected = render(dicom, make(tmp_path / "a.dcm", values, **header, **shape), tmp_path / "out")
    assert rejected == [] and pixels(rows[0])[3, 3].tolist() == [255, 0, 0]


SECRETS = ("Doe", "Jane", "19700131", "ACC774411", "Li", "Wu")


@pytest.mark.parametrize(
    "broken",
    [
        {"RescaleSlope": "Doe^Jane", "RescaleIntercept": "0"},
        {"WindowCenter": "Doe^Jane", "WindowWidth": "19700131"},
        {"NumberOfFrames": "ACC774411"},
        {"PixelSpacing": "Doe\\Jane"},
        {"PhotometricInterpretation": "DOE JANE"},
    ],
    ids=lambda broken: next(iter(broken)),
)
def test_no_value_of_a_header_stands_in_a_reason(tmp_path, broken):
    file = make(tmp_path / "a.dcm", RAMP, PatientName="Li^Wu", AccessionNumber="ACC774411", PatientBirthDate="19700131")
    text = file.read_bytes()
    dataset = pydicom.dcmread(file)
    for name, value in broken.items():
        dataset[name] = RawDataElement(
            Tag(name),
            dictionary_VR(name),
            len(value),
            value.encode().ljust(len(value) + len(value) % 2),
            0,
            False,
            True,
        )
    dataset.save_as(tmp_path / "b.dcm")
    assert (tmp_path / "b.dcm").read_bytes() != text
    rows, rejected = render(dicom, tmp_path / "b.dcm", tmp_path / "out")
    for line in [*rejected, *rows]:
        told = " ".join([line.get("reason", ""), line.get("detail") or "", *line.get("warnings", [])])
        assert [secret for secret in SECRETS if re.search(rf"\b{secret}\b", told, re.IGNORECASE)] == []
    assert rows or rejected[0]["reason"] != "cannot be read: "


def test_the_line_that_says_why_survives(tmp_path):
    _, rejected = render(dicom, Path(get_testdata_file("JPEGLSNearLossless_08.dcm")), tmp_path / "out")
    assert "pylibjpeg" in rejected[0]["reason"] and "JPEG-LS" in rejected[0]["reason"]
    _, rejected = render(dicom, Path(get_testdata_file("GDCMJ2K_TextGBR.dcm")), tmp_path / "lossy")
    assert "broken data stream" in rejected[0]["reason"]


def test_pydicoms_files_each_make_a_picture_or_have_a_reason(tmp_path):
    """The table beside this test is what was seen when the pictures were looked at."""
    folder = Path(pydicom.__file__).parent / "data" / "test_files"
    rows, rejected = render(dicom, folder, tmp_path / "out")
    found = {row["file"]: f"{row['modality']} {row['width']}x{row['height']}" for row in rows}
    found |= {line["file"]: f"{line['code']}: {line['reason']}" for line in rejected}
    expected = json.loads((GOLDEN / "pydicom-files.json").read_text())
    assert {name: found.get(name) for name in expected} == expected
