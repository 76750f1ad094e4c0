"""The `nifti_masks` job: slices of NIfTI volumes as pictures, and of the label map of each volume the same slices.

A label map counts only where its voxels are those of its volume: as many, and in the same place of the patient.
"""

from __future__ import annotations

import re
from collections.abc import Iterator
from dataclasses import dataclass, field, replace
from pathlib import Path
from typing import Any

import numpy as np
from PIL import Image

from medgr2.clinical.clinical_files import LEFT_OUT, NotOfKind, import_files
from medgr2.clinical.clinical_pixels import chosen, files_below, square
from medgr2.clinical.hidden_names import HiddenNames
from medgr2.clinical.nifti import SUBJECT, hide_names, patient_in
from medgr2.clinical.nifti_volume import ENDINGS, Volume, read_labelled
from medgr2.clinical.patients import pseudonymiser
from medgr2.node.job_channel import Channel

MOST = 65_535
"""Values that a PNG of 16 bit holds."""
WHOLE = 0.01
"""As far from a whole number a scale factor, or a program that keeps labels as float, leaves a value."""
CHANNEL = re.compile(r"_(\d{4})$")


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """spec: {path, imageRoots, outDir, window, frames, maskWords, keyFile}.

    `path` is a folder of label maps. The first of `imageRoots` that has a volume of a map's name counts; `maskWords`
    is a pattern for the end of a map's name that its volume has not. `frames` is as of the `nifti` job, or `largest`:
    the slice with most voxels of any class.

    Writes images.jsonl, a row for each slice: `image` and `map` are PNG files, `volume` is the name of the file below
    its root, `patient` is as that name has it; the rest is that of the `nifti` job.
    """
    root, out = Path(spec["path"]), Path(spec["outDir"])
    words = re.compile(spec["maskWords"], re.IGNORECASE)
    files = [file for file in files_below(root) if file.name.lower().endswith(ENDINGS)]
    # Where maps lie among their volumes, their names say which they are.
    said = {file for file in files if _says(file.name, words) or _lies_among_maps(file.relative_to(root), words)}
    numbers = {file: str(number) for number, file in enumerate(files, start=1)}
    maps = said or set(files)
    places = [_place(Path(folder), words, maps) for folder in spec["imageRoots"]]

    def matched(file: Path) -> tuple[Path, str] | NotOfKind:
        try:
            return _volume_of(file, root, places, words)
        except NotOfKind as error:
            return error

    volumes = {file: matched(file) for file in maps}
    used = {volume[0] for volume in volumes.values() if not isinstance(volume, NotOfKind)}

    def pictures(file: Path, name: str) -> Iterator[dict[str, Any]]:
        volume = volumes.get(file)
        if volume is None:
            if file in used:
                return iter(())
            raise NotOfKind(LEFT_OUT, "is no label map by its name, as others are, and the volume of none")
        if isinstance(volume, NotOfKind):
            raise volume
        # Reasons tell where a picture lay, and no name may be in them.
        return _slices(file, volume, numbers[file], spec, out)

    hidden = HiddenNames()
    hide_names(hidden, root, files, pseudonymiser(spec.get("keyFile")))
    return import_files(spec, channel, files, pictures, hidden)


@dataclass
class _Place:
    """The volumes below a folder, by what a label map of each may be called."""

    root: Path
    by_path: dict[str, Path] = field(default_factory=dict)
    by_name: dict[str, list[Path]] = field(default_factory=dict)
    by_subject: dict[str, list[Path]] = field(default_factory=dict)


def _place(root: Path, words: re.Pattern[str], maps: set[Path]) -> _Place:
    place = _Place(root)
    for file in files_below(root):
        # Maps of one name, each in the folder of its patient, are no volumes of each other.
        if file in maps or not file.name.lower().endswith(ENDINGS) or _says(file.name, words):
            continue
        channel = CHANNEL.search(_bare(file.name))
        # Of several channels the first; each shows the same anatomy.
        if channel is not None and int(channel[1]) > 0:
            continue
        name = file.relative_to(root).as_posix()
        place.by_path.setdefault(_case(name, words), file)
        place.by_name.setdefault(_case(file.name, words), []).append(file)
        subject = SUBJECT.search(name)
        if subject is not None:
            place.by_subject.setdefault(subject[1], []).append(file)
    return place


def _bare(name: str) -> str:
    return re.sub(r"\.(?:nii|hdr)(?:\.gz)?$", "", name, flags=re.IGNORECASE)


def _says(name: str, words: re.Pattern[str]) -> bool:
    """Whether a file says that it is a label map: its name ends with such a word, or is one."""
    return words.search(f"_{_bare(name)}") is not None


def _lies_among_maps(name: Path, words: re.Pattern[str]) -> bool:
    """Below a folder such as `segmentations`, or nnU-Net's `labelsTr` and `labelsTs`."""
    return any(_says(re.sub("T[rs]$", "", folder), words) for folder in name.parts[:-1])


def _case(name: str, words: re.Pattern[str]) -> str:
    """A path without the file's ending, the number of a channel and the words of label maps."""
    folder, slash, own = CHANNEL.sub("", _bare(name)).rpartition("/")
    return folder + slash + words.sub("", f"_{own}").removeprefix("_")


