// Tokens: decisions that someone outside the task makes.

import { call, isFinal, isRefusal, limit, values } from "../api.js";
import { fill, h, setText } from "../dom.js";
import { VirtualList } from "../list.js";
import { poll } from "../live.js";
import { moveIn } from "../shortcuts.js";
import { action, area, ask, badge, field, fields, form, json, notice, object, refresh, section, select, tags, time, typedJson } from "../ui.js";

const EVERY = 2000; // milliseconds

export const tokens = { name: "tokens", title: "Tokens", needs: ["listTokens"], list: openList, one: openToken };

async function openList(main, { query, signal, failed }) {
  document.title = "Tokens – Helmr";
  const choices = [["", "any"], ...values("TokenStatus").map((value) => [value, value])];
  const status = select(choices, query.get("status") ?? "pending");
  const said = h("p", { class: "quiet", role: "status" });
  const list = new VirtualList({ label: "Tokens", row, className: "tokens", moves: true, nearEnd });
  fill(
    main,
    h("h1", {}, "Tokens"),
    h("form", { class: "filters", on: { submit: (event) => event.preventDefault() } }, field("Status", status)),
    said,
    h(
      "div",
      { class: "tokens heads", "aria-hidden": "true" },
      ["Status", "Id", "Tags", "Until"].map((name) => h("span", {}, name)),
    ),
    list.element,
  );
  moveIn(list, signal);

  let pages = []; // pages of tokens, oldest first
  let more = true;
  let loading = false;

  async function page(number) {
    const cursor = number ? pages[number - 1].at(-1)?.id : undefined;
    const asked = { status: status.value, cursor, limit: limit("listTokens") };
    const { tokens: listed, next_cursor: next } = await call("listTokens", { query: asked, signal });
    if (asked.status !== status.value) return;
    const before = new Map((pages[number] ?? []).map((token) => [token.id, token]));
    pages[number] = listed.map((token) => {
      const old = before.get(token.id);
      return JSON.stringify(old) === JSON.stringify(token) ? old : token;
    });
    if (number === pages.length - 1) more = Boolean(next);
  }

  /** Reload the pages that are shown: all if there are few, otherwise the last one. */
  async function load() {
    if (loading) return false;
    loading = true;
    try {
      const from = pages.length > 3 ? pages.length - 1 : 0;
      for (let number = from; number < Math.max(1, pages.length); number++) await page(number);
      if (!more && pages.length > 1 && !pages.at(-1).length) pages.pop();
      show();
    } catch (error) {
      if (signal.aborted) return true;
      if (isRefusal(error)) failed(error);
      return isRefusal(error);
    } finally {
      loading = false;
    }
    return false;
  }

  function show() {
    const all = pages.flat();
    list.show(all);
    const count = `${all.length} token${all.length === 1 ? "" : "s"}`;
    setText(said, all.length ? `${count}${more ? ", and more below" : ""}; the oldest first.` : "No tokens.");
  }

  async function nearEnd() {
    if (!more || loading || !pages.length) return;
    loading = true;
    try {
      await page(pages.length);
      show();
    } catch (error) {
      if (!signal.aborted) notice(error.message, true);
    } finally {
      loading = false;
    }
  }

  const now = poll(EVERY, signal, load);
  status.addEventListener("input", () => {
    pages = [];
    more = true;
    history.replaceState(null, "", `#/tokens?status=${status.value}`);
    now();
  });
}

function row(token) {
  return [
    h("span", {}, badge(token.status)),
    h("a", { href: `#/tokens/${token.id}`, class: "name id" }, token.id),
    h("span", { class: "fit" }, tags(token.tags)),
    h("span", { class: "quiet" }, time(token.timeout_at)),
  ];
}

async function openToken(main, { id, signal }) {
  document.title = "Token – Helmr";
  const path = { token_id: id };
  const facts = h("div", {});
  const decision = h("div", {});
  fill(main, h("h1", {}, "Token ", h("span", { class: "id" }, id)), facts, decision);
  let token = await call("getToken", { path, signal });
  show();
  const again = poll(EVERY, signal, async () => {
    try {
      token = await call("getToken", { path, signal });
    } catch {
      return signal.aborted;
    }
    show();
    return isFinal("TokenStatus", token.status);
  });

  function show() {
    refresh(facts, token, () => [
      fields([
        ["Status", badge(token.status)],
        ["Until", time(token.timeout_at)],
        ["Tags", tags(token.tags)],
      ]),
      "data" in token && section("Data", json(token.data, "Data")),
      Object.keys(token.metadata).length > 0 && section("Metadata", json(token.metadata, "Metadata")),
    ]);
    refresh(decision, token.status, () => (isFinal("TokenStatus", token.status) ? [] : decide()));
  }

  function decide() {
    const data = area({ rows: "6", class: "code", placeholder: '{"approved": true}' });
    const complete = async () => {
      const body = object({ data: typedJson(data, "The data") });
      ({ token } = await call("completeToken", { path, body }));
      notice("Completed");
      show();
    };
    const cancel = async () => {
      if (!(await ask("Cancel this token?", "Cancel the token", { reason: false }))) return;
      token = await call("cancelToken", { path, body: "{}" });
      notice("Cancelled");
      show();
      again();
    };
    return section(
      "Decide",
      form("Complete", complete, field("Data", data, "JSON; null if omitted")),
      h("div", { class: "toolbar" }, action("Cancel the token", cancel, "danger")),
    );
  }
}
