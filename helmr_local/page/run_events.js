// The events of a run, and what they say about it.

import { call, constant, follow, isFinal, limit } from "./api.js";

/**
 * Follow the events of a run to its end.
 *
 * `received(events)` gets each event once, in order. Resolves when the run has ended and all its events are here.
 */
export async function followEvents(runId, { received, signal, state }) {
  const path = { run_id: runId };
  const ends = constant("RUN_END_EVENT_KINDS");
  const done = new AbortController();
  let endedAttempt = 0;

  function take(events) {
    for (const event of events) if (ends.includes(event.kind)) endedAttempt = event.attempt_number ?? 1;
    received(events);
    // The server does not end the stream after this one.
    if (events.some((event) => event.kind === "run.dead_lettered")) done.abort();
  }

  // An attempt that failed ends the stream too. A stream from the last event on would stay open.
  async function over() {
    if (!endedAttempt) return false;
    const run = await call("getRun", { path, signal });
    return isFinal("RunStatus", run.status) && (run.attempt_number ?? 1) === endedAttempt;
  }

  // A page is here sooner than a stream, and is often all there is.
  const { events } = await call("listRunEvents", { path, query: { limit: limit("listRunEvents") }, signal });
  take(events);
  if (await over()) return;
  const cursor = events.at(-1)?.id;
  await follow("listRunEvents", { path, cursor, received: take, over, state, signal: AbortSignal.any([signal, done.signal]) });
}

/** The events of a run, sorted by what is asked of them: a run may have many events of logs. */
export class EventsOf {
  all = [];
  /** Without those of logs. */
  plain = [];
  /** Those that the timeline needs: of logs, the first after each other event. */
  key = [];

  add(events) {
    for (const event of events) {
      this.all.push(event);
      const ofLog = event.category === "log";
      if (!ofLog) this.plain.push(event);
      const before = this.key.at(-1);
      if (!ofLog || before?.category !== "log" || before.attempt_number !== event.attempt_number) this.key.push(event);
    }
  }
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
