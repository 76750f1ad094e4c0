"""Jobs spread over CPU ranks train what one process trains; a rank that dies, fails or stops ends the job."""

import importlib.util
import json
import os
import signal
from pathlib import Path

import pyarrow as pa
import pyarrow.parquet as parquet
import pytest
import torch
from PIL import Image
from safetensors.torch import load_file

from medgr2.contract import with_defaults
from medgr2.executors.ranks import RanksExecutor, drive
from medgr2.executors.worker import work
from medgr2.models.reward_backbone import RewardModel

#: Three minutes of jobs whose ranks each start anew; `npm test` runs SFT both ways and all that is played.
LONG = pytest.mark.skipif(os.environ.get("MEDGR2_TEST_RANKS") != "1", reason="takes minutes: set MEDGR2_TEST_RANKS=1")

#: DeepSpeed is an extra, and its CPU ranks are for trials.
ZERO3 = pytest.param(
    "zero3", marks=[LONG, pytest.mark.skipif(importlib.util.find_spec("deepspeed") is None, reason="needs deepspeed")]
)

ROOT = Path(__file__).resolve().parents[3]
BASE = ROOT / "py/medgr2/phantom/base/model.safetensors"
ANSWERS = ["mass", "nodule", "effusion", "nothing"]


@pytest.fixture(scope="module")
def executors():
    """Of two ranks; all share one forkserver, which loads the heavy libraries once."""
    with pytest.MonkeyPatch.context() as patch:
        patch.setenv("PYTHONPATH", str(ROOT / "py"))
        patch.setenv("OMP_NUM_THREADS", "1")
        patch.setenv("TOKENIZERS_PARALLELISM", "false")
        patch.setenv("DS_ACCELERATOR", "cpu")
        sharded = {"kind": "local", "workers": 2, "sharding": "fsdp"}
        zero3 = {**sharded, "sharding": "zero3"}
        whole = {"kind": "local", "workers": 2}
        yield {
            name: RanksExecutor(settings, True)
            for name, settings in {"whole": whole, "fsdp": sharded, "zero3": zero3}.items()
        }


@pytest.fixture
def rows(tmp_path):
    return make_rows(tmp_path)


def make_rows(folder):
    """Eight rows with texts of different lengths, so that ranks have different numbers of tokens."""
    data = []
    for number in range(8):
        image = folder / f"{number}.png"
        Image.new("RGB", (84, 84), (30 * number, 90, 200 - 20 * number)).save(image)
        completion = " ".join(ANSWERS[: number % 4 + 1])
        data.append({"id": str(number), "image": str(image), "prompt": f"Name it {number}.", "completion": completion})
    return data


def write(path, rows):
    parquet.write_table(pa.Table.from_pylist(rows), path)
    return str(path)


def follow(worker, answer=None, on_event=None):
    """All messages but heartbeats."""
    heard = []
    for frame in worker.messages():
        if frame.kind == "beat":
            continue
        message = frame.read()
        heard.append(message)
        if message["type"] == "ask":
            worker.send({"type": "answer", "ask": message["ask"], "reply": {"scores": answer(message["request"])}})
        if message["type"] == "event" and on_event is not None:
            on_event(message["event"])
        if message["type"] in ("done", "failed", "cancelled"):
            break
    worker.finish(20)
    return heard


def losses(heard):
    events = [message["event"] for message in heard if message["type"] == "event"]
    return [event["loss"] for event in events if event["type"] == "train-step"]


def spec_of(kind, data, out, **more):
    plain = {"kind": kind, "seed": 3, "threads": 1, "device": "cpu", "model": {"path": "phantom"}, "data": data}
    return with_defaults({**plain, "outDir": str(out), **more})


def same_weights(one, other, relative=1e-4):
    """What training changed is the same, tensor by tensor, to the rounding of sums in another order."""
    first, second = load_file(one / "model.safetensors"), load_file(other / "model.safetensors")
    base = load_file(BASE)
    assert first.keys() == second.keys()
    moved = 0.0
    for name, tensor in first.items():
        change = (tensor - base[name]).abs().max().item()
        moved = max(moved, change)
        assert (tensor - second[name]).abs().max().item() <= max(relative * change, 2e-6), name
    assert moved > 1e-4, "nothing was trained"


def sft(data, out, batch, **options):
    # SGD: the update is the gradient, so that one that was split or doubled wrongly cannot hide behind Adam's scaling.
    trl = {"max_steps": 2, "logging_steps": 1, "learning_rate": 0.05, "optim": "sgd", "max_grad_norm": 0.0}
    trl |= {"lr_scheduler_type": "constant", "per_device_train_batch_size": batch, "save_steps": 1}
    return spec_of("sft", data, out, trl=trl | options)


