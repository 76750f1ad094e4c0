"""Whether an NVIDIA GPU is here for us, by what the system says and not by torch. Torch-free; only looks.

A card without any of NVIDIA's software (nouveau, a container that was given none) is not here for us.
"""

from __future__ import annotations

import itertools
import os
import shutil
import subprocess
from pathlib import Path

#: Seconds that nvidia-smi gets; on a machine with many GPUs it takes some.
SMI_SECONDS = 20.0


def nvidia_gpu(root: Path = Path("/")) -> str | None:
    """What shows that there is one, in words for people; None where there is none, or all are hidden on purpose."""
    if _hidden():
        return None
    nodes = sorted(node.name for node in (root / "dev").glob("nvidia[0-9]*"))
    if nodes:
        return f"/dev/{nodes[0]}"
    program = shutil.which("nvidia-smi")
    if program is None:
        return None
    listed, said = _ask(program)
    if listed:
        return f"{said}, by nvidia-smi"
    cards = _cards(root / "sys/bus/pci/devices")
    # Without a card, the program is only left over or part of the machine's image.
    return f"the card at PCI {cards[0]}, though nvidia-smi fails: {said}" if cards else None


def visible_gpus(root: Path = Path("/")) -> list[str]:
    """The GPUs that CUDA would show to this process, as CUDA_VISIBLE_DEVICES names them."""
    if _hidden():
        return []
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is not None:
        return list(itertools.takewhile(_names_device, (entry.strip() for entry in visible.split(","))))
    # A container may have only /dev/nvidia2: for CUDA that is number 0.
    program = shutil.which("nvidia-smi")
    listed = [] if program is None else [line for line in _output(program)[1] if line.startswith("GPU ")]
    nodes = list((root / "dev").glob("nvidia[0-9]*"))
    return [str(index) for index in range(len(listed) or len(nodes))]


def pin_one_gpu(root: Path = Path("/")) -> str | None:
    """Leaves this process one of several GPUs, before CUDA is touched; what a person is told of it.

    With two in sight TRL's trainers refuse and transformers' splits each batch over them (`DataParallel`): that changes
    what is trained. A rank of many sees all: its launcher has given it one by LOCAL_RANK.
    """
    gpus = [] if "LOCAL_RANK" in os.environ else visible_gpus(root)
    if len(gpus) < 2:
        return None
    os.environ["CUDA_VISIBLE_DEVICES"] = gpus[0]
    return (
        f"this job uses GPU {gpus[0]}, one of {len(gpus)}: `executor: {{ gpus: all }}` starts a rank on each of them, "
        "CUDA_VISIBLE_DEVICES chooses another one"
    )


def _hidden() -> bool:
    """CUDA_VISIBLE_DEVICES counts up to its first entry that names no device."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return False
    return not _names_device(visible.split(",")[0].strip())


def _names_device(entry: str) -> bool:
    return entry.isdigit() or entry.startswith(("GPU-", "MIG-"))


def _ask(program: str) -> tuple[bool, str]:
    """Whether nvidia-smi lists a GPU, and the first line that it says."""
    good, lines = _output(program)
    return good and lines[0].startswith("GPU "), lines[0].split(" (UUID")[0]


def _output(program: str) -> tuple[bool, list[str]]:
    """Whether `nvidia-smi -L` went well, and its lines: one at least, for people."""
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=SMI_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, [type(error).__name__]
    said = done.stdout.strip() or done.stderr.strip() or f"exit code {done.returncode}"
    return done.returncode == 0, said.splitlines()


def _cards(devices: Path) -> list[str]:
    """NVIDIA's display controllers on the PCI bus."""

    def read(file: Path) -> str:
        try:
            return file.read_text().strip()
        except OSError:
            return ""

    found = (device for device in devices.glob("*") if read(device / "vendor") == "0x10de")
    return sorted(device.name for device in found if read(device / "class").startswith("0x03"))
