"""Point forecasts under their textbook names; combinations of them; what each one needs."""

from __future__ import annotations

import re
import warnings
from collections.abc import Callable
from dataclasses import dataclass
from functools import lru_cache

import numpy as np
from numpy.typing import NDArray

from parkanalysis.errors import InputError, Problem, nearest

Array = NDArray[np.float64]
Method = Callable[[Array, int], Array]

#: Methods on levels and on logs side by side: the choice between the two is part of the mixture.
COMPONENTS = ("naive", "discounted_drift", "shrunk_log_drift", "last_growth", "usual_growth")
DEFAULT = f"median({', '.join(COMPONENTS)})"
#: A typical spread of yearly log changes, used where two or three points cannot tell their own.
TYPICAL_CHANGE = 0.10
#: Yearly growth of ``usual_growth``.
USUAL = 0.04


@dataclass(frozen=True, eq=False)
class Point:
    """Point forecasts: path of shape (horizon,), the method that made it, and what went otherwise."""

    path: Array
    method: str
    notes: tuple[str, ...] = ()


def _steps(horizon: int) -> Array:
    return np.arange(1.0, horizon + 1)


def _onward(y: Array, horizon: int, change: Array) -> Array:
    """Last value plus the same change at every step."""
    return np.asarray(y[..., -1:] + _steps(horizon) * np.asarray(change)[..., None])


def naive(y: Array, horizon: int) -> Array:
    """Last value."""
    return _onward(y, horizon, np.zeros(y.shape[:-1]))


def drift(y: Array, horizon: int) -> Array:
    """Last value plus the mean change: random walk with drift."""
    return _onward(y, horizon, np.diff(y).mean(axis=-1))


def half_drift(y: Array, horizon: int) -> Array:
    """Last value plus half the mean change: what the theta method comes to when smoothing does nothing."""
    return _onward(y, horizon, np.diff(y).mean(axis=-1) / 2)


def discounted_drift(y: Array, horizon: int) -> Array:
    """Last value plus the mean change with weights 0.9, 0.81, ... into the past (Brown 1963)."""
    weights = 0.9 ** np.arange(y.shape[-1] - 1)[::-1]
    return _onward(y, horizon, np.diff(y) @ weights / weights.sum())


def shrunk_drift(y: Array, horizon: int, spread: float | None = None) -> Array:
    """Last value plus the mean change times t²/(4 + t²), t its ratio to its own standard error.

    A drift two standard errors from zero is halved, a firm one kept: shrinkage towards the random
    walk in the manner of Stein. ``spread`` replaces the standard deviation of fewer than three changes.
    """
    change = np.diff(y)
    n = change.shape[-1]
    mean = change.mean(axis=-1)
    own = change.std(axis=-1, ddof=1) if n > 1 else np.zeros_like(mean)
    sd = own if n > 2 or spread is None else np.full_like(mean, spread)
    signal, noise = n * mean**2, 4 * sd**2
    # a steady series has neither noise nor, where it stands still, a signal
    keep = signal / np.where(signal + noise > 0, signal + noise, 1.0)
    return _onward(y, horizon, mean * keep)


def shrunk_log_drift(y: Array, horizon: int) -> Array:
    """``shrunk_drift`` on logs, or on levels where a value is not above zero."""
    if (y > 0).all():
        return np.asarray(np.exp(shrunk_drift(np.log(y), horizon, TYPICAL_CHANGE)))
    return shrunk_drift(y, horizon)


def last_growth(y: Array, horizon: int) -> Array:
    """The last change of logs goes on, fading by 0.8 a step; of levels where a value is not above zero."""
    on_logs = bool((y > 0).all())
    scale = np.log(y) if on_logs else y
    change = scale[..., -1:] - scale[..., -2:-1]
    path = scale[..., -1:] + change * (1 - 0.8 ** _steps(horizon)) / 0.2
    return np.asarray(np.exp(path) if on_logs else path)


def usual_growth(y: Array, horizon: int) -> Array:
    """4% a year, whatever the past: nominal growth of industry in the middle of the reference class."""
    rate = USUAL if (y > 0).all() else 0.0
    return np.asarray(y[..., -1:] * (1 + rate) ** _steps(horizon))


def theta(y: Array, horizon: int) -> Array:
    """Theta method (Assimakopoulos and Nikolopoulos 2000), by statsmodels."""
    from statsmodels.tsa.forecasting.theta import ThetaModel

    return np.asarray(ThetaModel(y, period=1, deseasonalize=False).fit(disp=False).forecast(horizon))


def damped_trend(y: Array, horizon: int) -> Array:
    """Exponential smoothing with damped additive trend (Gardner and McKenzie 1985), by statsmodels."""
    from statsmodels.tsa.holtwinters import ExponentialSmoothing

    model = ExponentialSmoothing(y, trend="add", damped_trend=True, initialization_method="estimated")
    return np.asarray(model.fit().forecast(horizon))


def local_linear_trend(y: Array, horizon: int) -> Array:
    """Level and slope as random walks (Harvey 1989), by statsmodels."""
    from statsmodels.tsa.statespace.structural import UnobservedComponents

    return np.asarray(UnobservedComponents(y, "local linear trend").fit(disp=False).forecast(horizon))


