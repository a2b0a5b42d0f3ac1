// The logs of a run, as they come.

import { call, follow, isFinal } from "./api.js";
import { h, setText, visible } from "./dom.js";
import { VirtualList } from "./list.js";
import { onceAFrame } from "./live.js";
import { moment } from "./time.js";

const LONGEST = 400; // characters of a row; a longer line takes several
const MOST = 200_000; // rows that are kept

/** The element that shows them; it follows the run to its end. `failed(error)`: they cannot be had. */
export function logs(runId, { signal, failed }) {
  const path = { run_id: runId };
  const said = h("p", { class: "quiet", role: "status" }, "Loading…");
  const list = new VirtualList({ label: "Logs", row, className: "logs", sticks: true });
  let lines = new Lines(); // that are shown
  const draw = onceAFrame(() => {
    list.show(lines.rows);
    if (lines.dropped) setText(said, `${lines.dropped} older rows are not kept.`);
    else if (lines.rows.length) setText(said, "");
  });
  list.element.hidden = true;

  (async () => {
    const snapshot = await call("getRunLogs", { path, signal });
    let cursor = "0";
    // The snapshot is here at once. It has no times and no order between stdout and stderr: the chunks have, and
    // take its place when all of them are here.
    lines.take("stdout", bytes(snapshot.stdout_base64));
    lines.take("stderr", bytes(snapshot.stderr_base64));
    let coming = lines;
    if (!snapshot.truncated) coming = new Lines();
    else {
      lines.note(`Only the end of the output is shown up to here: of ${snapshot.stdout_bytes} bytes of stdout and ` +
        `${snapshot.stderr_bytes} of stderr. What comes is shown in order.`);
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

  /** Add bytes, which may begin or end inside a character or a line. */
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
