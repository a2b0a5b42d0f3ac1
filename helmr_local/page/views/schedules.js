// Schedules: what fires when, and what stops it.

import { call, isRefusal } from "../api.js";
import { fill, h, setText, short, visible } from "../dom.js";
import { poll } from "../live.js";
import { action, ask, badge, notice, refresh, time } from "../ui.js";

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
  fill(main, h("h1", {}, "Schedules"), said, table);
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
