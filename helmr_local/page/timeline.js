// The timeline of a run. Events show its attempts and its end, but whether it was executing or waiting is known only
// for the time during which this page has polled it.

import { h } from "./dom.js";
import { at, duration, moment } from "./time.js";

const seen = new Map(); // run id -> [{at, state}], in order, as seen by this page
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
  // for times at which this page did not poll the run
  started: "executing or waiting",
  unseen: "queued, executing or waiting",
};

/** Record the current state of a run. Only its session shows a wait during which the run keeps its worker. */
export function observe(run, session) {
  const waits = session.current_run_id === run.id && session.activity === "waiting" && run.status === "running";
  const state = waits ? "waiting" : run.status;
  if (!(state in NAMES)) return;
  if (!seen.has(run.id) && seen.size >= MOST_RUNS) seen.delete(seen.keys().next().value);
  const states = seen.get(run.id) ?? seen.set(run.id, []).get(run.id);
  const last = states.at(-1);
  if (last?.state === state) return;
  // A change of status happened at `updated_at`; a wait, or the first state seen, may have begun at any earlier time.
  const since = waits || !last ? Date.now() : at(run.updated_at);
  states.push({ at: Math.max(since, last?.at ?? 0), state, first: !last });
}

/** Return the `[{state, from, to, attempt}]` of a run, in order. While the run is active, the last `to` is now. */
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
      if (open?.state === "queued" && change.executed) open.state = "unseen"; // its start left no other trace
      close(change.at);
      if (found.length) found.at(-1).end = change.end;
      continue;
    }
    if (!open && !change.attempt) continue; // seen outside the time that the events cover, by this page's clock
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

/** Return the state of a run after an event that shows activity, given its previous state. */
function signed(before) {
  if (before === "waiting") return "running";
  return ["queued", "backoff", "unseen"].includes(before) ? "started" : before;
}

/** Return a bar of segments, labelled with the same facts in words. */
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

/** Return the segments as a list of text. */
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
