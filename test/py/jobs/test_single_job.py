"""`python -m medgr2 job`: what it prints, how it exits, and that rewards without TypeScript must be named."""

import json
import os
import signal
import subprocess
import sys
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
from PIL import Image

from medgr2.contract import check_spec, with_defaults
from medgr2.stand_in_rewards import RULES, StandInError, choose, rewards_event

ROOT = Path(__file__).resolve().parents[3]
SCORE = {"kind": "score", "seed": 1, "model": {"path": "m"}, "data": "d"}
GRPO = {"kind": "grpo", "seed": 1, "model": {"path": "phantom"}, "data": "d", "rewards": [{"name": "r", "weight": 1}]}
REWARD_MODEL = {**SCORE, "kind": "reward-model", "outDir": "o", "steps": 1, "batchSize": 1, "learningRate": 0.1}

PLAYED = """
import os, sys, time
from medgr2.node.job_channel import JobCancelled

def run(spec, channel):
    print("a library talks")
    os.write(1, b"and so does C\\n")
    channel.emit({"type": "progress", "done": 1, "total": 2})
    if spec["data"] == "fails":
        raise ValueError("no such luck")
    if spec["data"] == "waits":
        while not channel.should_stop():
            time.sleep(0.01)
        raise JobCancelled
    return {"kind": "score", "scores": "s", "count": 2, "seconds": float("nan") if spec["data"] == "nan" else 0.5}
"""


@pytest.fixture
def play(tmp_path):
    """Starts the command with a job module that the tests play."""
    (tmp_path / "played.py").write_text(PLAYED)

    def start(spec, *values, played=True):
        (tmp_path / "spec.json").write_text(spec if isinstance(spec, str) else json.dumps(spec))
        code = "from medgr2 import __main__\nfrom medgr2.jobs.run_job import MODULES\n"
        code += "MODULES['score'] = 'played'\n__main__.main()"
        command = [sys.executable, *(["-c", code] if played else ["-m", "medgr2"]), "job", "spec.json", *values]
        path = os.pathsep.join([str(ROOT / "py"), str(tmp_path)])
        return subprocess.Popen(
            command,
            cwd=tmp_path,
            env={**os.environ, "PYTHONPATH": path, "PYTHONUNBUFFERED": "1"},
            stdout=subprocess.PIPE,
            stderr=subprocess.PIPE,
            text=True,
        )

    return start


def ended(process):
    out, err = process.communicate(timeout=600)
    lines = [json.loads(line) for line in out.splitlines()]
    # What it is differs from machine to machine; that it is told, test_passes shows.
    return process.returncode, [line for line in lines if line["type"] != "memory"], err


def test_events_are_lines_the_result_is_last_and_nothing_else_is_on_stdout(play, tmp_path):
    code, lines, err = ended(play({**SCORE, "outDir": "out/deep"}))
    assert code == 0
    assert lines[-1]["result"].pop("peakMemory") > 0
    assert lines == [
        {"type": "progress", "done": 1, "total": 2},
        {"type": "done", "result": {"kind": "score", "scores": "s", "count": 2, "seconds": 0.5}},
    ]
    assert "a library talks" in err and "and so does C" in err
    assert (tmp_path / "out" / "deep").is_dir()


@pytest.mark.parametrize(("data", "words"), [("fails", "no such luck"), ("nan", "seconds: None is not of type")])
def test_a_failed_job_ends_with_its_error_and_exit_code_1(play, data, words):
    code, lines, err = ended(play({**SCORE, "outDir": "o", "data": data}))
    assert code == 1
    assert lines[-1]["type"] == "failed" and words in lines[-1]["error"]["message"]
    assert "Traceback" in err


@pytest.mark.parametrize("number", [signal.SIGINT, signal.SIGTERM])
def test_a_signal_stops_it_politely_with_exit_code_130(play, number):
    process = play({**SCORE, "outDir": "o", "data": "waits"})
    assert json.loads(process.stdout.readline())["type"] == "progress"
    process.send_signal(number)
    assert ended(process)[:2] == (130, [{"type": "cancelled"}])


@pytest.mark.parametrize(
    ("spec", "words"),
    [
        ("{", "Expecting property name"),
        ({"kind": "nonsense"}, "known: sft"),
        ({**SCORE, "outDir": "o", "batchSize": "two"}, "'two' is not of type 'integer'"),
        ({**GRPO, "outDir": "o"}, "name a stand-in for r"),
        ({**GRPO, "outDir": "o", "trl": {"num_generations": 3}}, "`grpo`.trl.num_generations: 3 must divide"),
        ({**REWARD_MODEL, "train": "head", "lora": {"rank": 2, "alpha": 4}}, "leave lora out, or train all"),
    ],
)
def test_what_cannot_be_run_is_refused_with_exit_code_2(play, tmp_path, spec, words):
    code, lines, err = ended(play(spec))
    assert (code, lines) == (2, [])
    assert words in err
    assert not (tmp_path / "o").exists()