def _volume_of(file: Path, root: Path, places: list[_Place], words: re.Pattern[str]) -> tuple[Path, str]:
    """The volume by path, else by a name, the start of one or a subject (BIDS) that only one has; and its name.

    Raises NotOfKind where there is none, or several have the start of its name.
    """
    name = file.name if file == root else file.relative_to(root).as_posix()
    said = _says(file.name, words)
    subject = SUBJECT.search(name) if said else None
    case = _case(name, words)
    # `segmentation` is of the volume in its folder, whatever that is called.
    longer_name = re.compile(re.escape(case) + ("[_-]" if _case(file.name, words) else "[^/]+$"))
    for place in places:
        by_path = place.by_path.get(case)
        longer = [known for called, known in place.by_path.items() if said and longer_name.match(called)]
        tries = [
            [by_path] if by_path is not None else [],
            place.by_name.get(_case(file.name, words), []),
            longer,
            place.by_subject.get(subject[1], []) if subject is not None else [],
        ]
        for found in tries:
            others = [volume for volume in found if volume != file]
            if len(others) == 1:
                return others[0], others[0].relative_to(place.root).as_posix()
        if len(longer) > 1:
            several = f"may be of {len(longer)} volumes: give a folder with one of each, --image-root"
            raise NotOfKind("image-ambiguous", several)
    if _says(file.parent.name, words) and sum(one.name.lower().endswith(ENDINGS) for one in file.parent.iterdir()) > 1:
        raise NotOfKind(
            "image-missing",
            "has no volume of its name: give their folder, --image-root; or, where the maps of its folder are of one "
            "patient, put them into one in which a value is a structure (TotalSegmentator --ml)",
        )
    raise NotOfKind("image-missing", "has no volume of its name (.nii, .nii.gz): give their folder, --image-root")


def _slices(
    file: Path, volume_of: tuple[Path, str], number: str, spec: dict[str, Any], out: Path
) -> Iterator[dict[str, Any]]:
    volume_file, volume_name = volume_of
    volume, stored = read_labelled(volume_file, file)
    labels = _whole(stored)
    _check_same_place(labels, volume)
    half = (
        []
        if labels.placed == volume.placed
        else ["only one of volume and label map says where it lies: it counts for both"]
    )
    for index in _chosen(spec["frames"], labels):
        row = volume.picture(index, spec["window"], out)
        slice_name = f"slice-{index + 1}.png"
        picture = out / "pictures" / number / slice_name
        picture.parent.mkdir(parents=True, exist_ok=True)
        Path(row["path"]).replace(picture)
        seen = labels.seen(index).astype(np.uint8 if labels.values.max() < 256 else np.uint16)
        squared, _ = square(seen, volume.pixel_height, Image.Resampling.NEAREST)
        drawn = out / "maps" / number / slice_name
        drawn.parent.mkdir(parents=True, exist_ok=True)
        Image.fromarray(squared).save(drawn)
        yield {
            "image": str(picture),
            "map": str(drawn),
            "volume": volume_name,
            "patient": patient_in(volume_name),
            "detail": row["detail"],
            "warnings": row["warnings"] + half,
        }


def _chosen(choice: str | int, labels: Volume) -> list[int]:
    if choice != "largest":
        return chosen(choice, labels.count)
    others = tuple(axis for axis in range(3) if axis != labels.plane)
    sizes = (labels.values > 0).sum(axis=others)
    # The ends of a volume often show nothing.
    return [int(np.argmax(sizes))] if sizes.any() else chosen("middle", labels.count)


def _whole(labels: Volume) -> Volume:
    """Raises NotOfKind for what is no label map."""
    if labels.stacked > 1:
        raise NotOfKind(
            "mask-unread", f"holds {labels.stacked} volumes: one label map is read, in which a value is a class"
        )
    if labels.values.ndim > 3:
        raise NotOfKind("mask-unread", "holds colours: in a label map a value is a class")
    whole = np.round(labels.values)
    if whole.min() < 0 or whole.max() > MOST or np.abs(labels.values - whole).max() > WHOLE:
        raise NotOfKind("mask-unread", f"has values that are no whole numbers from 0 to {MOST}: is it a label map?")
    return replace(labels, values=whole)


def _check_same_place(labels: Volume, volume: Volume) -> None:
    own, other = labels.values.shape, volume.values.shape[:3]
    if own != other:
        sizes = " and ".join(" x ".join(str(size) for size in shape) for shape in (own, other))
        raise NotOfKind("image-other-size", f"and its volume are of {sizes} voxels: resample it to the volume")
    if not (labels.placed and volume.placed):
        return
    corners = np.array([[x, y, z, 1] for x in (0, own[0] - 1) for y in (0, own[1] - 1) for z in (0, own[2] - 1)])
    apart = np.linalg.norm(corners @ (labels.affine - volume.affine).T, axis=1).max()
    if apart > min(volume.zooms) / 2:
        raise NotOfKind("mask-elsewhere", f"lies {apart:.3g} mm away from its volume: resample it to the volume")
