"""Plays the past of review cases into a local stack's table, with the product's own code."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Lambda finds the product's package in this folder; so do we.
sys.path[:0] = [folder for folder in (str(ROOT / "shared"),) if folder not in sys.path]
