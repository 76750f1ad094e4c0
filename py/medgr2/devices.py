"""Whether an NVIDIA GPU is here for us, by what the system says and not by torch. Torch-free; only looks.

A card without any of NVIDIA's software (nouveau, a container that was given none) is not here for us.
"""

from __future__ import annotations

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


def _hidden() -> bool:
    """CUDA_VISIBLE_DEVICES counts up to its first entry that names no device."""
    visible = os.environ.get("CUDA_VISIBLE_DEVICES")
    if visible is None:
        return False
    first = visible.split(",")[0].strip()
    return not (first.isdigit() or first.startswith(("GPU-", "MIG-")))


def _ask(program: str) -> tuple[bool, str]:
    """Whether nvidia-smi lists a GPU, and the first line that it says."""
    try:
        done = subprocess.run([program, "-L"], capture_output=True, text=True, timeout=SMI_SECONDS, check=False)
    except (OSError, subprocess.TimeoutExpired) as error:
        return False, f"{type(error).__name__}"
    first = (done.stdout.strip() or done.stderr.strip() or f"exit code {done.returncode}").splitlines()[0]
    return done.returncode == 0 and first.startswith("GPU "), first.split(" (UUID")[0]


def _cards(devices: Path) -> list[str]:
    """NVIDIA's display controllers on the PCI bus."""

    def read(file: Path) -> str:
        try:
            return file.read_text().strip()
        except OSError:
            return ""

    found = (device for device in devices.glob("*") if read(device / "vendor") == "0x10de")
    return sorted(device.name for device in found if read(device / "class").startswith("0x03"))
