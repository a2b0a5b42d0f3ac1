// Workspaces: the list, and for each its commands and terminals, its versions, and the files of a version.

import { bytes, call, has, isRefusal, limit } from "../api.js";
import { fill, h, setText, short, visible } from "../dom.js";
import { poll } from "../live.js";
import { processes } from "../processes.js";
import { action, ask, badge, fields, json, notice, refresh, section, tableOf, tags, time, wide } from "../ui.js";

const EVERY = 3000; // milliseconds
const SHOWN = 262144; // bytes of a file

export const workspaces = {
  name: "workspaces",
  title: "Workspaces",
  needs: ["listWorkspaces", "getWorkspace", "listWorkspaceVersions", "listWorkspaceFiles"],
  list,
  one,
};

async function list(main, { signal, failed }) {
  document.title = "Workspaces – Helmr";
  const said = h("p", { class: "quiet", role: "status" });
  const table = h("div", { class: "wide", tabindex: "0", role: "region", "aria-label": "Workspaces" });
  fill(main, h("h1", {}, "Workspaces"), said, table);
  poll(EVERY, signal, async () => {
    try {
      const most = limit("listWorkspaces");
      const { workspaces: listed } = await call("listWorkspaces", { query: { limit: most }, signal });
      setText(said, !listed.length ? "No workspaces." : listed.length < most ? "" : `The newest ${most} workspaces.`);
      refresh(table, listed, () => listed.length > 0 && tableOf(["Workspace", "Sandbox", "State", "Changed"], listed.map(row)));
    } catch (error) {
      if (signal.aborted) return true;
      if (isRefusal(error)) failed(error);
      return isRefusal(error);
    }
    return false;
  });
}

function row(workspace) {
  return h(
    "tr",
    {},
    h(
      "th",
      { scope: "row" },
      h("a", { href: `#/workspaces/${workspace.id}` }, short(workspace.external_id ?? workspace.id, 60)),
      tags(workspace.tags),
    ),
    h("td", {}, short(workspace.sandbox_id)),
    h("td", {}, badge(workspace.state), workspace.dirty_state !== "clean" && badge(workspace.dirty_state)),
    h("td", {}, time(workspace.updated_at)),
  );
}

async function one(main, { id, signal, failed }) {
  document.title = "Workspace – Helmr";
  const path = { workspace_id: id };
  const [head, versions, files] = Array.from({ length: 3 }, () => h("div", {}));
  fill(main, head, processes(path, signal), section("Files", files), section("Versions", versions));
  const browser = new Files(files, path, signal);

  const again = poll(EVERY, signal, async () => {
    try {
      const [{ workspace }, { versions: listed }] = await Promise.all([
        call("getWorkspace", { path, signal }),
        call("listWorkspaceVersions", { path, signal }),
      ]);
      refresh(head, workspace, () => heading(workspace, { stop, archive }));
      refresh(versions, listed, () => wide("Versions", ["Version", "Stored by", "Entries", "Bytes", "At"], listed.map((version) => versionRow(version, browser))));
      browser.follow(workspace.current_version_id);
    } catch (error) {
      if (signal.aborted) return true;
      if (isRefusal(error)) failed(error);
      return isRefusal(error);
    }
    return false;
  });

  async function stop() {
    const { state } = await call("stopWorkspace", { path, body: "{}" });
    notice(state === "no_active_mount" ? "Nothing to stop" : "Stopped");
    again();
  }

  async function archive() {
    if (!(await ask("Archive this workspace permanently?", "Archive the workspace", { reason: false }))) return;
    await call("archiveWorkspace", { path });
    notice("Archived");
    again();
  }
}

