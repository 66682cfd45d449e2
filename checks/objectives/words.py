"""How pages and findings write shares and numbers: cut, so that nothing looks better than it is."""

from fractions import Fraction

from checks.objectives.shares import exact


def percent(share: Fraction | float, digits: int = 3) -> str:
    """A share in per cent with at most so many decimals, cut and never rounded up: 0.99999 is not 100 %."""
    scale: int = 10**digits
    exactly = share if isinstance(share, Fraction) else exact(share)
    cut = Fraction(int(exactly * 100 * scale // 1), scale)
    return f"{float(cut):.{digits}f}".rstrip("0").rstrip(".") + " %"


def number(value: float) -> str:
    """A count with its thousands apart: 2,995."""
    return f"{value:,.0f}" if float(value).is_integer() else f"{value:,.1f}"
