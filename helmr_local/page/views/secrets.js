// Secrets: their names, and forms that set and delete them. The server does not return their values.

import { call } from "../api.js";
import { fill, h, setText, short } from "../dom.js";
import { action, ask, field, form, notice, object, section, text, time } from "../ui.js";

export const secrets = { name: "secrets", title: "Secrets", needs: ["listSecrets", "setSecret", "deleteSecret"], list: open };

async function open(main, { signal }) {
  document.title = "Secrets – Helmr";
  const said = h("p", { class: "quiet", role: "status" });
  const known = h("tbody", {});
  const table = h(
    "table",
    {},
    h("thead", {}, h("tr", {}, ["Name", "Set", ""].map((name) => h("th", { scope: "col" }, name)))),
    known,
  );
  const name = text({ required: true, "data-filter": true });
  const value = h("input", { type: "password", autocomplete: "off" });

  async function load() {
    const { secrets: listed } = await call("listSecrets", { signal });
    setText(said, listed.length ? "" : "No secrets are set.");
    table.hidden = !listed.length;
    fill(known, listed.map((secret) => row(secret, load)));
  }

  async function set() {
    const body = object({ value: JSON.stringify(value.value) });
    await call("setSecret", { path: { name: name.value.trim() }, body });
    notice(`${name.value.trim()} is set`);
    name.value = "";
    value.value = "";
    await load();
  }

  fill(
    main,
    h("h1", {}, "Secrets"),
    h("p", { class: "quiet" }, "Tasks that declare a secret get its value. No request returns it."),
    said,
    table,
    section("Set a secret", form("Set", set, field("Name", name), field("Value", value, "Replaces the value of an existing secret with this name"))),
  );
  await load();
}

function row(secret, load) {
  const remove = async () => {
    if (!(await ask(`Delete ${short(secret.name)}?`, "Delete the secret", { reason: false }))) return;
    await call("deleteSecret", { path: { name: secret.name } });
    notice(`${secret.name} is deleted`);
    await load();
  };
  return h(
    "tr",
    {},
    h("th", { scope: "row", class: "id" }, short(secret.name)),
    h("td", {}, time(secret.updated_at)),
    h("td", {}, action("Delete", remove, "danger small")),
  );
}
