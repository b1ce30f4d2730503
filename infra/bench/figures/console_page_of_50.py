"""How many read requests a page of 50 cases out of 100,000 takes in the console."""

from __future__ import annotations

from collections.abc import Sequence

from infra.bench.console import CASES, PAGE, SOMEBODY, reads_for
from infra.bench.figure import Figure, Say
from kundeflyt.ports.cases import CaseQuery

PAGES = 5


def measure(say: Say) -> Sequence[Figure]:
    """The most that any page takes, with who looks at its cases: the queue, one state, what one colleague works on."""
    say(f"the first {PAGES} pages of {PAGE} cases out of {CASES}: the queue, one state, one colleague's")
    lists = (
        CaseQuery(),
        CaseQuery(states=("open",)),
        CaseQuery(claimed_by=SOMEBODY),
        CaseQuery(states=("claimed",), claimed_by=SOMEBODY),
    )
    most = max(reads for query in lists for reads in reads_for(query, pages=PAGES))
    return [Figure(name="console_page_of_50", value=most, unit="read requests", target=3)]
