// The logs of a run, as they arrive.

import { call, follow, isFinal } from "./api.js";
import { h, setText, visible } from "./dom.js";
import { VirtualList } from "./list.js";
import { onceAFrame } from "./live.js";
import { moment } from "./time.js";

const LONGEST = 400; // characters per row; a longer line is shown in several rows
const MOST = 200_000; // rows kept in memory

/** Return an element that shows the logs until the run ends. `failed(error)` is called if they cannot be read. */
export function logs(runId, { signal, failed }) {
  const path = { run_id: runId };
  const said = h("p", { class: "quiet", role: "status" }, "Loading…");
  const list = new VirtualList({ label: "Logs", row, className: "logs", sticks: true });
  let lines = new Lines(); // the lines on display
  const draw = onceAFrame(() => {
    list.show(lines.rows);
    if (lines.dropped) setText(said, `${lines.dropped} older rows were dropped.`);
    else if (lines.rows.length) setText(said, "");
  });
  list.element.hidden = true;

  (async () => {
    const snapshot = await call("getRunLogs", { path, signal });
    let cursor = "0";
    // The snapshot is shown first. It lacks times and the order of stdout and stderr, so the chunks replace it once
    // all of them have arrived.
    lines.take("stdout", bytes(snapshot.stdout_base64));
    lines.take("stderr", bytes(snapshot.stderr_base64));
    let coming = lines;
    if (!snapshot.truncated) coming = new Lines();
    else {
      lines.note(`The lines above are only the end of the earlier output (${snapshot.stdout_bytes} bytes of stdout, ` +
        `${snapshot.stderr_bytes} of stderr). New output follows in order.`);
      cursor = snapshot.cursor;
    }
    list.element.hidden = false;
    setText(said, "No output yet.");
    draw();
    await follow("getRunLogs", {
      path,
      cursor,
      signal,
      state: (text) => text && setText(said, text),
      received(chunks) {
        for (const chunk of chunks) coming.take(chunk.stream, bytes(chunk.content_base64), chunk.at);
        if (Number(chunks.at(-1).id) >= Number(snapshot.cursor)) lines = coming;
        if (lines === coming) draw();
      },
      over: async (clean) => clean && isFinal("RunStatus", (await call("getRun", { path, signal })).status),
    });
    if (!signal.aborted && !lines.rows.length) setText(said, "No output.");
  })().catch((error) => !signal.aborted && failed(error));

  return h("div", {}, said, list.element);
}

function bytes(base64) {
  const text = atob(base64);
  return Uint8Array.from(text, (sign) => sign.charCodeAt(0));
}

class Lines {
  constructor() {
    this.rows = [];
    this.dropped = 0;
    this._streams = { stdout: stream(), stderr: stream() };
  }

  note(text) {
    for (const open of Object.values(this._streams)) open.row = null;
    this.rows.push({ stream: "note", text });
  }

  /** Add bytes, which may begin or end within a character or a line. */
  take(name, content, time) {
    const open = (this._streams[name] ??= stream());
    const text = open.decoder.decode(content, { stream: true });
    const pieces = text.replaceAll("\r\n", "\n").split("\n");
    pieces.forEach((piece, number) => {
      if (number) open.row = null; // a new line
      if (piece || number < pieces.length - 1) this._add(open, name, piece, time);
    });
    if (this.rows.length > MOST + MOST / 10) this._drop();
  }

  _add(open, name, piece, time) {
    let rest = piece;
    do {
      if (open.row !== null && this.rows[open.row].text.length < LONGEST) {
        const row = this.rows[open.row];
        const fits = LONGEST - row.text.length;
        this.rows[open.row] = { ...row, text: row.text + rest.slice(0, fits) };
        rest = rest.slice(fits);
      } else {
        const goesOn = open.row !== null;
        open.row = this.rows.push({ stream: name, time, text: rest.slice(0, LONGEST), goesOn }) - 1;
        rest = rest.slice(LONGEST);
      }
    } while (rest);
  }

  _drop() {
    const drop = this.rows.length - MOST;
    this.rows = this.rows.slice(drop);
    this.dropped += drop;
    for (const open of Object.values(this._streams)) {
      if (open.row !== null) open.row = open.row >= drop ? open.row - drop : null;
    }
  }
}

const stream = () => ({ decoder: new TextDecoder(), row: null });

function row({ stream: name, time, text, goesOn }) {
  return [
    h("span", { class: "quiet" }, goesOn ? "" : moment(time)),
    h("span", { class: `line is-${name}` }, name === "stderr" && h("span", { class: "hidden" }, "stderr: "), visible(text)),
  ];
}
