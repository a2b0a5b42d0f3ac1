// A session: the timeline of its runs, its streams, and the logs of its current run.

import { call, isFinal, isRefusal } from "../api.js";
import { fill, h, setText, short, visible } from "../dom.js";
import { onceAFrame, poll } from "../live.js";
import { logs } from "../logs.js";
import { EventsOf, followEvents } from "../run_events.js";
import { streams as streamsOf } from "../streams.js";
import { at, duration } from "../time.js";
import { bar, observe, segments } from "../timeline.js";
import { action, ask, badge, fields, json, notice, object, refresh, section, tags, time } from "../ui.js";

const EVERY = 1500; // milliseconds
const NEWEST = 50; // runs shown initially

export async function openSession(main, { id, signal, failed }) {
  document.title = "Session – Helmr";
  const path = { session_id: id };
  const [head, runs, streams, log] = Array.from({ length: 4 }, () => h("div", {}));
  fill(main, head, section("Runs", runs), section("Streams", streams), section("Logs of the current run", log));

  let session = await call("getSession", { path, signal });
  document.title = `${session.task_id} – session – Helmr`;
  const timeline = new Timeline(runs, signal);
  const shownStreams = streamsOf(id, streams, signal, () => again());
  let logged;

  function show() {
    refresh(head, session, () => heading(session, { close, cancel }));
    if (session.current_run_id && session.current_run_id !== logged?.run) {
      logged?.stop.abort();
      logged = { run: session.current_run_id, stop: new AbortController() };
      const stopped = AbortSignal.any([signal, logged.stop.signal]);
      fill(log, logs(logged.run, { signal: stopped, failed: (error) => setText(log, visible(error.message)) }));
    }
  }

  async function close() {
    const given = await ask("Close this session?", "Close the session");
    if (!given) return;
    session = await call("closeSession", { path, body: object({ reason: given.reason }) });
    notice("Closed");
    show();
  }

  async function cancel() {
    const given = await ask("Cancel this session and its current run?", "Cancel the session");
    if (!given) return;
    await call("cancelSession", { path, body: object({ reason: given.reason }) });
    notice("Cancelled");
    again();
  }

  show();
  const again = poll(EVERY, signal, async () => {
    try {
      const [now, listed, declared] = await Promise.all([
        call("getSession", { path, signal }),
        call("listSessionRuns", { path, signal }),
        call("listSessionStreams", { path, signal }),
      ]);
      session = now;
      const current = listed.runs.find((run) => run.run_id === session.current_run_id);
      if (current && !isFinal("RunStatus", current.status)) {
        observe(await call("getRun", { path: { run_id: current.run_id }, signal }), session);
      }
      timeline.show(listed.runs);
      shownStreams.show(declared.streams, session);
    } catch (error) {
      if (signal.aborted) return true;
      if (isRefusal(error)) failed(error);
      return isRefusal(error);
    }
    show();
    return false; // an ended session may still get records
  });
}

function heading(session, { close, cancel }) {
  const open = session.status === "open";
  return [
    h(
      "div",
      { class: "title" },
      h("h1", {}, short(session.task_id), " ", badge(session.status), open && " ", open && badge(session.activity)),
      h(
        "div",
        { class: "toolbar" },
        open && session.can_close && action("Close", close),
        open && action("Cancel the session", cancel, "danger"),
        h("a", { class: "button", href: `#/start?task=${encodeURIComponent(session.task_id)}` }, "Start another"),
      ),
    ),
    fields([
      ["Session", h("span", { class: "id" }, session.id)],
      ["External id", session.external_id],
      ["Tags", tags(session.tags)],
      ["Created", time(session.created_at)],
      ["Changed", time(session.updated_at)],
      ["Expires", time(session.expires_at)],
      ["Expired", time(session.expired_at)],
      ["Ended because", session.terminal_reason.reason],
    ]),
    session.error && h("p", { class: "error" }, short(session.error.name), ": ", visible(session.error.message)),
    "result" in session && section("Result", json(session.result, "Result")),
    Object.keys(session.metadata).length > 0 &&
      h("details", {}, h("summary", {}, "Metadata"), json(session.metadata, "Metadata")),
  ];
}

/** The timelines of the runs, on a common scale. */
class Timeline {
  constructor(element, signal) {
    this._element = element;
    this._signal = signal;
    this._events = new Map(); // run id -> EventsOf
    this._wanted = []; // runs whose events are still to be read, one after the other
    this._all = false;
    this._draw = onceAFrame(() => this._render());
  }

  show(runs) {
    this._runs = runs;
    this._draw();
  }

  _render() {
    if (this._signal.aborted || !this._runs) return;
    const shown = this._all ? this._runs : this._runs.slice(-NEWEST);
    for (const run of shown) this._read(run);
    const now = Date.now();
    const from = Math.min(...shown.map((run) => at(run.created_at)));
    const rows = shown.map((run) => {
      const end = run.ended_at ? at(run.ended_at) : now;
      return { run, end, parts: segments(run.run_id, this._events.get(run.run_id).key, end) };
    });
    const to = Math.max(...rows.map((row) => row.end));
    refresh(this._element, [rows, this._all], () => [
      shown.length < this._runs.length && action(`Show all ${this._runs.length} runs`, async () => {
        this._all = true;
        this._render();
      }),
      h("ol", { class: "runs" }, rows.map(({ run, end, parts }) => runRow(run, end, parts, from, to))),
    ]);
  }

  /** Follow an active run immediately; read the events of ended runs one run after the other. */
  _read(run) {
    if (this._events.has(run.run_id)) return;
    const known = new EventsOf();
    this._events.set(run.run_id, known);
    const follow = () =>
      followEvents(run.run_id, {
        signal: this._signal,
        received: (events) => {
          known.add(events);
          this._draw();
        },
      }).catch(() => {}); // the row then shows the timeline without these events
    if (!isFinal("RunStatus", run.status)) follow();
    else this._wanted.push(follow);
    this._work ??= this._workOff();
  }

  async _workOff() {
    await Promise.resolve(); // until all runs are in the list
    while (this._wanted.length && !this._signal.aborted) await this._wanted.pop()();
    this._work = null;
  }
}

function runRow(run, end, parts, from, to) {
  return h(
    "li",
    {},
    h("a", { href: `#/runs/${run.run_id}`, class: "name" }, `Turn ${run.turn_index + 1}`),
    badge(run.status),
    bar(parts, from, to),
    h("span", { class: "quiet" }, duration(end - at(run.created_at))),
  );
}
