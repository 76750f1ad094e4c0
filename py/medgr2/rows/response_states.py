"""What a backbone that does not learn makes of each row's response: read once, however often the row is drawn.

Read in batches that hang on the rows alone: a job that goes on after a stop has the very numbers that it had before.
"""

from __future__ import annotations

from typing import Any, NamedTuple

import torch
from transformers import TrainerCallback, TrainerControl, TrainerState, TrainingArguments

from medgr2.node.job_channel import Channel
from medgr2.rows.read_rows import Row, in_batches
from medgr2.rows.row_bounds import plan_batches, row_lengths

MEGABYTE = 10**6


class Read(NamedTuple):
    """Of R response tokens: hidden states, as the backbone computes them, and the evidence beside them."""

    hidden_RD: torch.Tensor
    evidence_RE: torch.Tensor


class ResponseStates:
    """Kept on the CPU, of all rows. `lengths` are the rows' tokens, image, prompt and response together."""

    def __init__(self, model: Any, rows: list[Row], lengths: list[int], batch: int) -> None:
        self.model = model
        self.rows = rows
        self.lengths = lengths
        self.batch = batch
        self._read: list[Read | None] = [None] * len(rows)

    def bytes(self) -> int:
        """What all of them take."""
        tokens = sum(self.lengths) - sum(row_lengths(self.model.processor, self.rows))
        width = self.model.vlm.config.get_text_config().hidden_size
        return tokens * (width * next(self.model.vlm.parameters()).element_size() + 4 * self.model.head.evidence)

    def read_all(self, channel: Channel) -> None:
        plan = plan_batches(self.lengths, self.batch, sort=True)
        for positions, rows in in_batches(self.rows, plan, channel):
            with torch.no_grad():
                hidden_BTD, evidence_BTE, response_BT = self.model.read(self.model.encode(rows))
            for at, position in enumerate(positions):
                of = response_BT[at]
                # Copies: a view would keep the whole batch, prompts and all.
                self._read[position] = Read(hidden_BTD[at][of].cpu().clone(), evidence_BTE[at][of].cpu().clone())

    def of(self, positions: list[int]) -> dict[str, torch.Tensor] | None:
        """What the head reads of some rows, padded; None before they are read."""
        found = [read for read in (self._read[position] for position in positions) if read is not None]
        if len(found) < len(positions):
            return None
        device = self.model.device
        pad = torch.nn.utils.rnn.pad_sequence
        counts_B = torch.tensor([len(read.hidden_RD) for read in found])
        response_BT = torch.arange(int(counts_B.max()))[None] < counts_B[:, None]
        return {
            "hidden": pad([read.hidden_RD for read in found], batch_first=True).to(device),
            "evidence": pad([read.evidence_RE for read in found], batch_first=True).to(device),
            "response": response_BT.to(device),
        }


class ReadBeforeTraining(TrainerCallback):
    """Once the job has told that it starts."""

    def __init__(self, states: ResponseStates, channel: Channel) -> None:
        self.states = states
        self.channel = channel

    def on_train_begin(self, args: TrainingArguments, state: TrainerState, control: TrainerControl, **_: Any) -> None:
        self.states.read_all(self.channel)


def states_worth_keeping(
    states: ResponseStates, drawn: int, units: int, megabytes: float, channel: Channel
) -> ResponseStates | None:
    """The states, where rows are drawn more often than once and all fit; None where each is read as it is drawn."""
    if drawn <= units or megabytes <= 0:
        return None
    needed = states.bytes() / MEGABYTE
    if needed > megabytes:
        message = (
            f"the backbone reads each row as often as it is drawn: what it makes of all {len(states.rows)} would take "
            f"{needed:.0f} MB, and statesMemory is {megabytes:.0f}"
        )
        channel.emit({"type": "warning", "message": message})
        return None
    return states