def alone(executor, spec, log):
    return executor.start_process({"spec": spec, "module": None, "log": str(log)}, body=work)


@pytest.fixture(scope="module")
def one(executors, tmp_path_factory):
    """SFT in one process: its rows, what was heard of it, and its model."""
    folder = tmp_path_factory.mktemp("one")
    data = write(folder / "rows.parquet", make_rows(folder))
    # transformers averages this family's loss over each rank's tokens, as over those of each batch that is accumulated.
    single = sft(data, folder / "out", batch=2, gradient_accumulation_steps=2)
    return data, follow(alone(executors["whole"], single, folder / "job.log")), folder / "out/model"


@pytest.mark.parametrize("way", ["whole", "fsdp", ZERO3])
def test_sft_over_two_ranks_has_the_losses_and_weights_of_one_process(way, executors, one, tmp_path):
    data, heard, model = one
    two = follow(executors[way].launch(sft(data, tmp_path / "two", batch=2), None, str(tmp_path / "two.log")))
    assert two[-1]["type"] == "done", (tmp_path / "two.log").read_text()
    assert losses(two) == pytest.approx(losses(heard), rel=1e-4) and len(losses(heard)) == 2
    same_weights(model, tmp_path / "two/model")
    assert not (tmp_path / "two/checkpoints").exists()


@LONG
def test_a_job_stopped_over_sharded_ranks_goes_on_and_ends_where_an_undisturbed_one_does(executors, rows, tmp_path):
    data, executor = write(tmp_path / "rows.parquet", rows), executors["fsdp"]
    options = {"max_steps": 4, "optim": "adamw_torch", "learning_rate": 1e-3, "max_grad_norm": 1.0}
    whole = follow(executor.launch(sft(data, tmp_path / "whole", 2, **options), None, str(tmp_path / "whole.log")))
    worker = executor.launch(sft(data, tmp_path / "cut", 2, **options), None, str(tmp_path / "cut.log"))
    stopped = follow(worker, on_event=lambda event: event["type"] == "train-step" and worker.send({"type": "stop"}))
    assert stopped[-1]["type"] == "cancelled", (tmp_path / "cut.log").read_text()
    again = follow(executor.launch(sft(data, tmp_path / "cut", 2, **options), None, str(tmp_path / "again.log")))
    assert again[-1]["type"] == "done", (tmp_path / "again.log").read_text()
    started = next(message["event"] for message in again if message.get("event", {}).get("type") == "job-start")
    assert Path(started["resumedFrom"]).name.startswith("checkpoint-")
    assert losses(stopped) + losses(again) == pytest.approx(losses(whole), rel=1e-4)
    same_weights(tmp_path / "whole/model", tmp_path / "cut/model", relative=1e-3)


@LONG
@pytest.mark.parametrize("first", ["two", "one"])
def test_a_job_goes_on_with_another_number_of_ranks_and_ends_where_an_undisturbed_one_does(
    first, executors, rows, tmp_path
):
    data, executor = write(tmp_path / "rows.parquet", rows), executors["whole"]
    options = {"max_steps": 4, "optim": "adamw_torch", "learning_rate": 1e-3, "gradient_accumulation_steps": 2}

    def run(count, out, on_event=None):
        spec, log = sft(data, tmp_path / out, 1, **options), tmp_path / f"{out}-{count}.log"
        worker = executor.launch(spec, None, str(log)) if count == "two" else alone(executor, spec, log)
        stop = on_event and (lambda event: event["type"] == on_event and worker.send({"type": "stop"}))
        return follow(worker, on_event=stop), log

    whole, _ = run(first, "whole")
    stopped, log = run(first, "cut", on_event="train-step")
    assert stopped[-1]["type"] == "cancelled", log.read_text()
    again, log = run("one" if first == "two" else "two", "cut")
    assert again[-1]["type"] == "done", log.read_text()
    told = [m["event"]["message"] for m in again if m.get("event", {}).get("type") == "warning"]
    batches = {"two": "2 ranks and goes on with 1 rank: gradients are accumulated over 4 batches instead of 2"}
    batches["one"] = "1 rank and goes on with 2 ranks: gradients are accumulated over 1 batch instead of 2"
    assert any(batches[first] in words for words in told), told
    assert losses(stopped) + losses(again) == pytest.approx(losses(whole), rel=1e-4) and len(losses(whole)) == 4
    assert again[-1]["result"]["steps"] == 4
    # Adam moves a bias without a gradient by rounding alone; a lost moment or another batch would show in every weight.
    first, second, base = (
        load_file(path)
        for path in (tmp_path / "whole/model/model.safetensors", tmp_path / "cut/model/model.safetensors", BASE)
    )
    apart = torch.cat([(first[name] - second[name]).abs().flatten() for name in first])
    moved = torch.cat([(first[name] - base[name]).abs().flatten() for name in first])
    assert apart.max() < 5e-5 and apart.mean() < 1e-4 * moved.mean(), (apart.max(), apart.mean(), moved.mean())


