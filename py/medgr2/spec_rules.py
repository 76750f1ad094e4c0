"""What a job spec must also keep to, which JSON Schema cannot say: options of one job that stand against each other.

TypeScript has the same rules in src/config/trl-options/option-conflicts.ts,
src/config/trl-options/options-in-config.ts and src/job-spec/checks/enough-rows.ts, and asks them before a
job comes here; a spec that a person wrote for `python -m medgr2 job` meets them here. test/golden/spec-rules.json holds
both languages to the same words. No TRL is imported: it would find most of this only once the model is loaded.
"""

from __future__ import annotations

from typing import Any, NamedTuple

Spec = dict[str, Any]


class Problem(NamedTuple):
    #: Where in the spec, as `trl.num_generations`.
    path: str
    message: str


class GenerationBatch(NamedTuple):
    """What GRPO samples at a time, with TRL's defaults for what is left out."""

    completions: int
    num_generations: int


def spec_problems(spec: Spec, rules: dict[str, Any]) -> list[Problem]:
    """Of a spec that has the form of its kind; empty where TypeScript would start it. `rules` are the contract's."""
    kind = spec["kind"]
    if kind == "reward-model":
        return _head_problems(spec)
    if kind in ("sft", "grpo"):
        options = spec.get("trl", {})
        found = [
            *_common_problems(options),
            *_table_problems(options, rules),
            *_optimiser_problems(options, rules["optimisers"]),
            *(_grpo_problems(options) if kind == "grpo" else []),
        ]
        named = _difficulty_problems(spec)
        return [*named, *_four_bit_problems(spec), *(Problem(f"trl.{option}", message) for option, message in found)]
    return []


def check_sft_rows(options: dict[str, Any], rows: int) -> None:
    """Raises where SFT would train on nothing."""
    batch = _given(options, "per_device_train_batch_size", 8)
    if options.get("dataloader_drop_last") is True and rows < batch:
        raise ValueError(
            f"SFT has {rows} rows, fewer than one batch of {batch}, and dataloader_drop_last leaves incomplete batches "
            f"out. Use a batch size of {rows} or less, or keep incomplete batches."
        )


def check_grpo_rows(options: dict[str, Any], rows: int, ranks: int = 1) -> None:
    """Raises where TRL would end without a step and without an error: it leaves out a batch that it cannot fill."""
    completions, group = generation_batch(options, ranks)
    prompts = completions // group
    if rows < prompts:
        raise ValueError(
            f"GRPO has {rows} prompts, and one generation batch takes {prompts} different ones ({completions} "
            f"completions in groups of {group}). Use a batch of {rows * group} completions or fewer, larger groups, or "
            "more samples."
        )


def generation_batch(options: dict[str, Any], ranks: int = 1) -> GenerationBatch:
    """As GRPOConfig works it out: batches are for each rank, a generation batch is of all together."""
    accumulation = _given(options, "gradient_accumulation_steps", 1)
    steps = _given(options, "steps_per_generation", accumulation)
    whole = _given(options, "per_device_train_batch_size", 8) * steps * ranks
    return GenerationBatch(_given(options, "generation_batch_size", whole), _given(options, "num_generations", 8))


def _given(options: dict[str, Any], name: str, default: int) -> int:
    """TRL's own default also where null stands for it."""
    value: int | None = options.get(name)
    return default if value is None else value


def _head_problems(spec: Spec) -> list[Problem]:
    if spec.get("train") != "head" or "lora" not in spec:
        return []
    words = "train: head leaves the backbone as it is, so there is nothing for adapters to learn: "
    return [Problem("lora", words + "leave lora out, or train all or language")]


def _difficulty_problems(spec: Spec) -> list[Problem]:
    if "mixedBy" not in spec or spec["mixedBy"] in [reward["name"] for reward in spec["rewards"]]:
        return []
    return [Problem("mixedBy", "names none of the rewards")]


def _four_bit_problems(spec: Spec) -> list[Problem]:
    if "quantize" not in spec or "lora" in spec:
        return []
    words = "quantize: 4bit is for a base that stays as it is below adapters (QLoRA): set lora, or leave quantize out"
    return [Problem("quantize", words)]


