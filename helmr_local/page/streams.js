// The streams of a session: their records as they arrive, and forms that send records to inputs.

import { call, limit } from "./api.js";
import { fill, h, setText, short } from "./dom.js";
import { area, field, form, json, notice, object, text, time, typedJson, typedString } from "./ui.js";

const NEWEST = 50; // records shown initially

/** Show the streams in the element; `sent()` is called after a record was sent. */
export function streams(sessionId, element, signal, sent) {
  const shown = new Map(); // id -> StreamPart
  return {
    show(declared, session) {
      if (!declared.length) setText(element, "The task declares no streams.");
      for (const stream of declared) {
        if (!shown.has(stream.id)) {
          const part = new StreamPart(sessionId, stream, signal, sent);
          shown.set(stream.id, part);
          if (shown.size === 1) fill(element);
          element.append(part.element);
        }
        shown.get(stream.id).show(stream, session);
      }
    },
  };
}

class StreamPart {
  constructor(sessionId, stream, signal, sent) {
    this._path = { session_id: sessionId, stream: stream.name };
    this._isInput = stream.direction === "input";
    this._signal = signal;
    this._first = null; // sequence number before the first record shown
    this._last = 0;
    this._count = h("span", { class: "quiet" });
    this._older = h("button", { type: "button", class: "small", on: { click: () => this._readOlder() } }, "Show older records");
    this._older.hidden = true;
    this._records = h("ol", { class: "records", "aria-label": `Records of ${stream.name}` });
    this._form = this._isInput ? this._sender(stream, sent) : null;
    const direction = this._isInput ? "input" : "output";
    this.element = h(
      "details",
      { class: `stream is-${direction}`, open: true },
      h("summary", {}, h("span", { class: `badge is-${direction}` }, direction), " ", h("strong", {}, short(stream.name)), " ", this._count),
      this._older,
      this._records,
      this._form,
    );
  }

  async show(stream, session) {
    setText(this._count, `${stream.sequence} record${stream.sequence === 1 ? "" : "s"}`);
    if (this._form) this._form.hidden = session.status !== "open";
    this._first ??= this._last = Math.max(0, stream.sequence - NEWEST);
    if (this._reading) return;
    this._reading = true;
    try {
      while (this._last < stream.sequence && !this._signal.aborted) {
        const records = await this._list(this._last);
        if (!records.length) break;
        this._last = records.at(-1).sequence;
        this._records.append(...records.map(record));
      }
      this._older.hidden = this._first === 0;
    } catch (error) {
      if (!this._signal.aborted) notice(error.message, true);
    } finally {
      this._reading = false;
    }
  }

  async _readOlder() {
    const from = Math.max(0, this._first - NEWEST);
    const records = await this._list(from, this._first - from);
    this._records.prepend(...records.map(record));
    this._first = from;
    this._older.hidden = from === 0;
  }

  async _list(after, most) {
    const operation = this._isInput ? "listInputRecords" : "listOutputRecords";
    const query = { after_sequence: after, limit: Math.min(most ?? limit(operation), limit(operation)) };
    return (await call(operation, { path: this._path, query, signal: this._signal })).records;
  }

  _sender(stream, sent) {
    const data = area({ class: "code", rows: "3", placeholder: '{"approved": true}' });
    const correlation = text({ class: "narrow" });
    const submit = async () => {
      const body = object({ data: typedJson(data, "The data"), correlation_id: typedString(correlation) });
      await call("appendInputRecord", { path: this._path, body });
      data.value = "";
      notice(`Sent to ${stream.name}`);
      sent();
    };
    return form(
      `Send to ${short(stream.name)}`,
      submit,
      field(`Data for ${short(stream.name)}`, data, "JSON; null if omitted"),
      field("Correlation id", correlation),
    );
  }
}

function record(item) {
  return h(
    "li",
    {},
    h(
      "div",
      { class: "quiet" },
      `#${item.sequence} `,
      time(item.created_at),
      item.correlation_id && ` correlation ${short(item.correlation_id)}`,
      item.content_type !== "application/json" && ` ${short(item.content_type)}`,
    ),
    json(item.data, `Record ${item.sequence}`),
  );
}
