// A run: its payload, its timeline and its outcome.

import { call, isFinal, isRefusal } from "../api.js";
import { fill, h, setText, short, visible } from "../dom.js";
import { VirtualList } from "../list.js";
import { onceAFrame, poll } from "../live.js";
import { logs } from "../logs.js";
import { EventsOf, failure, followEvents } from "../run_events.js";
import { at, duration, moment } from "../time.js";
import { bar, list as steps, observe, segments } from "../timeline.js";
import { action, ask, badge, fields, json, notice, object, refresh, section, time } from "../ui.js";

const EVERY = 1000; // milliseconds

export const runs = { name: "runs", needs: ["getRun", "listRunEvents"], one: open };

async function open(main, { id, signal, failed }) {
  document.title = "Run – Helmr";
  const path = { run_id: id };
  const events = new EventsOf();
  const [head, timeline, given, output, log, detail] = Array.from({ length: 6 }, () => h("div", {}));
  const said = h("p", { class: "quiet", role: "status" });
  const withLogs = h("input", { type: "checkbox" });
  const list = new VirtualList({ label: "Events", row: (event) => eventRow(event, detail), className: "events", moves: true });
  fill(
    main,
    head,
    section("Timeline", timeline),
    output,
    given,
    section("Logs", log),
    section("Events", h("label", { class: "check" }, withLogs, " Show log events"), said, list.element, detail),
  );

  let run; // read later: events and logs need not wait for it
  const draw = onceAFrame(() => {
    if (signal.aborted) return;
    const shown = withLogs.checked ? events.all : events.plain;
    list.show(shown);
    const hidden = events.all.length - shown.length;
    setText(said, `${shown.length} event${shown.length === 1 ? "" : "s"}${hidden ? `, ${hidden} of logs not shown` : ""}`);
    const created = events.key.find((event) => event.kind === "run.created");
    if (created) refresh(given, created.id, () => section("Payload", json(created.attributes.payload, "Payload")));
    if (run) show();
  });
  withLogs.addEventListener("change", draw);

  function show() {
    const now = isFinal("RunStatus", run.status) ? at(run.updated_at) : Date.now();
    const parts = segments(id, events.key, Math.max(now, at(events.all.at(-1)?.at) || 0));
    const from = at(run.created_at);
    refresh(timeline, [parts], () => [bar(parts, from, Math.max(now, parts.at(-1)?.to ?? 0)), steps(parts)]);
    refresh(head, [run.status, run.updated_at], () => heading(run, cancel));
    const why = isFinal("RunStatus", run.status) && run.status !== "succeeded" ? failure(events.plain) : null;
    refresh(output, [run.status, run.updated_at, why?.event.id], () => [
      why && section("Failure", failureOf(why)),
      "output" in run && section("Output", json(run.output, "Output")),
    ]);
  }

  async function cancel() {
    const given = await ask("Cancel this run?", "Cancel the run", { force: true });
    if (!given) return;
    const body = object({ reason: given.reason, force: given.force ? "true" : undefined });
    const { run: cancelled, operation } = await call("cancelRun", { path, body });
    run = cancelled;
    notice(operation.status === "rejected" ? "The run had already ended" : "Cancelled");
    show();
  }

  const first = call("getRun", { path, signal });
  followEvents(id, {
    signal,
    state: (text) => text && setText(said, text),
    received(more) {
      events.add(more);
      draw();
    },
  }).catch((error) => !signal.aborted && notice(error.message, true));

  run = await first;
  log.append(logs(id, { signal, failed: (error) => setText(log, visible(error.message)) }));
  document.title = `${run.task_id} – run – Helmr`;
  show();
  poll(EVERY, signal, async () => {
    try {
      run = await call("getRun", { path, signal });
      if (!isFinal("RunStatus", run.status)) {
        observe(run, await call("getSession", { path: { session_id: run.session_id }, signal }));
      }
    } catch (error) {
      if (signal.aborted) return true;
      if (isRefusal(error)) failed(error);
      return isRefusal(error);
    }
    draw();
    return isFinal("RunStatus", run.status);
  });
}

function heading(run, cancel) {
  const ended = isFinal("RunStatus", run.status);
  return [
    h(
      "div",
      { class: "title" },
      h("h1", {}, short(run.task_id), " ", badge(run.status)),
      !ended && action("Cancel the run", cancel, "danger"),
    ),
    fields([
      ["Run", h("span", { class: "id" }, run.id)],
      ["Session", h("a", { href: `#/sessions/${run.session_id}`, class: "id" }, run.session_id)],
      ["Attempt", run.attempt_number && String(run.attempt_number)],
      ["Exit code", run.exit_code === null ? null : String(run.exit_code)],
      ["Created", time(run.created_at)],
      [ended ? "Ended" : "Changed", time(run.updated_at)],
      ["Took", ended && duration(at(run.updated_at) - at(run.created_at))],
      ["Deployment", run.deployment_version],
      ["SDK", run.sdk_version],
    ]),
    Object.keys(run.metadata).length > 0 && h("details", {}, h("summary", {}, "Metadata"), json(run.metadata, "Metadata")),
  ];
}

function failureOf({ title, detail, event }) {
  return [
    h("p", { class: "error" }, short(title), detail ? ": " : "", h("span", { class: "reason" }, visible(detail.slice(0, 10_000)))),
    h("details", {}, h("summary", {}, `All attributes of ${short(event.kind)}`), json(event.attributes, "Failure")),
  ];
}

function eventRow(event, detail) {
  const open = () => {
    fill(detail, section(`Event ${event.id}`, json(event, `Event ${event.id}`)));
    detail.scrollIntoView({ block: "nearest" });
  };
  return [
    h("span", { class: "quiet" }, event.id),
    h("span", { class: "quiet" }, moment(event.at, true)),
    h("button", { type: "button", class: `link is-${event.severity.replace(/[^a-z]/g, "")}`, on: { click: open } }, short(event.kind)),
    h("span", { class: "fit quiet" }, event.attempt_number ? `attempt ${event.attempt_number} ` : "", short(JSON.stringify(event.attributes))),
  ];
}
