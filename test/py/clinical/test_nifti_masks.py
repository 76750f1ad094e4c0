"""The `nifti_masks` job: slices of a volume and of its label map show the same voxels, however either is stored."""

import json

import nibabel
import numpy as np
from clinical_jobs import Silent
from PIL import Image

from medgr2.clinical import nifti_masks

WORDS = "[_-](?:mask|seg|segmentations?|labels|dseg)$"


def cut(path, images, out, frames="largest", window="auto"):
    out.mkdir()
    spec = {"path": str(path), "imageRoots": [str(images)], "outDir": str(out), "window": window, "frames": frames}
    nifti_masks.run(spec | {"maskWords": WORDS}, Silent())
    return ([json.loads(line) for line in (out / f"{n}.jsonl").open()] for n in ("images", "rejected"))


def pair(folder, name, labels, volume=None, affine=None, label_affine=None, label_name=None, flip=False):
    """A volume that is bright where its labels are, and the labels."""
    affine = np.diag([1, 1, 3, 1]) if affine is None else affine
    label_affine = affine if label_affine is None else label_affine
    for part in ("imagesTr", "labelsTr"):
        (folder / part).mkdir(parents=True, exist_ok=True)
    volume = labels * 100.0 if volume is None else volume
    nibabel.save(nibabel.Nifti1Image(volume.astype(np.float32), affine), folder / "imagesTr" / f"{name}_0000.nii.gz")
    if flip:
        labels, label_affine = (
            labels[::-1],
            label_affine @ np.array([[-1, 0, 0, labels.shape[0] - 1], [0, 1, 0, 0], [0, 0, 1, 0], [0, 0, 0, 1]]),
        )
    stored = nibabel.Nifti1Image(labels.astype(np.uint16), label_affine)
    nibabel.save(stored, folder / "labelsTr" / f"{label_name or name}.nii.gz")


def labels_of(shape=(20, 30, 5), value=1):
    labels = np.zeros(shape)
    labels[12:17, 3:9, 3] = value
    labels[2, 2, 1] = 2
    return labels


def test_map_and_volume_show_the_same_voxels(tmp_path):
    pair(tmp_path, "liver_1", labels_of())
    pair(tmp_path, "liver_2", labels_of(value=300), affine=np.diag([1, 2, 3, 1]), flip=True)
    rows, rejected = cut(tmp_path / "labelsTr", tmp_path / "imagesTr", tmp_path / "out", window=[50, 100])
    assert rejected == []
    assert [row["volume"] for row in rows] == ["liver_1_0000.nii.gz", "liver_2_0000.nii.gz"]
    assert [row["patient"] for row in rows] == ["liver_1", "liver_2"]
    assert [row["detail"].split(",")[0] for row in rows] == ["slice 4 of 5"] * 2
    for row, size in zip(rows, [(30, 20), (60, 20)], strict=True):
        shown, drawn = (np.asarray(Image.open(row[key])) for key in ("image", "map"))
        assert shown.shape == drawn.shape == size
        inner = drawn > 0
        assert inner.any() and shown[inner].min() > 128 > shown[~inner].max()
    assert np.unique(np.asarray(Image.open(rows[1]["map"]))).tolist() == [0, 300]


def test_all_slices_and_names_of_other_sets(tmp_path):
    volume, labels = labels_of() * 100, labels_of()
    folder = tmp_path / "set"
    (folder / "sub-01" / "anat").mkdir(parents=True)
    (folder / "derivatives" / "sub-01").mkdir(parents=True)
    (folder / "BraTS-1").mkdir()
    for name in ("sub-01/anat/sub-01_T1w", "BraTS-1/BraTS-1-t1c", "BraTS-1/BraTS-1-t2w", "plain"):
        nibabel.save(nibabel.Nifti1Image(volume.astype(np.float32), np.eye(4)), folder / f"{name}.nii.gz")
    for name in ("derivatives/sub-01/sub-01_desc-lesion_mask", "BraTS-1/BraTS-1-seg", "plain_seg", "other_seg"):
        nibabel.save(nibabel.Nifti1Image(labels.astype(np.uint8), np.eye(4)), folder / f"{name}.nii.gz")
    rows, rejected = cut(folder, folder, tmp_path / "out", frames="all")
    volumes = [row["volume"] for row in rows]
    assert sorted(volumes) == ["plain.nii.gz"] * 5 + ["sub-01/anat/sub-01_T1w.nii.gz"] * 5
    assert sorted(row["code"] for row in rejected) == ["image-ambiguous", "image-missing"] + ["left-out"] * 2
    assert "of 2 volumes" in next(row["reason"] for row in rejected if row["code"] == "image-ambiguous")
    # Files may be called as patients are.
    assert not any(word in json.dumps(rejected) for word in ("BraTS", "other_seg", "plain", "T1w", "t1c"))


