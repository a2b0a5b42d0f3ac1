// The form that starts a session of a task.

import { call } from "../api.js";
import { fill, h, short } from "../dom.js";
import { area, field, form, notice, object, select, text, typedJson, typedString } from "../ui.js";

export const start = { name: "start", title: "Start", needs: ["startSession", "listTasks"], list: open };

async function open(main, { query, signal }) {
  document.title = "Start a session – Helmr";
  const { tasks } = await call("listTasks", { signal });
  const heading = h("h1", {}, "Start a session");
  if (!tasks.length) {
    fill(main, heading, h("p", {}, "The server has no tasks. Start it with helmr-local serve --tasks MODULE."));
    return;
  }
  const task = select(tasks.map(({ task_id }) => [task_id, short(task_id)]), query.get("task") ?? tasks[0].task_id);
  const payload = area({ rows: "10", class: "code", placeholder: "{}" });
  const externalId = text({ maxlength: "512" });
  const tagList = text();
  const metadata = area({ rows: "3", class: "code" });
  const submit = async () => {
    const tags = tagList.value.split(",").map((tag) => tag.trim()).filter(Boolean);
    const body = object({
      task_id: JSON.stringify(task.value),
      payload: payload.value.trim() ? typedJson(payload, "The payload") : undefined,
      external_id: typedString(externalId),
      tags: tags.length ? JSON.stringify(tags) : undefined,
      metadata: metadata.value.trim() ? typedJson(metadata, "The metadata") : undefined,
    });
    const started = await call("startSession", { body });
    if (!started.session) throw new Error(started.error); // a start with the same key is in progress elsewhere
    if (started.is_cached) notice("A session with this external id already existed.");
    location.hash = `#/sessions/${started.session.id}`;
  };
  fill(
    main,
    heading,
    form(
      "Start",
      submit,
      field("Task", task),
      field("Payload", payload, "JSON; an empty object if omitted. It is stored, so do not put secrets in it."),
      field("External id", externalId, "Your own name for the session, unique in the environment"),
      field("Tags", tagList, "Separated by commas"),
      field("Metadata", metadata, "A JSON object"),
    ),
  );
  task.focus();
}
