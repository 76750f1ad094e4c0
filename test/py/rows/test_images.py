"""One decoder before every model: upright, of any depth, and with errors that name file and sample."""

from __future__ import annotations

import struct
import zlib
from pathlib import Path
from typing import Any

import numpy
import pytest
from job_fixtures import KINDS, Kept, rows_of, spec_of
from PIL import Image

from medgr2.jobs.run_job import run_job
from medgr2.rows.encode import SampleUnreadable
from medgr2.rows.open_image import ImageUnreadable, image_size, open_image


def bomb(path: Path, side: int = 14_000) -> str:
    """A small PNG that says it has side x side pixels, and has: one row of zeros, many times."""

    def chunk(kind: bytes, data: bytes) -> bytes:
        return struct.pack(">I", len(data)) + kind + data + struct.pack(">I", zlib.crc32(kind + data))

    packer = zlib.compressobj(9)
    rows = b"".join(packer.compress(bytes(side + 1)) for _ in range(side)) + packer.flush()
    header = struct.pack(">IIBBBBB", side, side, 8, 0, 0, 0, 0)
    path.write_bytes(b"\x89PNG\r\n\x1a\n" + chunk(b"IHDR", header) + chunk(b"IDAT", rows) + chunk(b"IEND", b""))
    return str(path)


@pytest.mark.parametrize("read", [open_image, image_size])
def test_an_image_too_large_to_decode_is_named(tmp_path: Path, read: Any) -> None:
    with pytest.raises(ImageUnreadable, match=r"bomb\.png is too large .* 178,956,970") as raised:
        read(bomb(tmp_path / "bomb.png"))
    assert str(tmp_path) in str(raised.value)


@pytest.mark.parametrize("kind", [kind for kind in KINDS if kind != "score"])
def test_every_job_names_the_sample_of_an_image_it_cannot_read(tmp_path: Path, kind: str) -> None:
    rows = rows_of(tmp_path)
    Path(rows[2]["image"]).write_bytes(Path(rows[2]["image"]).read_bytes()[:40])
    with pytest.raises(ImageUnreadable, match=r"sample q2: cannot read the image .*2\.png"):
        run_job(spec_of(kind, tmp_path / "job", rows), Kept())  # type: ignore[arg-type]


def test_an_image_that_a_processor_refuses_is_named_with_its_sample(tmp_path: Path) -> None:
    rows = rows_of(tmp_path)
    Image.new("RGB", (1000, 2)).save(rows[1]["image"])
    with pytest.raises(SampleUnreadable, match=r"sample q1 .*1\.png\): absolute aspect ratio"):
        run_job(spec_of("complete", tmp_path / "job", rows), Kept())  # type: ignore[arg-type]


@pytest.mark.parametrize("orientation", range(1, 9))
def test_exif_orientation_is_applied(tmp_path: Path, orientation: int) -> None:
    upright = Image.new("RGB", (8, 4), "black")
    upright.paste("white", (0, 0, 2, 4))  # white at the left
    turns = {
        1: None,
        2: Image.Transpose.FLIP_LEFT_RIGHT,
        3: Image.Transpose.ROTATE_180,
        4: Image.Transpose.FLIP_TOP_BOTTOM,
        5: Image.Transpose.TRANSPOSE,
        6: Image.Transpose.ROTATE_90,
        7: Image.Transpose.TRANSVERSE,
        8: Image.Transpose.ROTATE_270,
    }
    turn = turns[orientation]
    stored = upright if turn is None else upright.transpose(turn)
    exif = Image.Exif()
    exif[0x0112] = orientation
    stored.save(tmp_path / "turned.png", exif=exif)
    found = open_image(str(tmp_path / "turned.png"))
    assert found.size == image_size(str(tmp_path / "turned.png")) == (8, 4)
    assert numpy.array_equal(numpy.asarray(found), numpy.asarray(upright))


def test_sixteen_bits_are_scaled_and_not_clipped_to_white(tmp_path: Path) -> None:
    values = numpy.array([[0, 257, 257 * 128, 65535]], dtype=numpy.uint16)
    Image.fromarray(values).save(tmp_path / "deep.png")
    assert numpy.asarray(open_image(str(tmp_path / "deep.png")))[0, :, 0].tolist() == [0, 1, 128, 255]


def test_colours_that_an_import_does_not_read_are_refused(tmp_path: Path) -> None:
    Image.new("LAB", (8, 4)).save(tmp_path / "lab.tif")
    with pytest.raises(ImageUnreadable, match=r"lab\.tif has CIELab colours"):
        open_image(str(tmp_path / "lab.tif"))


def test_values_that_nothing_scales_are_refused(tmp_path: Path) -> None:
    Image.fromarray(numpy.array([[0.0, 3000.0]], dtype=numpy.float32)).save(tmp_path / "float.tif")
    with pytest.raises(ImageUnreadable, match=r"float\.tif .* from 0\.0 to 3000\.0"):
        open_image(str(tmp_path / "float.tif"))
