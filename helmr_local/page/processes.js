// The commands and terminals of a workspace. The server allows one active command or terminal per workspace.

import { call, follow, has, isFinal, isRefusal } from "./api.js";
import { fill, h, setText, short, visible } from "./dom.js";
import { pause, poll } from "./live.js";
import { Screen } from "./screen.js";
import { action, badge, field, form, notice, refresh, section, text, time, wide } from "./ui.js";

const EVERY = 3000; // milliseconds
const OPENING = 300; // milliseconds between two checks of a terminal that is being opened
const SHOWN = 20; // commands and terminals in the list

const base64 = (typed) => btoa(String.fromCharCode(...new TextEncoder().encode(typed)));

/** Return the section for a workspace's commands and terminals; null if the server does not support them. */
export function processes(path, signal) {
  if (!has("createWorkspaceExec") || !has("createWorkspacePty")) return null;
  const shown = h("div", { "aria-live": "polite" });
  const listed = h("div", {});
  let closing = new AbortController();
  signal.addEventListener("abort", () => closing.abort());

  const command = text({ required: true, autocapitalize: "off" });
  const runs = form("Run", async () => {
    const { exec } = await call("createWorkspaceExec", { path, body: JSON.stringify({ command: ["sh", "-c", command.value], detached: true }) });
    showExec(exec);
    await call("closeWorkspaceExecStdin", { path: { ...path, exec_id: exec.id }, body: "{}" });
    again();
  }, field("Command", command, "Run by sh in the workspace, which is mounted if necessary"));

  const again = poll(EVERY, signal, async () => {
    try {
      const query = { limit: SHOWN };
      const [{ execs }, { ptys }] = await Promise.all([
        call("listWorkspaceExecs", { path, query, signal }),
        call("listWorkspacePtys", { path, query, signal }),
      ]);
      const all = [...execs.map(execRow), ...ptys.map(ptyRow)].sort((one, other) => (one.at < other.at ? 1 : -1)).slice(0, SHOWN);
      refresh(listed, all.map(({ state }) => state), () => all.length > 0 && wide("Commands and terminals", ["Command", "State", "Created", ""], all.map(({ row }) => row)));
    } catch (error) {
      if (!signal.aborted && !isRefusal(error)) return false;
      if (!signal.aborted) fill(listed, h("p", { class: "error" }, visible(error.message)));
      return true;
    }
    return false;
  });

  const row = (at, state, ...cells) => ({ at, state: [at, state], row: h("tr", {}, cells.map((cell, place) => h(place ? "td" : "th", place ? {} : { scope: "row" }, cell))) });
  const execRow = (exec) =>
    row(
      exec.created_at,
      [exec.id, exec.state, exec.exit_code],
      h("code", {}, short(exec.command.join(" "), 80)),
      [badge(exec.state), exec.exit_code !== undefined && exec.exit_code !== null && ` exit code ${exec.exit_code}`],
      time(exec.created_at),
      action("Output", () => showExec(exec), "small"),
    );
  const ptyRow = (pty) =>
    row(pty.created_at, [pty.id, pty.state], "Terminal", badge(pty.state), time(pty.created_at), action(isFinal("PtyState", pty.state) ? "Output" : "Attach", () => showPty(pty), "small"));

  /** Return a signal for the process that is shown next, and abort the one of the previous process. */
  function fresh() {
    closing.abort();
    closing = new AbortController();
    return closing.signal;
  }

  function showExec(exec) {
    const until = fresh();
    const screen = new Screen("Command output");
    const said = h("p", { class: "quiet", role: "status" });
    fill(shown, h("h3", {}, short(exec.command.join(" "), 80)), screen.element, said);
    const at = { ...path, exec_id: exec.id };
    const ended = async () => {
      const { exec: seen } = await call("getWorkspaceExec", { path: at, signal: until });
      if (!isFinal("ExecState", seen.state)) return false;
      setText(said, visible([seen.state, seen.exit_code ?? undefined, seen.error?.message].filter((part) => part !== undefined).join(" ")));
      again();
      return true;
    };
    for (const operation of ["listWorkspaceExecStdout", "listWorkspaceExecStderr"]) read(operation, at, screen, ended, until);
  }

  async function open() {
    const screen = new Screen("Terminal");
    fill(shown, h("h3", {}, "Terminal"), screen.element);
    const { pty } = await call("createWorkspacePty", { path, body: JSON.stringify(screen.size()) });
    again();
    await showPty(pty);
  }

  async function showPty(pty) {
    const until = fresh();
    const screen = new Screen("Terminal", pty.cols);
    const at = { ...path, pty_id: pty.id };
    const said = h("p", { class: "quiet", role: "status" }, pty.state);
    const typed = text({ autocapitalize: "off", "aria-label": "Input of the terminal", autocomplete: "off" });
    let offset = pty.input_cursor;
    let sent = Promise.resolve();
    // Sends one input after the other, at the offset that the server expects. After a failure, the user types it again.
    const send = (signs) => {
      sent = sent.then(async () => {
        await call("writeWorkspacePtyInput", { path: at, body: JSON.stringify({ data: base64(signs), offset }), signal: until });
        offset += new TextEncoder().encode(signs).length;
      });
      const result = sent;
      sent = sent.catch(() => {});
      return result;
    };
    const line = h(
      "form",
      { class: "toolbar terminal-input" },
      typed,
      h("button", { type: "submit" }, "Enter"),
      action("Ctrl-C", () => send("\x03"), ""),
      action("Ctrl-D", () => send("\x04"), ""),
      action("Close", () => call("closeWorkspacePty", { path: at, body: "{}" }), "danger"),
    );
    line.addEventListener("submit", (event) => {
      event.preventDefault();
      const { value } = typed;
      typed.value = "";
      send(`${value}\r`).catch((error) => {
        if (until.aborted) return;
        typed.value ||= value;
        notice(error.message, true);
      });
    });
    typed.addEventListener("keydown", (event) => {
      if (!event.ctrlKey || event.key !== "c" || typed.selectionStart !== typed.selectionEnd) return;
      event.preventDefault();
      typed.value = "";
      send("\x03").catch((error) => until.aborted || notice(error.message, true));
    });
    fill(shown, h("h3", {}, "Terminal"), screen.element, !isFinal("PtyState", pty.state) && line, said);
    const ended = async () => {
      const { pty: seen } = await call("getWorkspacePty", { path: at, signal: until });
      setText(said, visible([seen.state, seen.error?.message].filter(Boolean).join(": ")));
      if (!isFinal("PtyState", seen.state)) return false;
      line.remove();
      again();
      return true;
    };
    read("listWorkspacePtyOutput", at, screen, ended, until);
    for (let seen = pty; seen.state === "creating" && !until.aborted; ) {
      await pause(OPENING, until);
      ({ pty: seen } = await call("getWorkspacePty", { path: at, signal: until }));
      setText(said, seen.state);
    }
    if (until.aborted) return;
    again();
    typed.focus({ preventScroll: true });
    shown.scrollIntoView({ block: "nearest" });
    fitting(screen, (size) => call("resizeWorkspacePty", { path: at, body: JSON.stringify(size), signal: until }), pty, until);
  }

  return [section("Commands and terminals", h("div", { class: "toolbar" }, action("Open a terminal", open)), runs, shown, listed)];
}

/** Show a stream of output as it arrives, until the process has ended. */
function read(operation, path, screen, ended, signal) {
  let end = 0;
  const received = (chunks) => {
    for (const chunk of chunks) {
      if (chunk.offset_end === undefined || chunk.offset_end <= end) continue; // the last frame, or a repeated chunk
      end = chunk.offset_end;
      screen.write(chunk.data);
    }
  };
  follow(operation, { path, received, over: ended, signal }).catch((error) => {
    if (!signal.aborted) notice(error.message, true);
  });
}

/** Resize the terminal whenever the size of its element changes. */
function fitting(screen, resize, { cols, rows }, signal) {
  let last = `${cols} ${rows}`;
  let waiting = false;
  const observer = new ResizeObserver(async () => {
    if (waiting) return;
    waiting = true;
    await pause(200, signal); // a window that is being resized changes its size many times
    waiting = false;
    if (signal.aborted) return;
    const size = screen.size();
    if (`${size.cols} ${size.rows}` === last) return;
    last = `${size.cols} ${size.rows}`;
    screen.cols = size.cols;
    resize(size).catch(() => {}); // a terminal that has just ended
  });
  observer.observe(screen.element);
  signal.addEventListener("abort", () => observer.disconnect());
}
