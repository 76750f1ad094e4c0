"""What can be wrong with a training job, as types: src/bridge/failures/python-remedies.ts has the remedy of each."""

from __future__ import annotations


class FolderInUse(RuntimeError):
    """Another job works in this outDir."""


class OwnOutput(ValueError):
    """A job would replace a model that it reads: adapters would lose their base, a second start train on the result."""


class DamagedCheckpoint(RuntimeError):
    """A checkpoint is not what was written. Whoever looks for one to go on from takes the one before."""


class CheckpointMismatch(RuntimeError):
    """A whole checkpoint of this very job does not fit the model that was built for it."""


class CheckpointNotSaved(RuntimeError):
    """The disk did not take a checkpoint or the finished model."""


class RowError(ValueError):
    """A row cannot be made into what the model reads; the message names it, or the batch it is in."""

    #: Whether it fails by itself.
    alone = False


class TrainingIncomplete(RuntimeError):
    """The trainer came back before its planned end, and nobody had told it to."""


class TrainingDiverged(RuntimeError):
    """A loss, a gradient or a weight is no longer a number."""


class NothingLearned(RuntimeError):
    """The planned steps were done and taught nothing."""


class WrongPartTrains(RuntimeError):
    """Not what `train` names has gradients: a fault of this package or of the model's family."""


class RewardOutOfRange(ValueError):
    """A reward is a number that training in float32 cannot use."""
