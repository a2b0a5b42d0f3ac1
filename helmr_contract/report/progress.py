"""The command's progress display."""

from __future__ import annotations

import threading
import time
from collections import Counter
from dataclasses import dataclass
from types import TracebackType

from rich.console import Console
from rich.markup import escape
from rich.progress import BarColumn, MofNCompleteColumn, Progress, SpinnerColumn, TaskID, TextColumn

from helmr_api.display import printable
from helmr_contract.behaviour.runner import BehaviourProgress
from helmr_contract.schema.runner import PHASES, SchemaProgress
from helmr_contract.secrets import Scrubber

# Typical seconds of processor time, to compare the amounts of work that remain.
_RULE = 0.075
_EXAMPLES = 0.08  # the examples of an operation
_COVERAGE = 0.5  # its coverage phase
_CASE = 0.026  # a generated case
_SCENARIO = 0.55


@dataclass(frozen=True, slots=True)
class Work:
    """What a run tests."""

    operations: int  # by the schema part; 0 without it
    examples: int  # generated cases per operation, and scenarios
    rules: int  # by the behaviour part; 0 without it

    def of_schema(self, finished: Counter[str]) -> float:
        """Return the seconds of work in what the schema part has finished."""
        return (
            finished["examples"] * _EXAMPLES
            + finished["coverage"] * _COVERAGE
            + finished["fuzzing"] * _CASE * self.examples
            + min(finished["stateful"], self.examples) * _SCENARIO
        )

    @property
    def whole_schema(self) -> float:
        if not self.operations:
            return 0.0
        every = dict.fromkeys(PHASES[:-1], self.operations)
        return self.of_schema(Counter({**every, PHASES[-1]: self.examples}))


class Display:
    """Progress bars on a terminal; elsewhere (a log, a pipe), one line per notable event."""

    def __init__(self, console: Console, scrub: Scrubber, work: Work) -> None:
        self._console = console
        self._scrub = scrub
        self._work = work
        self._live = console.is_terminal
        self._lock = threading.Lock()  # the parts run in several threads
        self._progress = Progress(
            SpinnerColumn(),
            TextColumn("{task.description:<7}"),
            BarColumn(bar_width=24),
            MofNCompleteColumn(),
            TextColumn("{task.fields[note]}"),
            console=console,
            disable=not self._live,
            transient=True,
        )
        self._bars: dict[str, TaskID] = {}
        self._said: dict[str, str] = {}
        self._began: float | None = None  # when the first tests began
        self._schema: dict[int, SchemaProgress] = {}  # by process
        self._rules = BehaviourProgress(work.rules, 0, 0, "")

    def __enter__(self) -> Display:
        self._progress.start()
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self._progress.stop()

    def on_schema(self, process: int, progress: SchemaProgress) -> None:
        """Show the progress of one of the processes of the schema part."""
        with self._lock:
            self._schema[process] = progress
            finished = self._finished
            phase, done, total = self._phase(finished)
            what = "scenarios" if phase == "stateful" else "operations"
            cases = sum(one.cases for one in self._schema.values())
            broken = sum(one.failures for one in self._schema.values())
            note = f"{cases:,} requests, {broken} broken"
            self._show(f"schema {phase}", what, done, total, note, progress.operation or "")

    def on_behaviour(self, progress: BehaviourProgress) -> None:
        """Show the progress of the behaviour part."""
        with self._lock:
            if progress.rules:  # they have been collected
                self._rules = progress
            done, rules = self._rules.done, self._rules.rules
            current = progress.current.rpartition("::")[2]
            self._show("rules", "", done, rules, f"{progress.broken} broken", current)

    @property
    def _finished(self) -> Counter[str]:
        finished: Counter[str] = Counter()
        for progress in self._schema.values():
            finished += progress.finished
        # Several processes may send the examples of the same operation.
        finished["examples"] = min(finished["examples"], self._work.operations)
        return finished

    def _phase(self, finished: Counter[str]) -> tuple[str, int, int]:
        """Return the first phase that has not finished, and how much of it has."""
        for phase in PHASES[:-1]:
            if finished[phase] < self._work.operations:
                return phase, finished[phase], self._work.operations
        last = PHASES[-1]
        return last, min(finished[last], self._work.examples), self._work.examples

    @property
    def _left(self) -> str:
        """An estimate of the time left for the whole run, from the pace so far."""
        now = time.monotonic()
        began = self._began = self._began or now
        done = self._work.of_schema(self._finished) + self._rules.done * _RULE
        left = self._work.whole_schema + self._rules.rules * _RULE - done
        if not done or left <= 0:
            return ""
        seconds = (now - began) / done * left
        return f", about {seconds / 60:.0f} min left" if seconds > 120 else f", about {seconds:.0f} s left"

    def _show(self, part: str, what: str, done: int, total: int, note: str, detail: str) -> None:
        note += self._left
        if self._live:
            if part not in self._bars:
                for name, bar in self._bars.items():  # only one phase of the schema part at a time
                    self._progress.update(bar, visible=name.partition(" ")[0] != part.partition(" ")[0])
                self._bars[part] = self._progress.add_task(part, total=total)
            text = escape(printable(self._scrub(f"{what} {note}  {detail}".strip()))[:100])
            self._progress.update(
                self._bars[part], completed=done, total=total, note=text, visible=True, refresh=False
            )
            return
        # Without bars, print a line for each quarter.
        name, _, phase = part.partition(" ")
        quarter = f"{phase} {done * 4 // total if total else 0}"
        if self._said.get(name) != quarter:
            self._said[name] = quarter
            of = f"{what} {done} of {total}".strip() if total else "starting"
            self._console.print(f"{part}: {of}, {note}", highlight=False, markup=False)
