"""A job that needs an extra says so before anything is loaded, with the line that installs it."""

import importlib.util
import types

import pytest

from medgr2.jobs import job_extras as extras
from medgr2.jobs import run_job as jobs


@pytest.fixture
def bare(monkeypatch):
    """A Python without any extra."""
    monkeypatch.setattr(importlib.util, "find_spec", lambda name: None)


@pytest.mark.parametrize(
    ("options", "extra"),
    [
        ({"use_vllm": True}, "vllm"),
        ({"optim": "adamw_bnb_8bit"}, "bitsandbytes"),
        ({"optim": "adamw_8bit"}, "bitsandbytes"),
        ({"optim": "paged_adamw_32bit"}, "bitsandbytes"),
        ({"optim": "rmsprop_bnb"}, "bitsandbytes"),
    ],
)
def test_what_an_option_needs_is_told_with_both_ways_to_install_it(bare, monkeypatch, options, extra):
    monkeypatch.setattr(jobs, "check_spec", lambda spec: None)
    spec = {"kind": "grpo", "device": "cpu", "outDir": "/nowhere/at/all", "trl": options}
    with pytest.raises(extras.ExtraMissing, match=f"setup --with {extra} .*-m pip install -r .*requirements-{extra}"):
        jobs.run_job(spec, types.SimpleNamespace(emit=None))


def test_zero3_needs_deepspeed(bare, monkeypatch):
    monkeypatch.setenv("MEDGR2_SHARDING", "zero3")
    with pytest.raises(extras.ExtraMissing, match=r"executor\.sharding: zero3 needs deepspeed"):
        extras.check_extras({"kind": "reward-model"})


@pytest.mark.parametrize("options", [{}, {"optim": "adamw_torch_fused"}, {"optim": "lomo"}, {"use_vllm": False}])
def test_other_options_need_none(bare, options):
    extras.check_extras({"kind": "sft", "trl": options})
