"""The `nifti` job: axial slices of NIfTI volumes as pictures, the patient's left on the right as radiologists have it.

Names of files may name patients: only a pseudonym of them leaves.
"""

from __future__ import annotations

import re
from collections.abc import Callable, Iterator
from pathlib import Path
from typing import Any

from medgr2.clinical.clinical_files import LEFT_OUT, NotOfKind, import_files
from medgr2.clinical.clinical_pixels import chosen, files_below
from medgr2.clinical.hidden_names import HiddenNames
from medgr2.clinical.nifti_volume import ENDINGS, read_volume
from medgr2.clinical.patients import pseudonymiser
from medgr2.node.job_channel import Channel

SUBJECT = re.compile(r"(?:^|[/_])sub-([A-Za-z0-9]+)")
BIDS_FOLDERS = {"anat", "func", "dwi", "fmap", "perf", "pet", "meg", "eeg", "ieeg", "derivatives", "sourcedata"}
OTHER_VOLUMES = (".mgz", ".mgh", ".mnc", ".nrrd", ".nhdr", ".mha", ".mhd", ".dcm", ".img", ".img.gz")


def run(spec: dict[str, Any], channel: Channel) -> dict[str, Any]:
    """spec as of the `dicom` job; `frames` chooses slices, and `window: header` is `auto`, since NIfTI has none."""
    pseudonym = pseudonymiser(spec.get("keyFile"))
    hidden = HiddenNames()
    root = Path(spec["path"])
    files = files_below(root)
    hide_names(hidden, root, files, pseudonym)

    def pictures(file: Path, name: str) -> Iterator[dict[str, Any]]:
        _refuse_other(file)
        patient = patient_in(name)
        told = (
            []
            if SUBJECT.search(name)
            else ["the name of the file stands in for the patient (sub-… in it, or --patient-from)"]
        )
        rows = _slices(file, spec, Path(spec["pictures"]))
        return ({**row, "patient": pseudonym(patient), "warnings": row["warnings"] + told} for row in rows)

    return import_files(spec, channel, files, pictures, hidden)


def hide_names(hidden: HiddenNames, root: Path, files: list[Path], pseudonym: Callable[[str], str]) -> None:
    """No header says who it is: whatever a file or folder is called may be the patient."""
    for file in files:
        name = file.name if file == root else file.relative_to(root).as_posix()
        for part in (patient_in(name), patient_in(file.name), file.name.split(".")[0], *Path(name).parent.parts):
            if part not in BIDS_FOLDERS:
                hidden.add(part.removeprefix("sub-"), pseudonym(part))


def _refuse_other(file: Path) -> None:
    """Two files make one volume where header and values lie apart: the header's stands for both."""
    name = file.name.lower()
    if name.endswith((".img", ".img.gz")) and _beside(file, ".hdr").exists():
        raise NotOfKind(LEFT_OUT, "is read with its header")
    if not name.endswith(ENDINGS):
        volume = name.endswith(OTHER_VOLUMES)
        raise (
            NotOfKind("not-nifti", "is no NIfTI volume: convert it first")
            if volume
            else NotOfKind(LEFT_OUT, "is no NIfTI volume")
        )


def _beside(file: Path, ending: str) -> Path:
    return file.with_name(re.sub(r"\.(?:img|hdr)(?=(?:\.gz)?$)", ending, file.name, flags=re.IGNORECASE))


def patient_in(name: str) -> str:
    """BIDS' `sub-…`, else the file's name without its ending and without the number of a channel (`_0000`)."""
    subject = SUBJECT.search(name)
    ending = re.compile(r"(?:_\d{4})?\.(?:nii|hdr|img)(?:\.gz)?$", re.IGNORECASE)
    return subject[1] if subject else ending.sub("", name)


def _slices(file: Path, spec: dict[str, Any], folder: Path) -> list[dict[str, Any]]:
    volume = read_volume(file)
    return [
        volume.picture(index, spec["window"], folder) | {"modality": "unknown", "deidentified": None}
        for index in chosen(spec["frames"], volume.count)
    ]
