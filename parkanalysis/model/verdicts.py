"""Verdict on two intervals, a stated and a computed one: can both hold?"""

from __future__ import annotations

import math

from parkanalysis.model.expressions import Interval
from parkanalysis.report.words import N_

__all__ = ["CONSISTENT", "CONTRADICTION", "OPEN", "OTHER_SCOPE", "RELATIONS", "verdict"]

CONSISTENT, OTHER_SCOPE, CONTRADICTION = "consistent", "other_scope", "contradiction"
OPEN = "cannot_be_checked"
RELATIONS = {
    "equals": N_("The two should be equal."),
    "at_least": N_("The first should not be below the second."),
    "at_most": N_("The first should not be above the second."),
    "within": N_("The first should lie within the second."),
}


def verdict(
    stated: Interval,
    computed: Interval,
    relation: str = "equals",
    tolerance: float = 0.0,
    same_scope: bool = True,
) -> str:
    """Whether a stated figure and a computed one can both hold.

    "equals" asks that the two intervals, widened by the tolerance, share a value; "at_least" that
    some stated value is not below some computed one; "at_most" the reverse; "within" that the
    whole stated interval lies in the computed one. Where they cannot both hold it is a contradiction
    only if both sides have the same scope and basis; if not, it is something to verify.

    Examples
    --------
    >>> about_40, loss = Interval(40, 35, 45), Interval(5, 5, math.inf)
    >>> verdict(loss, Interval.point(14.4)), verdict(about_40, Interval.point(46.0))
    ('consistent', 'contradiction')
    >>> verdict(about_40, Interval.point(46.0), same_scope=False)
    'other_scope'
    """
    if any(math.isnan(v) for v in (stated.value, computed.value)):
        return OPEN
    above = stated.high + tolerance >= computed.low
    below = stated.low - tolerance <= computed.high
    inside = stated.low + tolerance >= computed.low and stated.high - tolerance <= computed.high
    if {"equals": above and below, "at_least": above, "at_most": below, "within": inside}[relation]:
        return CONSISTENT
    return CONTRADICTION if same_scope else OTHER_SCOPE
