// The sandboxes that the current deployment declares.

import { call } from "../api.js";
import { fill, h, short } from "../dom.js";
import { fields, json, time } from "../ui.js";

export const sandboxes = { name: "sandboxes", title: "Sandboxes", needs: ["listSandboxes"], list: open };

async function open(main, { signal }) {
  document.title = "Sandboxes – Helmr";
  const { sandboxes: listed } = await call("listSandboxes", { signal });
  fill(
    main,
    h("h1", {}, "Sandboxes"),
    !listed.length && h("p", { class: "quiet" }, "The current deployment declares no sandboxes."),
    listed.map((sandbox) =>
      h(
        "details",
        { class: "stream", open: listed.length < 4 },
        h("summary", {}, h("strong", {}, short(sandbox.sandbox_id))),
        fields([
          ["Id", h("span", { class: "id" }, sandbox.id)],
          ["Mounted at", sandbox.workspace_mount_path],
          ["Works in", sandbox.default_workdir],
          ["Declared", time(sandbox.created_at)],
        ]),
        json(sandbox, `Sandbox ${sandbox.sandbox_id}`),
      ),
    ),
  );
}