def _common_problems(options: dict[str, Any]) -> list[Problem]:
    found = []
    for option in ("per_device_train_batch_size", "gradient_accumulation_steps"):
        if _given(options, option, 1) < 1:
            found.append(Problem(option, "must be 1 or more"))
    if _given(options, "max_steps", -1) <= 0 and _given(options, "num_train_epochs", 1) <= 0:
        found.append(Problem("num_train_epochs", "neither steps nor epochs: nothing would be trained"))
    if options.get("save_strategy") == "best":
        found.append(Problem("save_strategy", "best needs evaluations, which a training job does not make"))
    if options.get("bf16") is True and options.get("fp16") is True:
        found.append(Problem("fp16", "cannot be on beside bf16"))
    return found


def _table_problems(options: dict[str, Any], rules: dict[str, Any]) -> list[tuple[str, str]]:
    """Ranges, and options that only count beside another: src/config/trl-options/option-values.ts, by way of the
    contract."""
    found = []
    for option, value in options.items():
        limits, need = rules["ranges"].get(option), rules["needs"].get(option)
        if value is None:
            continue
        is_number = isinstance(value, (int, float)) and not isinstance(value, bool)
        if limits is not None and is_number and not _is_within(value, **limits):
            words = {"from": "{} or more", "above": "above {}", "to": "at most {}"}
            told = " and ".join(text.format(limits[name]) for name, text in words.items() if name in limits)
            found.append((option, f"{value:g} cannot be used: it must be {told}"))
        elif option in rules["choices"] and isinstance(value, str) and value not in rules["choices"][option]:
            found.append((option, f"{value} is none of {', '.join(rules['choices'][option])}"))
        elif need is not None and options.get(need["option"]) != need["is"]:
            wanted = str(need["is"]).lower()
            found.append((option, f"changes nothing unless {need['option']} is {wanted}"))
    return found


def _optimiser_problems(options: dict[str, Any], rules: dict[str, Any]) -> list[tuple[str, str]]:
    """What an optimiser never looks at: src/config/trl-options/optimiser-options.ts, by way of the contract."""
    optim = options.get("optim") or rules["usual"]
    beside = f"changes nothing beside optim: {optim}"
    found = [(option, beside) for option in rules["ignores"].get(optim, []) if options.get(option) is not None]
    given, known = options.get("optim_args"), rules["arguments"].get(optim, [])
    if not given:
        return found
    if not known:
        return [*found, ("optim_args", f"{beside}, which takes none")]
    pairs = [pair.split("=") for pair in given.replace(" ", "").split(",")]
    if any(len(pair) != 2 for pair in pairs):
        return [*found, ("optim_args", "must be name=value, with commas between several")]
    takes = f"is none of what optim: {optim} takes: {', '.join(known)}"
    return [*found, *(("optim_args", f"{name} {takes}") for name, _ in pairs if name not in known)]


def _is_within(value: float, **limits: float) -> bool:
    lowest, beyond, highest = (limits.get(name) for name in ("from", "above", "to"))
    return (
        (lowest is None or value >= lowest)
        and (beyond is None or value > beyond)
        and (highest is None or value <= highest)
    )


def _grpo_problems(options: dict[str, Any]) -> list[Problem]:
    completions, group = generation_batch(options)
    batch = _given(options, "per_device_train_batch_size", 8)
    given = options.get("generation_batch_size")
    found = []
    if group < 2 or options.get("num_generations", group) is None:
        words = "must be 2 or more: a completion is judged against the others of its group"
        found.append(Problem("num_generations", words))
    if given is not None and options.get("steps_per_generation") is not None:
        words = "cannot be set beside generation_batch_size: one follows from the other"
        found.append(Problem("steps_per_generation", words))
    elif given is not None and given % batch != 0:
        words = f"{given} must be a multiple of per_device_train_batch_size ({batch})"
        found.append(Problem("generation_batch_size", words))
    elif group >= 2 and completions % group != 0:
        words = f"{group} must divide the completions of one generation batch ({completions}): groups must be whole"
        found.append(Problem("num_generations", words))
    return found
