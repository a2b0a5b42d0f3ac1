// Schedules: their fire times, a form that creates one, and buttons that pause and delete one.

import { call, has, isRefusal } from "../api.js";
import { fill, h, setText, short, visible } from "../dom.js";
import { poll } from "../live.js";
import { action, ask, badge, field, form, notice, object, refresh, section, text, time, typedString } from "../ui.js";

const EVERY = 3000; // milliseconds

export const schedules = {
  name: "schedules",
  title: "Schedules",
  needs: ["listSchedules", "activateSchedule", "deactivateSchedule", "deleteSchedule"],
  list: open,
};

async function open(main, { signal, failed }) {
  document.title = "Schedules – Helmr";
  const said = h("p", { class: "quiet", role: "status" });
  const table = h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Schedules" });
  fill(main, h("h1", {}, "Schedules"), said, table, has("createSchedule") && creation(() => now()));
  const now = poll(EVERY, signal, async () => {
    try {
      const { schedules: listed } = await call("listSchedules", { signal });
      setText(said, listed.length ? "" : "No schedules.");
      refresh(table, listed, () => listed.length > 0 && tableOf(listed, () => now()));
    } catch (error) {
      if (signal.aborted) return true;
      if (isRefusal(error)) failed(error);
      return isRefusal(error);
    }
    return false;
  });
}

function creation(again) {
  const task = text({ required: true });
  const cron = text({ required: true, placeholder: "0 3 * * *" });
  const zone = text({ placeholder: "UTC" });
  const key = text({ required: true });
  const externalId = text();
  const fields = { task, cron, timezone: zone, deduplication_key: key, external_id: externalId };

  async function create() {
    const written = Object.entries(fields).map(([name, input]) => [name, typedString(input)]);
    await call("createSchedule", { body: object(Object.fromEntries(written)) });
    notice("Schedule created");
    for (const input of Object.values(fields)) input.value = "";
    again();
  }

  return section(
    "Create a schedule",
    form(
      "Create",
      create,
      field("Task", task),
      field("Cron", cron, "Minute, hour, day of the month, month, day of the week"),
      field("Time zone", zone, "Such as Europe/Berlin"),
      field("Key", key, "Replaces the schedule with this deduplication key, if there is one"),
      field("External id", externalId),
    ),
  );
}

function tableOf(listed, again) {
  const heads = ["Task", "Cron", "Status", "Next", "Last", ""];
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, listed.map((schedule) => row(schedule, again))),
  );
}

function row(schedule, again) {
  const path = { schedule_id: schedule.id };
  const turn = async () => {
    await call(schedule.active ? "deactivateSchedule" : "activateSchedule", { path });
    again();
  };
  const remove = async () => {
    if (!(await ask("Delete this schedule?", "Delete the schedule", { reason: false }))) return;
    await call("deleteSchedule", { path });
    notice("Deleted");
    again();
  };
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, short(schedule.task), schedule.external_id && h("div", { class: "quiet" }, short(schedule.external_id))),
    h("td", { class: "id" }, short(schedule.cron), h("div", { class: "quiet" }, short(schedule.timezone))),
    h("td", {}, badge(schedule.status), schedule.last_error && h("p", { class: "error" }, visible(schedule.last_error))),
    h("td", {}, time(schedule.next_fire_at)),
    h("td", {}, time(schedule.last_fire_at)),
    h(
      "td",
      {},
      h(
        "div",
        { class: "toolbar" },
        action(schedule.active ? "Deactivate" : "Activate", turn, "small"),
        action("Delete", remove, "danger small"),
      ),
    ),
  );
}
