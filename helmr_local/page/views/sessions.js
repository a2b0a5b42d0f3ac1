// The list of the newest sessions, kept up to date.

import { call, isRefusal, limit, values } from "../api.js";
import { fill, h, setText, short } from "../dom.js";
import { VirtualList } from "../list.js";
import { poll } from "../live.js";
import { moveIn } from "../shortcuts.js";
import { badge, field, select, tags, text, time } from "../ui.js";
import { openSession } from "./session.js";

const EVERY = 2000; // milliseconds

export const sessions = { name: "sessions", title: "Sessions", needs: ["listSessions"], list: open, one: openSession };

async function open(main, { query, signal, failed }) {
  document.title = "Sessions – Helmr";
  const any = [["", "any"]];
  const status = select([...any, ...values("SessionStatus").map((value) => [value, value])], query.get("status") ?? "");
  const task = select(any);
  const externalId = text({ value: query.get("external_id") ?? "", "data-filter": true, maxlength: "512" });
  const tag = text({ value: query.get("tag") ?? "" });
  const said = h("p", { class: "quiet", role: "status" });
  const known = new Map(); // id -> {text, session}: unchanged sessions keep their objects, and so their rows

  const list = new VirtualList({ label: "Sessions", row: sessionRow, className: "sessions", moves: true });
  fill(
    main,
    h(
      "div",
      { class: "title" },
      h("h1", {}, "Sessions"),
      h("a", { class: "button primary", href: "#/start" }, "Start a session"),
    ),
    h(
      "form",
      { class: "filters", on: { submit: (event) => event.preventDefault() } },
      field("Status", status),
      field("Task", task),
      field("External id", externalId),
      field("Tag", tag),
    ),
    said,
    h(
      "div",
      { class: "sessions heads", "aria-hidden": "true" },
      ["Status", "Task", "External id, or id", "Tags", "Updated"].map((name) => h("span", {}, name)),
    ),
    list.element,
  );
  moveIn(list, signal);

  async function load() {
    const asked = { status: status.value, task_id: task.value, external_id: externalId.value, limit: limit("listSessions") };
    let listed;
    try {
      listed = (await call("listSessions", { query: asked, signal })).sessions;
    } catch (error) {
      if (signal.aborted) return true;
      if (isRefusal(error)) failed(error);
      return isRefusal(error);
    }
    if (changed(asked)) return false; // the filter has changed in the meantime
    const wanted = tag.value.trim();
    const shown = listed.filter((session) => !wanted || session.tags?.includes(wanted)).map(unchanged);
    list.show(shown);
    setText(said, summary(listed.length, shown.length, asked.limit, wanted));
    return false;
  }

  const changed = (asked) =>
    asked.status !== status.value || asked.task_id !== task.value || asked.external_id !== externalId.value;

  function unchanged(session) {
    const text = JSON.stringify(session);
    const before = known.get(session.id);
    if (before?.text === text) return before.session;
    known.set(session.id, { text, session });
    return session;
  }

  const now = poll(EVERY, signal, load);
  function filter() {
    const filters = { status: status.value, task: task.value, external_id: externalId.value, tag: tag.value };
    const given = Object.entries(filters).filter(([, value]) => value);
    const address = new URLSearchParams(given).toString();
    history.replaceState(null, "", `#/sessions${address ? `?${address}` : ""}`);
    list.element.scrollTop = 0;
    now();
  }
  for (const input of [status, task, externalId, tag]) input.addEventListener("input", filter);

  const { tasks } = await call("listTasks", { signal });
  const chosen = query.get("task") ?? "";
  const names = tasks.map((known) => known.task_id);
  if (chosen && !names.includes(chosen)) names.push(chosen); // a task of an earlier deployment
  task.append(...names.map((name) => h("option", { value: name }, short(name))));
  if (chosen) {
    task.value = chosen;
    now();
  }
}

function summary(listed, shown, most, tag) {
  if (!listed) return "No sessions.";
  const count = `${shown} session${shown === 1 ? "" : "s"}`;
  const among = tag ? ` with this tag among the newest ${listed}` : "";
  if (listed < most) return `${count}${among}.`;
  return `${count}${among || ", the newest"}. The server lists no more than ${most}: filter to see others, or open one by its id.`;
}

function sessionRow(session) {
  const name = session.external_id ? short(session.external_id) : session.id;
  const state = session.status === "open" ? session.activity : session.status;
  return [
    h("span", {}, badge(state)),
    h("a", { href: `#/sessions/${session.id}`, class: "name" }, short(session.task_id)),
    h("span", { class: session.external_id ? "id" : "id quiet" }, name),
    h("span", { class: "fit" }, tags(session.tags)),
    h("span", { class: "quiet" }, time(session.updated_at)),
  ];
}
