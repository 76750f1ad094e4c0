"""GRPO by vLLM, as TRL's client talks to it: what the server is told, sees and gets is what the trainer has."""

from __future__ import annotations

import copy
import json
import shutil
import types
import zlib

import pytest
import torch
from PIL import Image
from training_jobs import LORA, Channel, spec_of, weights_of, write_rows
from training_jobs import run as run_job
from trl.generation import vllm_generation
from vllm_server import FakeVllm, pretend_vllm, serving

from medgr2.jobs import grpo
from medgr2.models.chat_format import end_ids
from medgr2.models.load_models import load_weights
from medgr2.models.load_processor import load_processor
from medgr2.models.weights import PHANTOM_BASE
from medgr2.rows.encode import encode
from medgr2.training.merge_adapters import merge_adapters
from medgr2.training.vllm_rollouts import RolloutsDiffer, RolloutsFailed

LIMIT = 56 * 56
#: What a generation batch of this test is made of.
BATCH = {"gradient_accumulation_steps": 1, "steps_per_generation": 1, "num_generations": 2, "max_completion_length": 5}


@pytest.fixture(scope="module")
def model(tmp_path_factory):
    """The phantom as hub models are: images keep their size within wide bounds."""
    folder = shutil.copytree(PHANTOM_BASE, tmp_path_factory.mktemp("model") / "wide")
    settings = json.loads((folder / "processor_config.json").read_text())
    settings["image_processor"]["size"] = {"longest_edge": 1003520, "shortest_edge": 784}
    (folder / "processor_config.json").write_text(json.dumps(settings))
    return str(folder)


@pytest.fixture
def data(tmp_path):
    """Rows whose images are larger than the limit."""
    path = write_rows(tmp_path / "rows")
    for index, image in enumerate(sorted((tmp_path / "rows").glob("*.png"))):
        Image.effect_noise((112, 112), 60 + index).convert("RGB").save(image)
    return path


def vllm_spec(data, out, url, model, **more):
    trl = {**BATCH, "use_vllm": True, "vllm_mode": "server", "vllm_server_base_url": url, "vllm_server_timeout": 0}
    # What the server says of its own likelihoods is made up: TRL would find that they do not belong to the weights.
    trl |= {"vllm_importance_sampling_correction": False}
    trl |= {"temperature": 0.7, "top_p": 0.9, "max_steps": 2, "save_steps": 50, **more.pop("trl", {})}
    spec = spec_of("grpo", out, data, trl=trl, **more)
    return {**spec, "model": {"dtype": "float32", "path": model, "maxPixels": LIMIT}}


def rewarded():
    """A channel whose rewards differ between completions."""
    return Channel(reward=lambda item: zlib.crc32(item["completion"].encode()) / 2**32)


def run(spec, channel=None):
    return run_job(spec, channel or rewarded())


@pytest.fixture
def trainers(monkeypatch):
    """The trainers of the jobs that run."""
    found = []
    train = grpo.run_trainer
    monkeypatch.setattr(grpo, "run_trainer", lambda trainer, *rest: (found.append(trainer), train(trainer, *rest))[1])
    return found


def merged(model):
    """What plain peft makes of the model as it is now; its own merging must not touch the one in training."""
    model = copy.deepcopy(model)
    return model.merge_and_unload() if hasattr(model, "merge_and_unload") else model


