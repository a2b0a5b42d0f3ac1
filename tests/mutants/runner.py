"""Tries all mutants, several at once, each in its own process, and prints which test caught each."""

from __future__ import annotations

import argparse
import fnmatch
import json
import multiprocessing
import os
import signal
import sys
import tempfile
import time
from collections.abc import Callable, Generator, Iterator, Sequence
from concurrent.futures import ThreadPoolExecutor
from contextlib import contextmanager, suppress
from dataclasses import asdict, dataclass, field
from multiprocessing.connection import Connection
from pathlib import Path
from typing import Any

from . import judge
from .catalogue import BROKEN, CLIENT, SERVER, catalogue
from .judge import ROOT, Step, Verdict
from .pace import Pace

MEMORY = ROOT / "build" / "mutants.json"
# A test hangs if there is no next step for this many weighted seconds (see `pace`).
PATIENCE = 60.0
# A test that takes longer than this share of it without a fault cannot catch a fault by hanging.
SLOW = 1 / 3
HANGS = "it hangs"


@dataclass(frozen=True)
class _Job:
    kind: str
    topic: str
    name: str
    says: str
    work: Callable[..., None]
    arguments: tuple[Any, ...]


def main(arguments: Sequence[str] | None = None) -> int:
    options = _parser().parse_args(arguments)
    jobs = [job for job in _jobs(options) if _chosen(job, options)]
    if options.list:
        for job in jobs:
            print(f"{job.kind:7} {job.topic:9} {job.name:45} {job.says}")
        return 0
    if not jobs:
        print(f"mutants: none is named like {' '.join(options.only)}", file=sys.stderr)
        return 2
    began = time.monotonic()
    with _judges(options.patience) as judges:
        results = list(_run(judges, jobs, options.jobs))
        results = _confirmed(judges, results)
    _remember(results)
    _print_summary(results, time.monotonic() - began)
    return 0 if all(_good(job, verdict) for job, verdict in results) else 1


def _parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="mutants",
        description="Plants faults one at a time and has the contract tests find them.",
        epilog="Exit status: 0 when every fault is valid and caught and the unchanged code is not, else 1.",
    )
    parser.add_argument("only", nargs="*", help="names to try, with wildcards; all without")
    parser.add_argument(
        "--kind",
        choices=[SERVER, CLIENT, BROKEN],
        help="one catalogue: the server's, the client's, or the faults that must be found invalid",
    )
    parser.add_argument("--topic", help="one module of a catalogue, such as `sessions`")
    parser.add_argument(
        "--seeds", type=int, default=0, help="run the unchanged server's tests too, with that many seeds"
    )
    parser.add_argument("--jobs", type=int, default=2 * (os.cpu_count() or 1), help="at once")
    parser.add_argument(
        "--patience",
        type=float,
        default=PATIENCE,
        metavar="SECONDS",
        help="how long a test may make no progress, in seconds of an idle machine (default: %(default)g)",
    )
    parser.add_argument("--list", action="store_true", help="list the catalogue")
    return parser


def _jobs(options: argparse.Namespace) -> list[_Job]:
    last: dict[str, str] = {}
    if MEMORY.is_file():
        last = json.loads(MEMORY.read_text(encoding="utf-8")).get("caught_by", {})
    jobs: list[_Job] = []
    for seed in range(1, options.seeds + 1):
        for part in ("schema", "behaviour"):
            name = f"seed-{seed}-{part}"
            jobs.append(_Job("control", "unchanged", name, "no fault", judge.control, (seed, part)))
    for kind in (SERVER, CLIENT) if options.kind is None else (options.kind,):
        for topic, mutants in catalogue(kind).items():
            for mutant in mutants.values():
                first = last.get(f"{kind} {mutant.name}")
                jobs.append(
                    _Job(kind, topic, mutant.name, mutant.says, judge.try_mutant, (kind, mutant.name, first))
                )
    return jobs


def _chosen(job: _Job, options: argparse.Namespace) -> bool:
    if options.topic and job.topic != options.topic:
        return False
    return not options.only or any(fnmatch.fnmatch(job.name, pattern) for pattern in options.only)


# Processes --------------------------------------------------------------------------------------------------


@dataclass(frozen=True)
class _Judges:
    """How judge processes are created, their directory, and their timeout."""

    context: Any
    directory: Path
    pace: Pace
    patience: float