@LONG
def test_what_was_sharded_otherwise_is_not_gone_on_from_and_that_is_told(executors, rows, tmp_path):
    data, options = write(tmp_path / "rows.parquet", rows), {"max_steps": 2, "optim": "adamw_torch"}

    def run(way, stop):
        worker = executors[way].launch(sft(data, tmp_path / "out", 1, **options), None, str(tmp_path / f"{way}.log"))
        return follow(worker, on_event=lambda e: stop and e["type"] == "train-step" and worker.send({"type": "stop"}))

    assert run("fsdp", stop=True)[-1]["type"] == "cancelled"
    heard = run("whole", stop=False)
    assert heard[-1]["type"] == "done"
    events = [message["event"] for message in heard if message["type"] == "event"]
    told = [event["message"] for event in events if event["type"] == "warning"]
    assert any("belongs to another job (sharding is not set, was fsdp)" in words for words in told)
    assert len(losses(heard)) == 2


@LONG
@pytest.mark.parametrize("way", ["whole", "fsdp", ZERO3])
def test_a_reward_model_over_two_ranks_has_the_losses_and_weights_of_one_process(way, executors, rows, tmp_path):
    graded = [{**row, "response": row["completion"], "grade": [10, 6, 0, -6][n % 4]} for n, row in enumerate(rows)]
    data, executor = write(tmp_path / "rows.parquet", graded), executors[way]

    def spec(out, batch):
        more = {"steps": 2, "batchSize": batch, "learningRate": 1e-4, "loss": "mse", "loggingSteps": 1, "saveSteps": 1}
        return spec_of("reward-model", data, tmp_path / out, **more)

    one = follow(alone(executor, spec("one", 4), tmp_path / "one.log"))
    two = follow(executor.launch(spec("two", 2), None, str(tmp_path / "two.log")))
    assert two[-1]["type"] == "done", (tmp_path / "two.log").read_text()
    assert losses(two) == pytest.approx(losses(one), rel=1e-4) and len(losses(one)) == 2
    # Adam's first steps have the size of the rate wherever there is a gradient: rounding shows where it is almost none.
    for file in ("model.safetensors", "reward_head.safetensors"):
        first, second = (load_file(tmp_path / name / "model" / file) for name in ("one", "two"))
        assert first.keys() == second.keys()
        same = torch.cat([torch.isclose(first[name], second[name], atol=2e-5).flatten() for name in first])
        assert same.float().mean() > 0.99
    # It is a whole model again: it scores as the other does.
    scores = []
    for name in ("one", "two"):
        model = {"path": str(tmp_path / name / "model")}
        score = spec_of("score", data, tmp_path / f"{name}-score", batchSize=8, model=model)
        ended = follow(executor.launch(score, None, str(tmp_path / "score.log")))[-1]
        lines = Path(ended["result"]["scores"]).read_text().splitlines()
        scores.append([json.loads(line)["score"] for line in lines])
    assert len(scores[0]) == 8
    assert scores[1] == pytest.approx(scores[0], abs=0.05)


@LONG
@pytest.mark.parametrize("way", ["whole", "fsdp", ZERO3])
def test_grpo_over_two_ranks_trains_one_model_on_the_rewards_of_all(way, executors, rows, tmp_path):
    data, executor = write(tmp_path / "rows.parquet", rows), executors[way]
    trl = {"max_steps": 1, "num_generations": 2, "per_device_train_batch_size": 2, "max_completion_length": 6}
    trl |= {"logging_steps": 1, "learning_rate": 1e-3}
    judge = RewardModel.start({"path": "phantom", "dtype": "float32"}, torch.device("cpu"))
    judge.save(tmp_path / "judge")
    more = {"rewards": [{"name": "length", "weight": 1}], "rewardModel": {"path": str(tmp_path / "judge")}}
    spec = spec_of("grpo", data, tmp_path / "out", trl=trl, **more)
    asked, scored = [], []

    def answer(ask):
        asked.append([item["id"] for item in ask["items"]])
        scored.extend(ask["items"])
        return {"length": [float(index) for index, _ in enumerate(ask["items"])]}

    heard = follow(executor.launch(spec, None, str(tmp_path / "job.log")), answer)
    assert heard[-1]["type"] == "done", (tmp_path / "job.log").read_text()
    assert sorted(len(set(ids)) for ids in asked) == [1, 1] and asked[0] != asked[1]  # a group for each rank
    wanted = judge.score([{**rows[int(item["id"])], "response": item["completion"]} for item in scored])
    assert [item["rewardModelScore"] for item in scored] == pytest.approx(wanted, abs=1e-3)
    trained, base = load_file(tmp_path / "out/model/model.safetensors"), load_file(BASE)
    assert trained.keys() == base.keys() and any((trained[name] - base[name]).abs().max() > 1e-4 for name in base)


