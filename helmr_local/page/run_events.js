// The events of a run, and what they say about it.

import { call, constant, follow, isFinal } from "./api.js";

/**
 * Follow the events of a run to its end.
 *
 * `received(events)` gets each event once, in order. Resolves when the run has ended and all its events are here.
 */
export function followEvents(runId, { received, signal, state }) {
  const path = { run_id: runId };
  const ends = constant("RUN_END_EVENT_KINDS");
  const done = new AbortController();
  let endedAttempt = 0;

  return follow("listRunEvents", {
    path,
    state,
    signal: AbortSignal.any([signal, done.signal]),
    received(events) {
      for (const event of events) if (ends.includes(event.kind)) endedAttempt = event.attempt_number ?? 1;
      received(events);
      // The server does not end the stream after this one.
      if (events.some((event) => event.kind === "run.dead_lettered")) done.abort();
    },
    // An attempt that failed ends the stream too. A stream from the last event on would stay open.
    async over() {
      if (!endedAttempt) return false;
      const run = await call("getRun", { path, signal });
      return isFinal("RunStatus", run.status) && (run.attempt_number ?? 1) === endedAttempt;
    },
  });
}

/** Why a run ended as it did: `{title, detail, event}` of its last event that says so; null when none does. */
export function failure(events) {
  const event = events.findLast(({ kind }) => ["run.failed", "run.dead_lettered", "run.cancelled", "run.expired"].includes(kind));
  if (!event) return null;
  const { failure_kind: kind, detail = {}, message, reason } = event.attributes;
  const text = detail.message ?? message ?? reason ?? "";
  const code = detail.exit_code === undefined ? "" : `exit code ${detail.exit_code}`;
  return { title: kind ?? event.kind, detail: [text, code].filter(Boolean).join("; "), event };
}