@pytest.mark.parametrize("how", ["full", "lora"])
def test_the_server_gets_the_trainers_weights_prompts_images_and_settings(
    how, data, tmp_path, trainers, monkeypatch, model
):
    server = FakeVllm(model, name="the-policy")
    expected = []
    channel = rewarded()
    ask = channel.ask

    def look(request):  # right after a generation batch was written by what had been sent
        expected.append({name: p.detach().clone() for name, p in merged(trainers[-1].model).named_parameters()})
        return ask(request)

    channel.ask = look
    with serving(server, monkeypatch) as url:
        more = {"lora": {**LORA, "dropout": 0.0}} if how == "lora" else {}
        result = run(vllm_spec(data, tmp_path / "out", url, model, trl={"learning_rate": 0.01}, **more), channel)

    assert len(server.syncs) == len(expected) == 2
    for sent, wanted in zip(server.syncs, expected, strict=True):
        assert sent.keys() == wanted.keys()
        for name, tensor in wanted.items():
            torch.testing.assert_close(sent[name], tensor, rtol=0, atol=0)
    changed = [name for name in server.syncs[0] if not torch.equal(server.syncs[0][name], server.syncs[1][name])]
    assert len(changed) > 10
    announced = server.of("/update_weights")
    assert [info["update_info"]["names"] for info in announced] == [list(sync) for sync in server.syncs]

    processor = load_processor(model, LIMIT)
    rows = {item["row_id"]: item for item in trainers[0].train_dataset}
    prompts = [
        encode(processor, [{"id": key, "image": row["row_image"], "prompt": row["row_prompt"]}]).inputs
        for key, row in rows.items()
    ]
    whole = [one["input_ids"][0].tolist() for one in prompts]
    for request in server.of("/inference/v1/generate"):
        assert request["model"] == "the-policy"
        assert request["token_ids"] in whole
        place = request["features"]["mm_placeholders"]["image"][0]
        image = request["token_ids"][place["offset"] : place["offset"] + place["length"]]
        assert image == [processor.image_token_id] * 4  # 56 x 56 pixels
        told = request["sampling_params"]
        asked = {"n": 2, "temperature": 0.7, "top_p": 0.9, "top_k": 0, "min_p": 0.0, "repetition_penalty": 1.0}
        assert {name: told[name] for name in asked} == asked and told["max_tokens"] == 5
        assert told["stop_token_ids"] == sorted(end_ids(load_weights(model, torch.float32), processor))
        assert told["bad_words"] == [processor.image_token]
    # The server's own processor knows no limit, and sees what the trainer's sees with it.
    seen = [one["pixel_values"] for one in prompts]
    assert server.pixels and all(any(torch.equal(theirs, ours) for ours in seen) for theirs in server.pixels)
    assert weights_of(result)


def test_merging_for_the_server_leaves_the_base_as_it_is(data, tmp_path, trainers, monkeypatch, model):
    server = FakeVllm(model)
    with serving(server, monkeypatch) as url:
        run(vllm_spec(data, tmp_path / "out", url, model, lora=LORA, trl={"learning_rate": 0.01, "max_steps": 3}))
    base = load_weights(model, torch.float32).state_dict()
    kept = {
        name.removeprefix("base_model.model.").replace(".base_layer", ""): value
        for name, value in trainers[0].model.state_dict().items()
        if "lora_" not in name
    }
    assert kept.keys() == base.keys()
    for name, value in base.items():
        assert torch.equal(kept[name], value), name


def test_a_base_in_half_precision_is_sent_what_merge_would_make_of_it(data, tmp_path, trainers, monkeypatch, model):
    server, expected, plain = FakeVllm(model), [], []
    channel = rewarded()
    ask = channel.ask

    def look(request):
        now = copy.deepcopy(trainers[-1].model)
        plain.append({name: p.detach().clone() for name, p in merged(now).named_parameters()})
        expected.append({name: p.detach() for name, p in merge_adapters(now, ["default"]).named_parameters()})
        return ask(request)

    channel.ask = look
    with serving(server, monkeypatch) as url:
        # Embeddings and a convolution too: all that can carry an adapter.
        lora = {**LORA, "dropout": 0.0, "targetModules": ["q_proj", "embed_tokens", "proj"]}
        spec = vllm_spec(data, tmp_path / "out", url, model, lora=lora, trl={"learning_rate": 3e-4, "max_steps": 3})
        run({**spec, "model": {**spec["model"], "dtype": "bfloat16"}}, channel)
    assert len(server.syncs) == len(expected) == 3
    for sent, wanted in zip(server.syncs, expected, strict=True):
        assert sent.keys() == wanted.keys()
        for name, tensor in wanted.items():
            assert sent[name].dtype == tensor.dtype and torch.equal(sent[name], tensor), name
    # peft's own way, in the format of the base, is another one: else this would show nothing.
    assert any(not torch.equal(server.syncs[-1][name], plain[-1][name]) for name in plain[-1])


@pytest.mark.parametrize(
    ("server", "words"),
    [
        # The server's limit is lower than the trainer's: 1 token for 4.
        ({"max_pixels": 28 * 28}, "vLLM makes 1 image tokens of what is 4 here.*--mm-processor-kwargs"),
        ({"max_model_len": 9}, "reads 9 tokens, and prompt and completion take up to .*--max-model-len"),
    ],
)
def test_a_server_that_would_see_something_else_is_refused_before_a_step(
    server, words, data, tmp_path, monkeypatch, model
):
    vllm = FakeVllm(model, **server)
    with serving(vllm, monkeypatch) as url, pytest.raises(RolloutsDiffer, match=words):
        run(vllm_spec(data, tmp_path / "out", url, model))
    assert vllm.of("/inference/v1/generate") == [] and vllm.syncs == []