function heading(workspace, { stop, archive }) {
  const active = workspace.state === "active";
  return [
    h("h1", {}, short(workspace.external_id ?? "Workspace", 60)),
    h(
      "div",
      { class: "toolbar" },
      badge(workspace.state),
      active && has("stopWorkspace") && action("Stop", stop, "small"),
      active && has("archiveWorkspace") && action("Archive", archive, "danger small"),
    ),
    fields([
      ["Id", h("span", { class: "id" }, workspace.id)],
      ["Sandbox", short(workspace.sandbox_id)],
      ["Wanted", workspace.desired_state],
      ["Files", workspace.dirty_state],
      ["Tags", workspace.tags && tags(workspace.tags)],
      ["Created", time(workspace.created_at)],
      ["Last activity", time(workspace.last_activity_at)],
    ]),
    json(workspace.metadata, "Metadata"),
  ];
}

function versionRow(version, browser) {
  return h(
    "tr",
    {},
    h("th", { scope: "row" }, action("Show files", () => browser.show(version.id), "small"), h("div", { class: "quiet id" }, version.id)),
    h("td", {}, version.kind === "user" ? "a run" : "the server", version.message && h("div", { class: "quiet" }, short(version.message))),
    h("td", {}, String(version.artifact_entry_count)),
    h("td", {}, String(version.size_bytes)),
    h("td", {}, time(version.created_at)),
  );
}

/** The files of one version, one directory at a time. */
class Files {
  constructor(element, path, signal) {
    this.element = element;
    this.path = path;
    this.signal = signal;
    this.directory = "";
  }

  /** Show the current version until the user chooses another one. */
  follow(current) {
    if (!this.chosen && current !== this.version) this.open(current, this.version ? this.directory : "").catch((error) => this.failed(error));
  }

  async show(version) {
    this.chosen = true;
    await this.open(version, "");
  }

  failed(error) {
    if (!this.signal.aborted) fill(this.element, h("p", { class: "error" }, visible(error.message)));
  }

  async open(version, directory) {
    this.version = version;
    const listed = [];
    const query = { source: "version", version_id: version, path: directory || ".", limit: limit("listWorkspaceFiles") };
    const page = await call("listWorkspaceFiles", { path: this.path, query, signal: this.signal });
    listed.push(...page.entries);
    if (version !== this.version) return; // another version was chosen in the meantime
    this.directory = directory;
    const content = h("div", { "aria-live": "polite" });
    fill(
      this.element,
      h("p", { class: "quiet id" }, version),
      this.crumbs(),
      listed.length
        ? wide("Files", ["Name", "Kind", "Bytes", "Mode"], listed.map((file) => this.row(file, content)))
        : h("p", { class: "quiet" }, "No files."),
      page.next_cursor && h("p", { class: "quiet" }, `The first ${listed.length} entries.`),
      content,
    );
  }

  crumbs() {
    const parts = this.directory ? this.directory.split("/") : [];
    const to = (count) => () => this.open(this.version, parts.slice(0, count).join("/"));
    return h("div", { class: "toolbar" }, action("/", to(0), "small"), parts.map((part, index) => action(short(part, 40), to(index + 1), "small")));
  }

  row(file, content) {
    const open = { directory: () => this.open(this.version, file.path), file: () => this.read(file, content) }[file.kind];
    const mode = (file.mode & 0o777).toString(8).padStart(4, "0");
    return h(
      "tr",
      {},
      h("th", { scope: "row" }, open ? action(short(file.name, 80), open, "small") : short(file.name, 80), file.link_target && h("div", { class: "quiet" }, `→ ${short(file.link_target)}`)),
      h("td", {}, file.kind),
      h("td", {}, file.kind === "file" ? String(file.size_bytes) : ""),
      h("td", { class: "id" }, mode),
    );
  }

  async read(file, content) {
    const query = { source: "version", version_id: this.version, path: file.path };
    const whole = await bytes("readWorkspaceFile", { path: this.path, query, signal: this.signal });
    const said = whole.length > SHOWN ? `${file.path}, the first ${SHOWN} of ${whole.length} bytes` : file.path;
    fill(
      content,
      h("h3", {}, short(said)),
      h("pre", { tabindex: "0", role: "region", "aria-label": short(file.path) }, visible(new TextDecoder().decode(whole.subarray(0, SHOWN)))),
    );
  }
}