@contextmanager
def _judges(patience: float) -> Generator[_Judges]:
    # A judge is forked from a process with everything imported and nothing started.
    method = "forkserver" if "forkserver" in multiprocessing.get_all_start_methods() else "spawn"
    context: Any = multiprocessing.get_context(method)
    if method == "forkserver":
        context.set_forkserver_preload([f"{__package__}.preloaded"])
    with tempfile.TemporaryDirectory(prefix="helmr-mutants-") as directory, Pace() as pace:
        yield _Judges(context, Path(directory), pace, patience)


def _run(judges: _Judges, jobs: list[_Job], at_once: int) -> Iterator[tuple[_Job, Verdict]]:
    with ThreadPoolExecutor(at_once) as pool:
        tried = [(job, pool.submit(_try, judges, job)) for job in jobs]
        try:
            for job, future in tried:
                verdict = future.result()
                _print_verdict(job, verdict)
                yield job, verdict
        finally:
            pool.shutdown(wait=False, cancel_futures=True)


def _confirmed(judges: _Judges, results: list[tuple[_Job, Verdict]]) -> list[tuple[_Job, Verdict]]:
    """Run the tests that caught a fault again without one: a test that fails now did not catch its fault."""
    wrong: dict[str, str] = {}
    slow: set[str] = set()
    for kind in (SERVER, CLIENT):
        tests = {verdict.caught_by for job, verdict in results if job.kind == kind and verdict.caught_by}
        named = sorted(test for test in tests if "::" in test)
        if named:
            job = _Job("control", kind, "confirm", "no fault", judge.confirm, (kind, named))
            watch = _Watch(judges.pace, judges.patience)
            verdict = _try(judges, job, watch)
            _print_verdict(job, verdict)
            wrong |= {failure.partition(": ")[0]: failure for failure in verdict.failures}
            slow.update(test for test, seconds in watch.took.items() if seconds > judges.patience * SLOW)
            if verdict.error is not None:
                wrong |= dict.fromkeys(named, verdict.error)
            wrong |= {test: f"{test} is not there" for test in named if test not in [*verdict.ran, *wrong]}
    for job, verdict in results:
        if job.kind != "control" and verdict.caught_by in wrong:
            verdict.error = f"its test fails without the fault too: {wrong[verdict.caught_by]}"
        elif verdict.caught_by in slow and verdict.message == HANGS:
            verdict.error = f"{verdict.caught_by} is slow without the fault too: that it hangs tells nothing"
    return results


@dataclass
class _Watch:
    """Watches the steps of a judge and detects a hang."""

    pace: Pace
    patience: float
    took: dict[str, float] = field(default_factory=dict[str, float])
    _step: Step = field(default_factory=Step)
    _since: float | None = None
    _began: float = 0.0

    def start(self) -> None:
        self._since = self._began = self.pace.given

    def step(self, step: Step) -> None:
        now = self.pace.given
        if step.test != self._step.test:
            if self._step.test:
                self.took[self._step.test] = now - self._began
            self._began = now
        self._step, self._since = step, now

    def verdict(self, job: _Job) -> Verdict | None:
        """Return the verdict of a hang if no step arrived in time."""
        if self._since is None or self.pace.given - self._since <= self.patience:
            return None
        stood_still = f"no progress in {self.patience:g} s"
        if job.kind == "control" or not self._step.test:
            return Verdict(job.name, error=f"{stood_still} {self._step.test or 'between two tests'}".strip())
        return Verdict(
            job.name,
            caught_by=self._step.test,
            message=HANGS,
            named=self._step.named,
            failures=[f"{self._step.test}: {stood_still}"],
        )


def _try(judges: _Judges, job: _Job, watch: _Watch | None = None) -> Verdict:
    context, log = judges.context, str(judges.directory / f"{job.kind}-{job.name}.log")
    watch = watch or _Watch(judges.pace, judges.patience)
    receiver: Connection
    sender: Connection
    receiver, sender = context.Pipe(duplex=False)
    process = context.Process(target=_judge, args=(job.work, job.arguments, sender, log), daemon=True)
    began = time.monotonic()
    process.start()
    sender.close()
    watch.start()
    try:
        while True:
            if receiver.poll(0.5):
                message: Step | Verdict = receiver.recv()
                if isinstance(message, Verdict):
                    return message
                watch.step(message)
            elif (verdict := watch.verdict(job)) is not None:
                verdict.seconds = time.monotonic() - began
                return verdict
    except EOFError:
        return Verdict(job.name, error=f"the process ended without a verdict: {_tail(log)}")
    finally:
        with suppress(ProcessLookupError):
            os.killpg(process.pid, signal.SIGKILL)  # and the processes that its tests started
        process.kill()
        process.join()
        receiver.close()


