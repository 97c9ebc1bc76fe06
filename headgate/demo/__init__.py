"""
A synthetic backlog to try headgate with: generated from a seed, calibrated to public facts.

Nothing in it is real. `docs/explanation/demo-book.md` says what it follows and what is made up.
"""

from headgate.demo.book import DemoBook, demo_book
from headgate.demo.calibration import Calibration, Fact, facts
from headgate.demo.measures import gpus_per_piece

__all__ = ["Calibration", "DemoBook", "Fact", "demo_book", "facts", "gpus_per_piece"]
