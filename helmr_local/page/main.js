// The entry point: stores the key, opens the view named in the address, and handles the keyboard.

import { ApiError, call, connection, loadDocument } from "./api.js";
import { fill, h, setText } from "./dom.js";
import { current, forget, keep, takeFromAddress } from "./key.js";
import { bindShortcuts, showHelp } from "./shortcuts.js";
import { field, form, notice } from "./ui.js";
import { views } from "./views.js";

const HOME = "sessions";
const main = document.getElementById("main");
const trouble = document.getElementById("trouble");
let closing = new AbortController();
let shownBefore = false;

/** Return the parts of the address `#/name/id?query`. */
function address() {
  const [path, query = ""] = location.hash.replace(/^#\/?/, "").split("?");
  const [name, id] = path.split("/");
  return { name: name || HOME, id: id === undefined ? undefined : decodeURIComponent(id), query: new URLSearchParams(query) };
}

function show() {
  closing.abort();
  closing = new AbortController();
  if (takeFromAddress()) forgetDialogs();
  if (!current()) {
    askForKey("Open the page by the link that helmr-local serve prints, or enter an API key.");
    return;
  }
  const { name, id, query } = address();
  const view = views().find((known) => known.name === name);
  navigation(view);
  fill(main);
  scrollTo(0, 0);
  const open = id === undefined ? view?.list : view?.one;
  if (!open) {
    fill(main, h("h1", {}, "Not found"), h("p", {}, "There is no such view. ", h("a", { href: `#/${HOME}` }, "All sessions")));
    return;
  }
  const signal = closing.signal;
  const failed = (error) => fail(error, signal);
  try {
    Promise.resolve(open(main, { id, query, signal, failed })).catch(failed);
  } catch (error) {
    failed(error);
  }
  // Focus a new view, so that it is read from its beginning. When the page is first opened, Tab reaches the skip link.
  if (shownBefore && document.activeElement === document.body) main.focus({ preventScroll: true });
  shownBefore = true;
}

const forgetDialogs = () => document.querySelectorAll("dialog").forEach((dialog) => dialog.remove());

/** Show an error in place of the view after a request that it requires has failed. */
function fail(error, signal) {
  if (signal.aborted) return;
  closing.abort();
  if (error instanceof ApiError && error.status === 401) {
    forget();
    askForKey("The server does not know this key. Without a database file, each start of the server creates a new key.");
    return;
  }
  fill(main, h("h1", {}, "Something went wrong"), h("p", { class: "error", role: "alert" }, error.message));
}

function askForKey(why) {
  document.title = "Helmr";
  const input = h("input", { type: "password", autocomplete: "off", required: true });
  navigation();
  fill(
    main,
    h("h1", {}, "API key"),
    h("p", {}, why),
    form("Open", async () => {
      keep(input.value);
      await call("listSessions", { query: { limit: 1 } }).catch((error) => {
        forget();
        throw error;
      });
      show();
    }, field("API key", input)),
  );
}

function navigation(shown) {
  const links = views().filter((view) => view.title && current());
  fill(
    document.getElementById("views"),
    links.map((view) =>
      h(
        "li",
        {},
        h("a", { href: `#/${view.name}`, "aria-current": view === shown ? "page" : null }, view.title),
      ),
    ),
  );
  document.getElementById("go").hidden = !current();
}

/** Open the session, run or token with this id. */
async function go(id) {
  const wanted = id.trim();
  if (!wanted) return;
  if (/^[0-9a-f-]{32,36}$/i.test(wanted)) {
    location.hash = `#/${await kindOf(wanted)}/${wanted}`;
    return;
  }
  const { sessions } = await call("listSessions", { query: { external_id: wanted, limit: 1 } });
  if (sessions.length) location.hash = `#/sessions/${sessions[0].id}`;
  else notice(`No session has the external id ${wanted}`, true);
}

/** Return the name of the view for the session, run or token with this id. */
async function kindOf(id) {
  const { runs } = await call("listRuns", { query: { session_id: id, status: "all", limit: 1 } });
  if (runs.length) return "sessions";
  try {
    await call("getRun", { path: { run_id: id } });
    return "runs";
  } catch (error) {
    if (error.status !== 404) throw error;
    return "tokens";
  }
}

document.getElementById("skip").addEventListener("click", (event) => {
  event.preventDefault();
  main.focus();
});
document.getElementById("help").addEventListener("click", showHelp);
document.getElementById("go").addEventListener("submit", (event) => {
  event.preventDefault();
  const input = document.getElementById("go-id");
  go(input.value).then(() => (input.value = ""), (error) => notice(error.message, true));
});
takeFromAddress();
try {
  await loadDocument();
  connection.changed = (works) => setText(trouble, works ? "" : "The server does not respond. Retrying…");
  addEventListener("hashchange", show);
  bindShortcuts();
  show();
} catch (error) {
  setText(main, `The server does not respond: ${error.message}`);
}
