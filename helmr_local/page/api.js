// The public API, by the operations of the OpenAPI document.

import { current } from "./key.js";
import { pause, seen, untilHidden } from "./live.js";

let described;

/** Read what the document says about this server's operations; before anything else. */
export async function loadDocument() {
  const response = await fetch("/page/document.json");
  described = await response.json();
}

/** The values of an enum of the document. */
export const values = (name) => described.enums[name];
/** Whether a status is one that never changes again. */
export const isFinal = (name, status) => described.final[name].includes(status);
/** A list that the document states. */
export const constant = (name) => described.constants[name];
/** Whether the server has an operation. */
export const has = (operation) => operation in described.operations;
/** How many items one response of an operation may have. */
export const limit = (operation) => described.operations[operation].limit;

export class ApiError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Whether a request that failed so would fail again: it is refused, and not the server in trouble. */
export const isRefusal = (error) => error instanceof ApiError && error.status >= 400 && error.status < 500;

/** Called with whether the server responds, after each request that tells. */
export const connection = { changed: () => {} };

function target(operation, path, query) {
  const { method, path: template } = described.operations[operation];
  const filled = template.replace(/\{(\w+)\}/g, (_, name) => encodeURIComponent(path[name]));
  const asked = Object.entries(query).filter(([, value]) => value !== undefined && value !== null && value !== "");
  const text = new URLSearchParams(asked).toString();
  return { method, url: text ? `${filled}?${text}` : filled };
}

function headers(more = {}) {
  return { Authorization: `Bearer ${current()}`, "Helmr-API-Version": described.version, ...more };
}

/**
 * Make a request.
 *
 * `path` and `query` are objects; `body` is JSON as it is to be sent, a string, so that no number changes.
 */
export async function call(operation, options = {}) {
  const response = await send(operation, options);
  const text = await response.text();
  if (response.ok) return text ? parse(text) : null;
  throw refusal(response.status, text);
}

/** Make a request whose response is bytes. */
export async function bytes(operation, options = {}) {
  const response = await send(operation, options);
  if (response.ok) return new Uint8Array(await response.arrayBuffer());
  throw refusal(response.status, await response.text());
}

async function send(operation, { path = {}, query = {}, body, signal }) {
  const { method, url } = target(operation, path, query);
  const sent = headers(body === undefined ? {} : { "Content-Type": "application/json" });
  let response;
  try {
    response = await fetch(url, { method, headers: sent, body, signal });
  } catch (error) {
    if (signal?.aborted) throw error;
    connection.changed(false);
    throw new ApiError(0, "the server does not respond");
  }
  connection.changed(response.status < 500);
  return response;
}

function refusal(status, text) {
  try {
    const { error, code } = JSON.parse(text);
    return new ApiError(status, String(error), code);
  } catch {
    return new ApiError(status, `the server responded with ${status}`);
  }
}

/** JSON whose long numbers keep their digits, where the browser can. */
export function parse(text) {
  if (!/\d{16}/.test(text) || !JSON.rawJSON) return JSON.parse(text);
  return JSON.parse(text, (_, value, context) =>
    typeof value === "number" && !Number.isSafeInteger(value) && /^-?\d+$/.test(context.source)
      ? JSON.rawJSON(context.source)
      : value,
  );
}

const WAIT = [250, 500, 1000, 2000, 4000];
const FRAME = /\r\n\r\n|\n\n|\r\r/;

/**
 * Follow an event stream from a cursor on, over every break, until `over(clean)` says that no more will come;
 * `clean`: the server ended the stream.
 *
 * `received(items)` gets what one read brought: each item once, in order.
 */
export async function follow(operation, { path, cursor, received, over, signal, state = () => {} }) {
  let last = cursor;
  let failures = 0;
  for (;;) {
    // A browser has six connections for all tabs together: a tab that nobody looks at holds none.
    await seen(signal);
    if (signal.aborted) return;
    const hidden = untilHidden(signal);
    let clean = false;
    try {
      await stream(operation, path, last, hidden.signal, (items, id) => {
        failures = 0;
        last = id;
        received(items);
        state("");
      });
      clean = true;
    } catch (error) {
      if (signal.aborted) return;
      if (isRefusal(error)) throw error;
      if (!hidden.signal.aborted) state("connection lost, reconnecting");
    } finally {
      hidden.forget();
    }
    try {
      if (await over(clean)) return;
    } catch {
      // The server does not respond now; the next connection tells more.
    }
    await pause(WAIT[Math.min(failures++, WAIT.length - 1)], signal);
  }
}

async function stream(operation, path, cursor, signal, received) {
  const { method, url } = target(operation, path, { cursor: cursor || undefined });
  // A connection that is silent for longer than the keep-alive interval is dead.
  const silence = new AbortController();
  const patience = 3 * described.operations[operation].stream["keep-alive-seconds"] * 1000 + 5000;
  let timer = setTimeout(() => silence.abort(), patience);
  try {
    const response = await fetch(url, {
      method,
      headers: headers({ Accept: "text/event-stream" }),
      signal: AbortSignal.any([signal, silence.signal]),
    });
    if (!response.ok) throw refusal(response.status, await response.text());
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let buffer = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) return;
      clearTimeout(timer);
      timer = setTimeout(() => silence.abort(), patience);
      const frames = (buffer + value).split(FRAME);
      buffer = frames.pop();
      const items = [];
      let id;
      for (const frame of frames) {
        let data = "";
        for (const line of frame.split(/\r\n|\n|\r/)) {
          if (line.startsWith("id:")) id = line.slice(3).trim();
          else if (line.startsWith("data:")) data += line.slice(5);
        }
        if (data) items.push(parse(data));
      }
      if (items.length) received(items, id);
    }
  } finally {
    clearTimeout(timer);
  }
}