def _judge(work: Callable[..., None], arguments: tuple[Any, ...], sender: Connection, log: str) -> None:
    os.setpgid(0, 0)
    work(*arguments[:2], sender.send, log, *arguments[2:])


def _tail(log: str) -> str:
    try:
        lines = Path(log).read_text(encoding="utf-8", errors="replace").strip().splitlines()
    except OSError:
        return "no output"
    return " / ".join(lines[-3:])


# Telling ----------------------------------------------------------------------------------------------------


def _good(job: _Job, verdict: Verdict) -> bool:
    if verdict.error is not None:
        return False
    return (verdict.caught_by is None) == (job.kind == "control")


def _print_verdict(job: _Job, verdict: Verdict) -> None:
    if job.kind == "control":
        outcome = "kept" if _good(job, verdict) else "FAILED"
        details = f"{verdict.tests} tests"
        if verdict.failures:
            details = f"{len(verdict.failures)} failures: " + "; ".join(verdict.failures[:3])
        if verdict.error is not None:
            details = verdict.error
    elif verdict.error is not None:
        outcome, details = "INVALID", verdict.error
    elif verdict.caught_by is None:
        outcome, details = "SURVIVED", job.says
    else:
        elsewhere = "" if verdict.named or job.kind == CLIENT else "  (of another section)"
        hangs = f"  ({HANGS})" if verdict.message == HANGS else ""
        outcome, details = "caught", verdict.caught_by + elsewhere + hangs
    print(f"{outcome:8} {verdict.seconds:5.1f} s  {job.topic}/{job.name}: {details}", flush=True)


def _print_summary(results: list[tuple[_Job, Verdict]], seconds: float) -> None:
    print(f"\n{'':17} {'faults':>7} {'caught':>7} {'share':>7} {'time':>8}")
    topics: dict[tuple[str, str], list[tuple[_Job, Verdict]]] = {}
    for job, verdict in results:
        if job.kind != "control":
            topics.setdefault((job.kind, job.topic), []).append((job, verdict))
    rows = [(topic, found) for (_, topic), found in topics.items()]
    for kind in (SERVER, CLIENT):
        found = [pair for (its, _), pairs in topics.items() if its == kind for pair in pairs]
        if found and kind == SERVER:
            rows.append(("all of the server", found))
    for title, found in rows:
        caught = sum(_good(*pair) for pair in found)
        spent = sum(verdict.seconds for _, verdict in found)
        print(f"{title:17} {len(found):7} {caught:7} {caught / len(found):7.1%} {spent:6.0f} s")
    for title, wanted in (
        ("invalid: the code fails by itself, or the fault is not what it says", True),
        ("not caught", False),
    ):
        bad = [pair for pair in results if not _good(*pair) and (pair[1].error is not None) is wanted]
        if bad:
            print(f"\n{title} ({len(bad)})")
            for pair in bad:
                _print_verdict(*pair)
    controls = [(job, verdict) for job, verdict in results if job.kind == "control"]
    if controls:
        broken = sum(not _good(*pair) for pair in controls)
        print(f"without a fault: {len(controls)} runs, {broken} with a failure")
    print(f"in {seconds:.0f} s")


def _remember(results: list[tuple[_Job, Verdict]]) -> None:
    """Store which test caught each mutant, so that the next run starts with it."""
    known: dict[str, Any] = {"caught_by": {}, "verdicts": {}}
    if MEMORY.is_file():
        known |= json.loads(MEMORY.read_text(encoding="utf-8"))
    for job, verdict in results:
        key = f"{job.kind} {job.name}"
        known["verdicts"][key] = {"topic": job.topic, "says": job.says} | asdict(verdict) | {"ran": []}
        if verdict.caught_by is not None and "::" in verdict.caught_by and job.kind != "control":
            known["caught_by"][key] = verdict.caught_by
    MEMORY.parent.mkdir(exist_ok=True)
    MEMORY.write_text(json.dumps(known, indent=1, sort_keys=True) + "\n", encoding="utf-8")
