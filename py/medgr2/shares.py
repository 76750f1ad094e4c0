"""A share in words, by the rule of screen, tables and report (`src/format.ts`): half up, of the number meant."""

from decimal import ROUND_HALF_UP, Decimal


def percent(share: float, digits: int = 1) -> str:
    """0.9125 -> `91.3 %`, though as a binary number it lies a hair below the half."""
    meant = Decimal(f"{100 * share:.13g}")
    rounded = meant.quantize(Decimal(1).scaleb(-digits), ROUND_HALF_UP)
    return f"{abs(rounded) if rounded.is_zero() else rounded} %"
