"""Customer service, advisers and operations see what the system knows, and decide what is theirs to decide."""

from pathlib import Path

from csc_console.app import answer
from csc_console.rules import CscConsoleRules
from kundeflyt.entry.console import console_handler

handle = console_handler(answer, CscConsoleRules, Path(__file__).parents[1])
