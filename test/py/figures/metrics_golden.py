"""Writes test/golden/metrics.json: scikit-learn's figures on random and degenerate cases, for TypeScript to equal.

Run as `python test/py/figures/metrics_golden.py` to write the file anew; test_metrics_golden.py checks it.
"""

import json
import math
import random
import warnings
from pathlib import Path
from typing import Any

from scipy.stats import binomtest
from sklearn.metrics import balanced_accuracy_score, f1_score, roc_auc_score

golden = Path(__file__).parents[2] / "golden" / "metrics.json"
unparsed = "(none)"


def class_case(name: str, gold: list[str], predicted: list[str | None]) -> dict[str, Any]:
    """An unparsed answer is no class: it is left out of `labels`, and lowers recall all the same."""
    guesses = [unparsed if label is None else label for label in predicted]
    labels = sorted({*gold, *guesses} - {unparsed})
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        figures = {
            "balancedAccuracy": balanced_accuracy_score(gold, guesses),
            "macroF1": f1_score(gold, guesses, labels=labels, average="macro", zero_division=0),
            "weightedF1": f1_score(gold, guesses, labels=labels, average="weighted", zero_division=0),
        }
    return {"name": name, "gold": gold, "predicted": predicted, **{key: float(value) for key, value in figures.items()}}


def auroc_case(name: str, gold: list[str], labels: list[str], probabilities: list[list[float]]) -> dict[str, Any]:
    if len(labels) == 2:
        area = roc_auc_score([label == labels[1] for label in gold], [row[1] for row in probabilities])
    else:
        area = roc_auc_score(gold, probabilities, labels=labels, multi_class="ovr", average="macro")
    return {"name": name, "gold": gold, "labels": labels, "probabilities": probabilities, "auroc": float(area)}


def cases() -> dict[str, Any]:
    draw = random.Random(6)
    classes = [
        class_case("one row, right", ["a"], ["a"]),
        class_case("one row, wrong", ["a"], ["b"]),
        class_case("single class, all right", ["a"] * 5, ["a"] * 5),
        class_case("single class, some wrong", ["a"] * 4, ["a", "b", "a", "c"]),
        class_case("a label never predicted", ["a", "b", "c", "a"], ["a", "b", "a", "a"]),
        class_case("a label never true", ["a", "b", "a"], ["a", "c", "c"]),
        class_case("all wrong", ["a", "b"], ["b", "a"]),
        class_case("some unparsed", ["a", "b", "a", "b"], ["a", None, None, "b"]),
        class_case("all unparsed", ["a", "b"], [None, None]),
    ]
    for k in range(40):
        labels = [f"l{i}" for i in range(draw.randint(1, 8))]
        n = draw.randint(1, 60)
        gold = [draw.choice(labels[: draw.randint(1, len(labels))]) for _ in range(n)]
        guesses: list[str | None] = [draw.choice([*labels, label, label]) for label in gold]
        if k % 3 == 0:
            guesses = [None if draw.random() < 0.2 else label for label in guesses]
        classes.append(class_case(f"random {k}", gold, guesses))

    areas = [
        auroc_case("ties only", ["a", "b", "a"], ["a", "b"], [[0.5, 0.5]] * 3),
        auroc_case("perfect", ["a", "b"], ["a", "b"], [[0.9, 0.1], [0.2, 0.8]]),
        auroc_case("reversed", ["a", "b"], ["a", "b"], [[0.1, 0.9], [0.8, 0.2]]),
    ]
    for k in range(30):
        labels = [f"l{i}" for i in range(draw.randint(2, 5))]
        gold = [*labels, *(draw.choice(labels) for _ in range(draw.randint(0, 40)))]
        rows = []
        for _ in gold:
            # Whole numbers in sixteenths: ties happen, and the shares add up exactly.
            cuts = sorted(draw.randint(0, 16) for _ in labels[1:])
            rows.append([(b - a) / 16 for a, b in zip([0, *cuts], [*cuts, 16], strict=True)])
        areas.append(auroc_case(f"random {k}", gold, labels, rows))

    pairs = [(0, 0), (0, 1), (1, 0), (3, 3), (0, 12), (5, 17), (24, 25), (100, 140), (5000, 5200), (30000, 30500)]
    tests = [{"a": a, "b": b, "p": float(binomtest(a, a + b).pvalue) if a + b else 1.0} for a, b in pairs]
    assert not any(math.isnan(value) for case in classes for value in case.values() if isinstance(value, float))
    shares = [(0, 1), (1, 1), (0, 16), (3, 3), (7, 9), (50, 100), (6865, 7851), (0, 100000), (99999, 100000)]
    wilson = [
        {"count": k, "n": n, "low": float(ends.low), "high": float(ends.high)}
        for k, n in shares
        for ends in [binomtest(k, n).proportion_ci(confidence_level=0.95, method="wilson")]
    ]
    return {"classes": classes, "auroc": areas, "mcnemar": tests, "wilson": wilson}


if __name__ == "__main__":
    golden.write_text(json.dumps(cases()) + "\n")
