"""All families by name: each writes a tiny random model's folder."""

from __future__ import annotations

from collections.abc import Callable
from pathlib import Path

from family_gemma import gemma3, paligemma
from family_llava import glm4v, llava, llava_onevision
from family_qwen import qwen2_5_vl, qwen2_vl, qwen3_vl
from family_tiles import idefics3, internvl, mllama, smolvlm

FAMILIES: dict[str, Callable[[Path], Path]] = {
    "Qwen2-VL": qwen2_vl,
    "Qwen2.5-VL": qwen2_5_vl,
    "Qwen3-VL": qwen3_vl,
    "InternVL3": internvl,
    "LLaVA-1.5": llava,
    "LLaVA-OneVision": llava_onevision,
    "GLM-4.1V": glm4v,
    "SmolVLM": smolvlm,
    "Idefics3": idefics3,
    "Gemma 3": gemma3,
    "PaliGemma": paligemma,
    "Mllama": mllama,
}
