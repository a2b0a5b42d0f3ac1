// Keyboard shortcuts. They can be turned off, because single keys interfere with speech input.

import { h } from "./dom.js";

const OFF = "helmr-shortcuts-off";
const goTo = (name) => () => (location.hash = `#/${name}`);

const SHORTCUTS = [
  { keys: "?", does: "Show this help", run: () => showHelp() },
  { keys: "/", does: "Filter the list, or open an id", run: () => focus("[data-filter], #go-id") },
  { keys: "j", does: "Next row of the list", run: () => step(1) },
  { keys: "k", does: "Previous row of the list", run: () => step(-1) },
  { keys: "g s", does: "Sessions", run: goTo("sessions") },
  { keys: "g t", does: "Tokens", run: goTo("tokens") },
  { keys: "n", does: "Start a session", run: goTo("start") },
];
const FIXED = [
  ["Tab, Shift+Tab", "Next and previous control"],
  ["Arrows, Page Up, Page Down, Home, End", "Move in a list"],
  ["Enter", "Open the row"],
  ["Ctrl+Enter", "Send the form"],
  ["Esc", "Close the dialog"],
];

let before = "";
let list = null;

/** Set the list in which j and k move. */
export function moveIn(virtualList, signal) {
  list = virtualList;
  signal.addEventListener("abort", () => {
    if (list === virtualList) list = null;
  });
}

function step(by) {
  list?.next(by);
}

function focus(selector) {
  const inMain = document.querySelector(`main ${selector.split(",")[0]}`);
  (inMain ?? document.querySelector(selector))?.focus();
}

export function bindShortcuts() {
  addEventListener("keydown", (event) => {
    if (event.ctrlKey || event.metaKey || event.altKey || localStorage.getItem(OFF)) return;
    if (event.target.closest?.("input, textarea, select, dialog, [contenteditable]")) return;
    const pressed = before === "g" ? `g ${event.key}` : event.key;
    before = event.key === "g" ? "g" : "";
    const found = SHORTCUTS.find((shortcut) => shortcut.keys === pressed);
    if (!found) return;
    event.preventDefault();
    found.run();
  });
}

export function showHelp() {
  if (document.querySelector("dialog")) return;
  const off = h("input", { type: "checkbox", checked: !localStorage.getItem(OFF) });
  off.addEventListener("change", () => (off.checked ? localStorage.removeItem(OFF) : localStorage.setItem(OFF, "1")));
  const rows = [...SHORTCUTS.map(({ keys, does }) => [keys, does]), ...FIXED];
  const dialog = h(
    "dialog",
    { "aria-labelledby": "help-title" },
    h(
      "form",
      { method: "dialog", class: "stack" },
      h("h2", { id: "help-title" }, "Keyboard"),
      h("dl", { class: "keys" }, rows.map(([keys, does]) => [h("dt", {}, h("kbd", {}, keys)), h("dd", {}, does)])),
      h("label", { class: "check" }, off, " Single-key shortcuts"),
      h("div", { class: "toolbar" }, h("button", { value: "close" }, "Close")),
    ),
  );
  dialog.addEventListener("close", () => dialog.remove());
  document.body.append(dialog);
  dialog.showModal();
}