def arima(y: Array, horizon: int) -> Array:
    """ARIMA(p, 1, q) with or without drift, p and q up to 1, of least corrected AIC, by statsmodels.

    One difference throughout, since criteria do not compare across differences.
    """
    from statsmodels.tsa.arima.model import ARIMA

    orders = ((0, 1, 0), (1, 1, 0), (0, 1, 1), (1, 1, 1))
    fits = [ARIMA(y, order=order, trend=trend).fit() for order in orders for trend in ("n", "t")]
    return np.asarray(min(fits, key=lambda fit: float(fit.aicc)).forecast(horizon))


METHODS: dict[str, Method] = {
    "naive": naive,
    "drift": drift,
    "half_drift": half_drift,
    "discounted_drift": discounted_drift,
    "shrunk_drift": shrunk_drift,
    "shrunk_log_drift": shrunk_log_drift,
    "last_growth": last_growth,
    "usual_growth": usual_growth,
    "theta": theta,
    "damped_trend": damped_trend,
    "local_linear_trend": local_linear_trend,
    "arima": arima,
}
#: Fewest observations; with fewer, the default stands in and the forecast says so.
NEEDS = {"theta": 4, "damped_trend": 6, "local_linear_trend": 6, "arima": 8}
#: These read levels whatever the transform: the combination mixes both scales itself.
OWN_SCALE = frozenset({"naive", "shrunk_log_drift", "last_growth", "usual_growth"})
_COMBINATION = re.compile(r"(median|mean)\(([a-z_, ]+)\)")


def _parts(method: str) -> tuple[str, list[str]] | None:
    match = _COMBINATION.fullmatch(DEFAULT if method == "default" else method)
    return (match[1], [part.strip() for part in match[2].split(",")]) if match else None


def check_method(method: str) -> None:
    """Raise ``InputError`` for a method that does not exist, with the nearest one that does.

    Examples
    --------
    >>> check_method("median(naive, drift)")
    """
    parts = _parts(method)
    unknown = [name for name in (parts[1] if parts else [method]) if name not in METHODS]
    allowed = ", ".join(["default", *METHODS]) + "; or median(...) or mean(...) of several"
    if unknown:
        raise InputError(
            Problem("method", repr(name), allowed, nearest=nearest(name, ["default", *METHODS]))
            for name in unknown
        )


def _plausible(path: Array, y: Array, positive: bool) -> bool:
    """Whether a path is finite, keeps the sign of the series and moves at most ten largest changes a step."""
    if not np.isfinite(path).all() or (positive and (path <= 0).any()):
        return False
    reach = 10 * np.abs(np.diff(y)).max() + 1e-9 * np.abs(y).max()
    return bool((np.abs(path - y[-1]) <= reach * _steps(len(path))).all())


@lru_cache(maxsize=1024)
def _fit(method: str, values: tuple[float, ...], horizon: int, transform: str) -> Array:
    """Run one method on its scale, in the units of ``values``; once, for all that rests on them."""
    fit, y = METHODS[method], np.array(values)
    # a steady series leaves nothing to estimate, and optimisers divide by its zero variance
    if method in NEEDS and np.ptp(np.diff(y)) <= 1e-12 * np.abs(y).max():
        fit = drift
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        if transform == "log" and method not in OWN_SCALE:
            return np.exp(fit(np.log(y), horizon))
        return fit(y, horizon)


def _single(method: str, y: Array, horizon: int, transform: str) -> Point | str:
    """Return the forecast of one method, or the reason why there is none."""
    if len(y) < NEEDS.get(method, 2):
        return f"{method} needs {NEEDS[method]} points and found {len(y)}"
    try:
        path = _fit(method, tuple(y), horizon, transform)
    except (ValueError, IndexError, ArithmeticError, np.linalg.LinAlgError) as error:
        return f"{method} could not be fitted ({type(error).__name__})"
    if not _plausible(path, y, transform == "log"):
        return f"the fit of {method} exploded"
    return Point(path, method)


def point(y: Array, horizon: int, method: str, transform: str) -> Point:
    """Forecast by one method or a combination; a method that fails gives way to the default, by name.

    Parameters
    ----------
    y : ndarray, shape (n,)
        Two values or more, evenly spaced, without gaps or season.
    horizon : int
    method : str
        A name in ``METHODS``, ``"default"``, or ``"median(a, b, ...)"`` or ``"mean(a, b, ...)"``.
    transform : {"log", "none"}

    Examples
    --------
    >>> point(np.array([100.0, 110.0, 121.0]), 1, "drift", "log").path.round(2).tolist()
    [133.1]
    """
    parts = _parts(method)
    # the default's drift is on levels, so that one scale cannot carry the whole median away
    scale = "none" if method == "default" else transform
    results = [_single(name, y, horizon, scale) for name in (parts[1] if parts else [method])]
    paths = [result.path for result in results if isinstance(result, Point)]
    reasons = [result for result in results if isinstance(result, str)]
    if not paths:
        stand_in = point(y, horizon, "default", transform)
        notes = [f"{reason}: the default stands in" for reason in reasons]
        return Point(stand_in.path, "default", (*notes, *stand_in.notes))
    combine = np.mean if parts and parts[0] == "mean" else np.median
    notes = [f"{reason}: left out" for reason in reasons]
    return Point(np.asarray(combine(paths, axis=0)), method, tuple(notes))
