"""What operations does to a running stack, with the product's own code, on AWS and on the local stack alike."""

import sys
from pathlib import Path

ROOT = Path(__file__).resolve().parents[2]

# Lambda finds the product's packages in these two folders; so do we.
sys.path[:0] = [folder for folder in (str(ROOT / "functions"), str(ROOT / "shared")) if folder not in sys.path]
