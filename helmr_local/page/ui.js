// The building blocks of views.

import { fill, h, setText, short, visible } from "./dom.js";
import { moment } from "./time.js";

/** A status as a coloured word. The meaning does not depend on the colour. */
export function badge(status) {
  return h("span", { class: `badge is-${status.replace(/[^a-z_]/g, "")}` }, short(status));
}

/** A list of names and values, without absent ones. */
export function fields(entries) {
  return h(
    "dl",
    { class: "fields" },
    entries
      .filter(([, value]) => value !== undefined && value !== null && value !== "")
      .map(([name, value]) => [h("dt", {}, name), h("dd", {}, typeof value === "string" ? visible(value) : value)]),
  );
}

export function time(value) {
  return value ? h("time", { datetime: value, title: value }, moment(value)) : null;
}

export function tags(list) {
  if (!list?.length) return null;
  return h("span", { class: "tags" }, list.map((tag) => h("span", { class: "tag" }, short(tag, 128))));
}

const MOST = 20_000; // characters shown initially: more would make the page slow

/** JSON to read and to copy. */
export function json(value, label) {
  const text = JSON.stringify(value, null, 2) ?? "";
  const shown = h("pre", { class: "json", tabindex: "0", role: "region", "aria-label": label });
  setText(shown, visible(text.slice(0, MOST)));
  const copy = h("button", { type: "button", class: "small", on: { click: () => copyText(text, label) } }, "Copy");
  const parts = [h("div", { class: "toolbar" }, copy), shown];
  if (text.length > MOST) {
    const all = h("button", { type: "button", class: "small" }, `Show all ${text.length} characters`);
    all.addEventListener("click", () => {
      setText(shown, visible(text));
      all.remove();
    });
    shown.append("…");
    parts[0].append(all);
  }
  return h("div", { class: "block" }, parts);
}

async function copyText(text, label) {
  try {
    await navigator.clipboard.writeText(text);
    notice(`${label} copied`);
  } catch {
    notice("The browser does not allow copying", true);
  }
}

/** A section with a heading. */
export function section(title, ...children) {
  const id = `h-${title.toLowerCase().replace(/[^a-z0-9]+/g, "-")}`;
  return h("section", { "aria-labelledby": id }, h("h2", { id }, title), children);
}

/** A labelled field of a form. */
export function field(label, input, hint) {
  const id = `f-${label.toLowerCase().replace(/[^a-z0-9]+/g, "-")}-${(field.count = (field.count ?? 0) + 1)}`;
  input.id = id;
  if (hint) input.setAttribute("aria-describedby", `${id}-hint`);
  return h(
    "div",
    { class: "field" },
    h("label", { for: id }, label),
    input,
    hint && h("small", { id: `${id}-hint` }, hint),
  );
}

export const text = (attributes = {}) =>
  h("input", { type: "text", autocomplete: "off", spellcheck: "false", ...attributes });

export const area = (attributes = {}) => h("textarea", { rows: "4", spellcheck: "false", ...attributes });

export function select(options, chosen = "") {
  const element = h("select", {}, options.map(([value, label]) => h("option", { value }, label)));
  element.value = chosen;
  return element;
}

/** A form that is submitted once at a time, and shows the error if that fails. */
export function form(label, submit, ...children) {
  const said = h("p", { class: "error", role: "alert" });
  const button = h("button", { type: "submit", class: "primary" }, label);
  const element = h("form", { class: "stack" }, children, said, h("div", { class: "toolbar" }, button));
  element.addEventListener("submit", async (event) => {
    event.preventDefault();
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    setText(said, "");
    try {
      await submit();
    } catch (error) {
      setText(said, visible(error.message));
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  element.addEventListener("keydown", (event) => {
    if (event.key === "Enter" && (event.ctrlKey || event.metaKey)) element.requestSubmit();
  });
  return element;
}

/** Return the JSON that was typed, after checking it, verbatim: numbers keep their digits. */
export function typedJson(input, name) {
  const typed = input.value.trim();
  if (!typed) return "null";
  try {
    JSON.parse(typed);
  } catch (error) {
    input.focus();
    throw new Error(`${name} is not JSON: ${error.message}`);
  }
  return typed;
}

/** Return a JSON object of names and values in JSON; names without a value are omitted. */
export function object(fields) {
  const given = Object.entries(fields).filter(([, value]) => value !== undefined && value !== "");
  return `{${given.map(([name, value]) => `${JSON.stringify(name)}:${value}`).join(",")}}`;
}

/** Return the text of an input as a JSON string; undefined if it is blank. */
export const typedString = (input) => (input.value.trim() ? JSON.stringify(input.value.trim()) : undefined);

/** Show a message for a few seconds. */
export function notice(message, wrong = false) {
  const shown = h("p", { class: wrong ? "notice error" : "notice" }, visible(message));
  document.getElementById("notices").append(shown);
  setTimeout(() => shown.remove(), 6000);
}

/** Ask for confirmation. Return `{reason, force}` as entered, or null if the user declines. */
export function ask(question, action, { reason = true, force = false } = {}) {
  return new Promise((resolve) => {
    const why = text({ maxlength: "500" });
    const hard = h("input", { type: "checkbox" });
    const dialog = h(
      "dialog",
      { "aria-labelledby": "ask-title" },
      h(
        "form",
        { method: "dialog", class: "stack" },
        h("h2", { id: "ask-title" }, question),
        reason && field("Reason", why),
        force && h("label", { class: "check" }, hard, " End it immediately, without waiting for the task to stop"),
        h(
          "div",
          { class: "toolbar" },
          h("button", { value: "yes", class: "danger" }, action),
          h("button", { value: "no" }, "Leave it"),
        ),
      ),
    );
    dialog.addEventListener("close", () => {
      dialog.remove();
      resolve(dialog.returnValue === "yes" ? { reason: typedString(why), force: hard.checked } : null);
    });
    document.body.append(dialog);
    dialog.showModal();
  });
}

/** A button that makes a request. */
export function action(label, run, className = "") {
  const button = h("button", { type: "button", class: className }, label);
  button.addEventListener("click", async () => {
    if (button.getAttribute("aria-disabled")) return;
    button.setAttribute("aria-disabled", "true");
    try {
      await run();
    } catch (error) {
      notice(error.message, true);
    } finally {
      button.removeAttribute("aria-disabled");
    }
  });
  return button;
}

/** Fill an element only if the state that it shows has changed. */
export function refresh(element, state, make) {
  const text = JSON.stringify(state);
  if (element.dataset.state === undefined || element.shown !== text) {
    element.shown = text;
    element.dataset.state = "";
    fill(element, make());
  }
}

/** A table. */
export function tableOf(heads, rows) {
  return h(
    "table",
    {},
    h("thead", {}, h("tr", {}, heads.map((name) => h("th", { scope: "col" }, name)))),
    h("tbody", {}, rows),
  );
}

/** A table that scrolls horizontally if it is too wide. */
export function wide(label, heads, rows) {
  return h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": label }, tableOf(heads, rows));
}
