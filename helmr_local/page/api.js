// A client of the API, which is called by the operationIds of the OpenAPI document.

import { current } from "./key.js";
import { pause, seen, untilHidden } from "./live.js";

let described;

/** Load the description of the server's operations. Must be called before anything else. */
export async function loadDocument() {
  const response = await fetch("/page/document.json");
  described = await response.json();
}

/** Return the values of an enum of the document. */
export const values = (name) => described.enums[name];
/** Return whether a status is final. */
export const isFinal = (name, status) => described.final[name].includes(status);
/** Return a list of constants of the document. */
export const constant = (name) => described.constants[name];
/** Return whether the server has an operation. */
export const has = (operation) => operation in described.operations;
/** Return the maximum number of items in a response of an operation. */
export const limit = (operation) => described.operations[operation].limit;

export class ApiError extends Error {
  constructor(status, message, code) {
    super(message);
    this.status = status;
    this.code = code;
  }
}

/** Return whether the server refused the request, so that repeating it would fail again. */
export const isRefusal = (error) => error instanceof ApiError && error.status >= 400 && error.status < 500;

/** `changed(works)` is called after each request, with whether the server responds. */
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
 * `path` and `query` are objects; `body` is a string of JSON, sent verbatim so that long numbers keep their digits.
 */
export async function call(operation, options = {}) {
  const response = await send(operation, options);
  const text = await response.text();
  if (response.ok) return text ? parse(text) : null;
  throw refusal(response.status, text);
}

/** Make a request, and return the bytes of the response. */
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

/** Parse JSON. Long integers keep their digits if the browser supports it. */
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
 * Follow an event stream from a cursor, and reconnect until `over(clean)` returns true. `clean` is true if the
 * server ended the stream.
 *
 * `received(items)` is called with the items of one read. Each item arrives once, in order.
 */
export async function follow(operation, { path, cursor, received, over, signal, state = () => {} }) {
  let last = cursor;
  let failures = 0;
  for (;;) {
    // A browser allows six connections to a server, shared by all tabs, so a hidden tab holds none.
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
      // The server does not respond; the next attempt to connect reports it.
    }
    await pause(WAIT[Math.min(failures++, WAIT.length - 1)], signal);
  }
}

async function stream(operation, path, cursor, signal, received) {
  const { method, url } = target(operation, path, { cursor: cursor || undefined });
  // A connection that stays silent for several keep-alive intervals is considered lost.
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
