"""Project the industrial value added of a development zone."""

__version__ = "0.1.0"