def test_what_is_no_map_of_its_volume_is_left_out_with_the_reason(tmp_path):
    labels = labels_of()
    moved = np.diag([1.0, 1, 3, 1])
    moved[0, 3] = 4
    pair(tmp_path, "moved", labels, label_affine=moved)
    pair(tmp_path, "smaller", labels, volume=np.zeros((20, 30, 4)))
    pair(tmp_path, "halves", labels)
    pair(tmp_path, "stacked", labels)
    pair(tmp_path, "lone", labels, label_name="another")
    for name, values in {"halves": labels / 2, "stacked": np.stack([labels, labels], axis=3)}.items():
        image = nibabel.Nifti1Image(values.astype(np.float32), np.diag([1, 1, 3, 1]))
        nibabel.save(image, tmp_path / "labelsTr" / f"{name}.nii.gz")
    rows, rejected = cut(tmp_path / "labelsTr", tmp_path / "imagesTr", tmp_path / "out")
    assert rows == []
    # By name: another, halves, moved, smaller, stacked.
    codes = ["image-missing", "mask-unread", "mask-elsewhere", "image-other-size", "mask-unread"]
    assert [row["code"] for row in rejected] == codes
    assert "4 mm" in next(row["reason"] for row in rejected if row["code"] == "mask-elsewhere")


def test_where_one_of_a_pair_says_where_it_lies_both_lie_there(tmp_path):
    labels, lost = labels_of(), {}
    for name, keys in {"map-lost": ["labelsTr"], "volume-lost": ["imagesTr"], "none-lost": []}.items():
        pair(tmp_path, name, labels)
        for key in keys:
            (file,) = (tmp_path / key).glob(f"{name}*")
            lost[file] = nibabel.load(file).get_fdata()
    for file, values in lost.items():
        bare = nibabel.Nifti1Image(values.astype(np.float32), None)
        bare.header.set_zooms((1, 1, 3))
        nibabel.save(bare, file)
    rows, rejected = cut(tmp_path / "labelsTr", tmp_path / "imagesTr", tmp_path / "out")
    assert rejected == []
    told = ["only one of volume and label map says where it lies: it counts for both"]
    assert [row["warnings"] for row in rows] == [told, [], told]
    shown = [[np.asarray(Image.open(row[key])).tolist() for key in ("image", "map")] for row in rows]
    assert shown[0] == shown[1] == shown[2]


def test_values_that_programs_keep_as_float(tmp_path):
    labels = labels_of()
    stored = {
        "kept": labels,
        "near": np.where(labels == 1, 0.9999, labels),
        "blank": np.where(labels == 0, np.nan, labels),
        "endless": np.where(labels == 1, np.inf, labels),
        "halves": labels / 2,
        "scaled": labels,
    }
    for name, values in stored.items():
        pair(tmp_path, name, labels)
        image = nibabel.Nifti1Image(values.astype(np.float32), np.diag([1, 1, 3, 1]))
        if name == "scaled":
            image.set_data_dtype(np.uint8)
        nibabel.save(image, tmp_path / "labelsTr" / f"{name}.nii.gz")
    assert nibabel.load(tmp_path / "labelsTr" / "scaled.nii.gz").dataobj.slope != 1
    rows, rejected = cut(tmp_path / "labelsTr", tmp_path / "imagesTr", tmp_path / "out")
    # By name: blank, endless, halves, kept, near, scaled.
    assert [row["code"] for row in rejected] == ["mask-unread"] * 2
    maps = [np.asarray(Image.open(row["map"])).tolist() for row in rows]
    assert len(maps) == 4 and all(drawn == maps[1] for drawn in maps)


def test_folder_of_each_patient(tmp_path):
    labels = labels_of()
    names = {"Hans_1": "imaging segmentation", "Eva_2": "imaging segmentation", "Ida_3": "t1 t2 seg", "Max_4": "ct"}
    for folder, files in names.items():
        (tmp_path / "set" / folder / "segmentations").mkdir(parents=True)
        for name in files.split():
            values = labels if "seg" in name else labels * 100
            nibabel.save(nibabel.Nifti1Image(values, np.eye(4)), tmp_path / "set" / folder / f"{name}.nii.gz")
    for name in ("liver", "spleen"):
        organ = nibabel.Nifti1Image(labels, np.eye(4))
        nibabel.save(organ, tmp_path / "set" / "Max_4" / "segmentations" / f"{name}.nii.gz")
    rows, rejected = cut(tmp_path / "set", tmp_path / "set", tmp_path / "out")
    assert [row["volume"] for row in rows] == ["Eva_2/imaging.nii.gz", "Hans_1/imaging.nii.gz"]
    assert not any("Hans" in row[key] for row in rows for key in ("image", "map", "shown"))
    reasons = [row["reason"] for row in rejected if row["code"].startswith("image-")]
    assert len(reasons) == 3 and "of 2 volumes" in reasons[0]
    assert all("TotalSegmentator --ml" in reason for reason in reasons[1:])


def test_whole_folder_of_images_and_labels_and_maps_of_one_name(tmp_path):
    pair(tmp_path / "set", "case_1", labels_of())
    rows, rejected = cut(tmp_path / "set", tmp_path / "set", tmp_path / "out")
    assert [row["volume"] for row in rows] == ["imagesTr/case_1_0000.nii.gz"] and rejected == []
    for folder in ("one", "two"):
        (tmp_path / "maps" / folder).mkdir(parents=True)
        nibabel.save(nibabel.Nifti1Image(labels_of(), np.eye(4)), tmp_path / "maps" / folder / "tumour.nii.gz")
    rows, rejected = cut(tmp_path / "maps", tmp_path / "maps", tmp_path / "none")
    assert rows == [] and [row["code"] for row in rejected] == ["image-missing"] * 2


def test_empty_map_shows_the_middle(tmp_path):
    pair(tmp_path, "healthy", labels_of() * 0, volume=labels_of())
    rows, _ = cut(tmp_path / "labelsTr", tmp_path / "imagesTr", tmp_path / "out")
    assert rows[0]["detail"].startswith("slice 3 of 5")