def test_defaults_are_filled_in_as_typescript_does():
    filled = with_defaults({**GRPO, "outDir": "o"})
    check_spec(filled)
    assert filled["model"] == {"path": "phantom", "dtype": "auto"}
    assert (filled["device"], filled["shownCompletions"], filled["trl"]) == ("auto", 2, {})


def named(*names, **more):
    return with_defaults({**GRPO, "outDir": "o", "rewards": [{"name": n, "weight": 1} for n in names], **more})


@pytest.mark.parametrize(
    ("spec", "wanted", "words"),
    [
        (named("a", "b"), ["format"], "say which: NAME=format"),
        (named("a", "b"), ["a=format"], "stand-in for b"),
        (named("a"), ["c=format"], "no reward `c`; it has a"),
        (named("a"), ["sum"], "known: answer-match"),
        (named("a"), ["reward-model"], "needs a `rewardModel`"),
        (with_defaults({**SCORE, "outDir": "o"}), ["format"], "asks for no rewards"),
    ],
)
def test_stand_ins_that_do_not_fit_are_refused(spec, wanted, words):
    with pytest.raises(StandInError, match=words):
        choose(spec, wanted)


def test_stand_ins_judge_as_their_names_say():
    def judge(rule, completion, score=None):
        return RULES[rule]({"id": "i", "completion": completion, "rewardModelScore": score}, "Left Lung")

    assert judge("format", "<think>a</think>\n<answer>b</answer>") == 1
    assert judge("format", "<answer>b</answer> and more") == 0
    assert judge("answer-match", "<answer>no</answer><answer> left  lung. </answer>") == 1
    assert judge("answer-match", "right lung") == 0
    assert [judge("reward-model", "", score) for score in (-6, 2, 99)] == [0, 0.5, 1]
    with pytest.raises(ValueError, match="no number for a completion of i"):
        judge("reward-model", "")


def test_a_stand_in_that_compares_does_not_apply_where_no_answer_is_trusted(tmp_path):
    rows = [{"id": "a", "answer": "left", "trusted": True}, {"id": "b", "answer": "left", "trusted": False}]
    parquet.write_table(pa.Table.from_pylist(rows), tmp_path / "rows.parquet")
    spec = with_defaults({**GRPO, "data": str(tmp_path / "rows.parquet"), "outDir": "o"})
    name = spec["rewards"][0]["name"]
    stand_in = choose(spec, [f"{reward['name']}=answer-match" for reward in spec["rewards"]])
    items = [{"id": row["id"], "completion": "left", "rewardModelScore": None} for row in rows]
    assert stand_in.answer({"items": items})[name] == [1.0, None]
    told = rewards_event(1, {name: [1.0, None], "other": [None]})["rewards"]
    assert told[name] == {"mean": 1.0, "std": 0.0, "applied": 1, "milliseconds": None}
    assert told["other"] == {"mean": None, "std": None, "applied": 0, "milliseconds": None}


def test_a_real_grpo_job_with_stand_ins(play, tmp_path):
    Image.new("L", (84, 84), 90).save(tmp_path / "a.png")
    row = {"image": str(tmp_path / "a.png"), "prompt": "Name the modality.\nA) CT\nB) MRI", "answer": "CT"}
    parquet.write_table(pa.Table.from_pylist([{"id": str(n), **row} for n in range(2)]), tmp_path / "rows.parquet")
    trl = {
        "max_steps": 1,
        "num_generations": 8,
        "per_device_train_batch_size": 16,
        "max_completion_length": 17,  # some answers end before that, and only those have the format
        "logging_steps": 1,
    }
    rewards = [{"name": "format", "weight": 1}, {"name": "right", "weight": 1}]
    spec = {**GRPO, "data": "rows.parquet", "outDir": "o", "threads": 1, "device": "cpu"}
    spec |= {"rewards": rewards, "trl": trl}
    code, lines, err = ended(play(spec, "--rewards", "format=format", "--rewards", "right=answer-match", played=False))
    assert code == 0, err
    assert [line["type"] for line in lines[:3]] == ["job-start", "rewards", "completions"]
    assert lines[1]["rewards"]["right"]["applied"] == 16
    assert lines[-1]["result"]["steps"] == 1
    assert (tmp_path / "o" / "model" / "model.safetensors").is_file()