@LONG
def test_a_group_left_out_by_difficulty_is_left_out_on_all_ranks(executors, rows, tmp_path):
    data, executor = write(tmp_path / "rows.parquet", rows), executors["whole"]
    trl = {"max_steps": 1, "num_generations": 2, "per_device_train_batch_size": 2, "max_completion_length": 6}
    trl |= {"logging_steps": 1, "learning_rate": 1e-3, "scale_rewards": "none"}
    rewards = [{"name": "length", "weight": 1}, {"name": "match", "weight": 1}]
    asked = []

    def run(name, easy, bonus):
        def answer(ask):
            row = ask["items"][0]["id"]
            asked.append(row)
            places = [float(place) for place, _ in enumerate(ask["items"])]
            more = bonus if row == easy else 0.0
            return {"length": [place * (1 + more) for place in places], "match": [1.0] * 2 if row == easy else places}

        spec = spec_of("grpo", data, tmp_path / name, rewards=rewards, mixedBy="match", trl=trl)
        heard = follow(executor.launch(spec, None, str(tmp_path / f"{name}.log")), answer)
        assert heard[-1]["type"] == "done", (tmp_path / f"{name}.log").read_text()
        return heard[-1]["result"]["leftOut"], load_file(tmp_path / name / "model/model.safetensors")

    assert run("first", "", 0.0)[0] == 0.0
    for easy in sorted(set(asked)):  # once the group of each rank
        (share, one), (_, other) = run(f"{easy}-a", easy, 0.0), run(f"{easy}-b", easy, 5.0)
        assert share == 0.5
        assert all(torch.equal(one[name], other[name]) for name in one)


def test_gpus_all_where_there_is_one_is_a_plain_job(executors, tmp_path, monkeypatch):
    (tmp_path / "plain.py").write_text(
        "import os\ndef run(spec, channel):\n"
        "    return {'visible': os.environ['CUDA_VISIBLE_DEVICES'], 'rank': os.environ.get('RANK')}\n"
    )
    monkeypatch.syspath_prepend(str(tmp_path))
    request = {"spec": {}, "module": "plain", "log": str(tmp_path / "job.log"), "ranks": {"gpus": "all"}}
    ended = follow(executors["whole"].start_process(request, body=one_gpu))[-1]
    assert ended["result"] == {"visible": "7", "rank": None}


def one_gpu(connection, request):
    os.environ["CUDA_VISIBLE_DEVICES"] = "7"
    drive(connection, request)


MODULE = """
import os, time
from pathlib import Path
from medgr2.node.job_channel import JobCancelled
def run(spec, channel):
    rank = os.environ["RANK"]
    (Path(spec["folder"]) / f"started-{rank}").write_text(str(os.getpid()))
    while len(list(Path(spec["folder"]).glob("started-*"))) < 2:
        time.sleep(0.02)
    if spec["does"] == "fails" and rank == "1":
        raise ValueError(f"rank 1 of {os.environ['WORLD_SIZE']}")
    channel.emit({"type": "progress", "done": 0, "total": 1})
    while not (channel.should_stop() and (rank == "0" or spec["does"] != "deaf")):
        time.sleep(0.02)
    raise JobCancelled("stopped")
"""


@pytest.fixture
def play(executors, tmp_path, monkeypatch):
    (tmp_path / "played.py").write_text(MODULE)
    monkeypatch.syspath_prepend(str(tmp_path))

    def start(does):
        spec = {"folder": str(tmp_path), "does": does}
        return executors["whole"].launch(spec, "played", str(tmp_path / "job.log"))

    return start


def test_a_rank_that_fails_ends_the_job_with_its_own_error(play):
    assert follow(play("fails"))[-1]["error"]["message"] == "rank 1 of 2"


def test_a_rank_that_is_killed_ends_the_job_by_name_and_leaves_nothing(play, tmp_path):
    def kill(_):
        os.kill(int((tmp_path / "started-1").read_text()), signal.SIGKILL)

    ended = follow(play("waits"), on_event=kill)[-1]
    assert ended["error"]["type"] == "RankLost" and "of 2 ranks" in ended["error"]["message"]
    for rank in (0, 1):
        with pytest.raises(ProcessLookupError):
            os.kill(int((tmp_path / f"started-{rank}").read_text()), 0)


@pytest.mark.parametrize("does", ["waits", "deaf"])
def test_a_cancel_ends_the_job_also_where_one_rank_cannot_follow(does, play):
    worker = play(does)
    heard = follow(worker, on_event=lambda _: worker.send({"type": "stop"}))
    assert heard[-1]["type"] == "cancelled"
