// What a run did when: the events tell of attempts and ends; that it executes or waits is known only while watched.

import { h } from "./dom.js";
import { at, duration, moment } from "./time.js";

const seen = new Map(); // run id -> [{at, state}], in order, of what this page saw
const MOST_RUNS = 500;

const ENDS = {
  "run.completed": "succeeded",
  "run.failed": "failed",
  "run.cancelled": "cancelled",
  "run.expired": "expired",
  "run.dead_lettered": "failed",
};

const NAMES = {
  queued: "queued",
  backoff: "waiting for the next attempt",
  running: "executing",
  waiting: "waiting",
  // As far as the events tell, of a time when nobody watched:
  started: "executing or waiting",
  unseen: "queued, executing or waiting",
};

/** Note what a run does now. That it waits while its worker is kept, only its session says. */
export function observe(run, session) {
  const waits = session.current_run_id === run.id && session.activity === "waiting" && run.status === "running";
  const state = waits ? "waiting" : run.status;
  if (!(state in NAMES)) return;
  if (!seen.has(run.id) && seen.size >= MOST_RUNS) seen.delete(seen.keys().next().value);
  const states = seen.get(run.id) ?? seen.set(run.id, []).get(run.id);
  const last = states.at(-1);
  if (last?.state === state) return;
  // A run's own status changes with `updated_at`; but what it does may be older than this page's first look.
  const since = waits || !last ? Date.now() : at(run.updated_at);
  states.push({ at: Math.max(since, last?.at ?? 0), state, first: !last });
}

/** `[{state, from, to, attempt}]` of a run, in order; the last one of a run that goes on has `to` now. */
export function segments(runId, events, now) {
  const changes = [];
  let attempt = 1;
  for (const event of events) {
    const time = at(event.at);
    if (event.kind === "run.created") changes.push({ at: time, state: "queued", attempt: 1 });
    else if (event.kind === "run.retry_scheduled") {
      attempt = event.attributes.next_attempt_number ?? attempt + 1;
      const due = at(event.attributes.retry_after);
      changes.push({ at: time, state: "backoff", attempt });
      changes.push({ at: Math.max(time, due || time), state: "queued", attempt, planned: true });
    } else if (event.kind in ENDS) {
      changes.push({ at: time, end: ENDS[event.kind], executed: Boolean(event.run_lease_id) });
    } else if (event.run_lease_id) changes.push({ at: time, sign: true });
  }
  for (const observed of seen.get(runId) ?? []) changes.push(observed);
  changes.sort((a, b) => a.at - b.at);

  const found = [];
  let open = null;
  const close = (time) => {
    if (open && time >= open.from) found.push({ ...open, to: time });
    open = null;
  };
  for (const change of changes) {
    if (change.at > now) break;
    if (change.end) {
      if (open?.state === "queued" && change.executed) open.state = "unseen"; // it left no other sign
      close(change.at);
      if (found.length) found.at(-1).end = change.end;
      continue;
    }
    if (!open && !change.attempt) continue; // seen by this page's clock, outside of what the events tell
    const state = change.sign ? signed(open.state) : change.state;
    if (change.first && state !== open.state && ["queued", "backoff"].includes(open.state)) open.state = "unseen";
    if (open && state === open.state && !change.attempt) continue;
    const number = change.attempt ?? open.attempt;
    close(change.at);
    open = { state, from: change.at, attempt: number };
  }
  if (open) close(now);
  return found;
}

/** What a run does when there is a sign of life, after what was known before. */
function signed(before) {
  if (before === "waiting") return "running";
  return ["queued", "backoff", "unseen"].includes(before) ? "started" : before;
}

/** A bar of segments, and the same in words. */
export function bar(parts, from, to) {
  const whole = Math.max(1, to - from);
  const track = h("div", { class: "track", role: "img", "aria-label": words(parts) });
  for (const part of parts) {
    const piece = h("span", { class: `part is-${part.state}${part.end ? ` ends-${part.end}` : ""}`, title: word(part) });
    piece.style.left = `${(100 * (part.from - from)) / whole}%`;
    piece.style.width = `${Math.max(0.4, (100 * (part.to - part.from)) / whole)}%`;
    track.append(piece);
  }
  return track;
}

/** The segments as a list to read. */
export function list(parts) {
  return h(
    "ol",
    { class: "steps" },
    parts.map((part) =>
      h("li", {}, h("span", { class: `key is-${part.state}`, "aria-hidden": "true" }), `${moment(part.from, true)} `, word(part)),
    ),
  );
}

const word = (part) => {
  const end = part.end ? `, then ${part.end}` : "";
  return `attempt ${part.attempt}: ${NAMES[part.state]} ${duration(part.to - part.from)}${end}`;
};

const words = (parts) => parts.map(word).join("; ") || "nothing yet";
