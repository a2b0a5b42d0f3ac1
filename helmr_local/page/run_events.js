// The events of a run, and the facts that are derived from them.

import { call, constant, follow, isFinal, limit } from "./api.js";

/**
 * Follow the events of a run to its end.
 *
 * `received(events)` gets each event once, in order. Resolves after the run has ended and all events were received.
 */
export async function followEvents(runId, { received, signal, state }) {
  const path = { run_id: runId };
  const ends = constant("RUN_END_EVENT_KINDS");
  const done = new AbortController();
  let endedAttempt = 0;

  function take(events) {
    for (const event of events) if (ends.includes(event.kind)) endedAttempt = event.attempt_number ?? 1;
    received(events);
    // The server does not end the stream after this event.
    if (events.some((event) => event.kind === "run.dead_lettered")) done.abort();
  }

  // The end of a failed attempt also ends the stream, so check whether another attempt follows.
  async function over() {
    if (!endedAttempt) return false;
    const run = await call("getRun", { path, signal });
    return isFinal("RunStatus", run.status) && (run.attempt_number ?? 1) === endedAttempt;
  }

  // Read one page first: it arrives sooner than a stream, and often contains all events.
  const { events } = await call("listRunEvents", { path, query: { limit: limit("listRunEvents") }, signal });
  take(events);
  if (await over()) return;
  const cursor = events.at(-1)?.id;
  await follow("listRunEvents", { path, cursor, received: take, over, state, signal: AbortSignal.any([signal, done.signal]) });
}

/** The events of a run, grouped by use, because a run may have many log events. */
export class EventsOf {
  all = [];
  /** The events except log events. */
  plain = [];
  /** The events for the timeline: of consecutive log events, only the first. */
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

/** Return the reason for the end of a run, `{title, detail, event}`, from its last event with one, or null. */
export function failure(events) {
  const event = events.findLast(({ kind }) => ["run.failed", "run.dead_lettered", "run.cancelled", "run.expired"].includes(kind));
  if (!event) return null;
  const { failure_kind: kind, detail = {}, message, reason } = event.attributes;
  const text = detail.message ?? message ?? reason ?? "";
  const code = detail.exit_code === undefined ? "" : `exit code ${detail.exit_code}`;
  return { title: kind ?? event.kind, detail: [text, code].filter(Boolean).join("; "), event };
}