def test_an_image_that_comes_out_otherwise_later_on_is_refused_too(data, tmp_path, monkeypatch, model):
    Image.effect_noise((28, 28), 50).convert("RGB").save(tmp_path / "rows" / "0.png")  # the row that is tried first
    vllm = FakeVllm(model, max_pixels=28 * 28)
    with serving(vllm, monkeypatch) as url, pytest.raises(RolloutsDiffer, match="of what is"):
        run(vllm_spec(data, tmp_path / "out", url, model, trl={"max_steps": 4}))


def test_a_server_that_is_not_there_or_cannot_be_trained_is_told_with_the_command_that_starts_one(
    data, tmp_path, monkeypatch, model
):
    vllm = FakeVllm(model, info={"weight_transfer_config": None})
    with serving(vllm, monkeypatch) as url, pytest.raises(RolloutsFailed, match=r"weight-transfer engine.*vllm serve"):
        run(vllm_spec(data, tmp_path / "one", url, model))
    with pytest.raises(RolloutsFailed, match=r"can't be reached at .*VLLM_SERVER_DEV_MODE=1 vllm serve \S*/wide"):
        run(vllm_spec(data, tmp_path / "two", "http://127.0.0.1:9", model))


def test_beside_the_trainer_vllm_loads_the_base_of_an_adapters_folder_and_gets_the_merged_weights(
    data, tmp_path, monkeypatch, model
):
    sft = run(spec_of("sft", tmp_path / "sft", data, model, lora=LORA, trl={"max_steps": 1, "learning_rate": 0.01}))
    vllm = FakeVllm(model)
    pretend_vllm(monkeypatch, vllm)
    engines = []

    class Llm:
        def __init__(self, **settings):
            self.settings, self.weights, self.asked = settings, {}, []
            load = types.SimpleNamespace(
                load_weights=lambda pairs: self.weights.update((n, p.clone()) for n, p in pairs)
            )
            runner = types.SimpleNamespace(
                driver_worker=types.SimpleNamespace(model_runner=types.SimpleNamespace(model=load))
            )
            self.llm_engine = types.SimpleNamespace(model_executor=runner)
            engines.append(self)

        def reset_prefix_cache(self):
            pass

        def generate(self, prompts, sampling_params, use_tqdm):
            self.asked += [(prompt, sampling_params) for prompt in prompts]
            chosen = [vllm._choice({**sampling_params, "n": 1})["token_ids"] for _ in prompts]
            log = types.SimpleNamespace(rank=1, logprob=-3.0)
            return [
                types.SimpleNamespace(
                    prompt_token_ids=prompt["prompt_token_ids"],
                    outputs=[types.SimpleNamespace(token_ids=ids, logprobs=[{number: log} for number in ids])],
                )
                for prompt, ids in zip(prompts, chosen, strict=True)
            ]

    monkeypatch.setattr(vllm_generation, "LLM", Llm, raising=False)
    monkeypatch.setattr(vllm_generation, "SamplingParams", dict, raising=False)
    trl = {"vllm_mode": "colocate", "vllm_gpu_memory_utilization": 0.4, "max_steps": 1}
    spec = vllm_spec(data, tmp_path / "out", "unused", sft["checkpoint"], lora=LORA, trl=trl)
    run(spec)
    (engine,) = engines
    assert engine.settings["model"] == model
    assert engine.settings["gpu_memory_utilization"] == 0.4
    prompts = [len(prompt["prompt_token_ids"]) for prompt, _ in engine.asked]
    assert engine.settings["max_model_len"] >= max(prompts) + 5
    # The new adapters of GRPO are nothing yet: what was sent is the folder as plain peft merges it.
    wanted = dict(load_weights(sft["checkpoint"], torch.float32).named_parameters())
    assert engine.weights.keys() == wanted.keys()
    for name, tensor in wanted.items():
        torch.testing.assert_close(engine.weights[name], tensor, rtol=1e-6, atol=1e-7)
    assert {prompt["multi_modal_data"]["image"].size for prompt, _ in engine.asked} == {(56, 56)}
