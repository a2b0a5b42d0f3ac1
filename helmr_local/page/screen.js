// The screen of a line terminal. Output becomes lines of text. Line ends, carriage returns, backspaces, tabs, and the
// escape sequences with which shells edit a line take effect; all other escape sequences are dropped.

import { fill, h, setText, visible } from "./dom.js";
import { onceAFrame } from "./live.js";

const MOST = 2000; // lines
const LONGEST = 4000; // characters of a line
const TAB = 8;
// CSI; OSC, DCS, APC, PM and SOS with their strings; other escapes; C0 controls; runs of everything else.
const PART =
  /\x1b\[[0-?]*[ -/]*[@-~]|\x1b[\]P_^X][^\x07\x1b]*(?:\x07|\x1b\\)|\x1b[ -/]*[0-OQ-WYZ\\`-~]|[\x00-\x1f\x7f]|[^\x00-\x1f\x7f]+/g;
/** An incomplete escape sequence, which the next output may complete. An overlong one is displayed. */
const BEGUN = /\x1b(?:\[[0-?]{0,64}[ -/]{0,8}|[\]P_^X][^\x07\x1b]{0,4096}\x1b?|[ -/]{0,8})?$/;

export class Screen {
  constructor(label, cols = LONGEST) {
    this.cols = cols > 0 ? cols : LONGEST;
    this.element = h("pre", { class: "terminal", role: "region", tabindex: "0", "aria-label": label });
    this.lines = [""];
    this.row = 0;
    this.column = 0;
    this.begun = "";
    this.decoder = new TextDecoder();
    this.draw = onceAFrame(() => this.drawNow());
  }

  /** Show bytes in base64, as the API returns them. */
  write(base64) {
    const bytes = Uint8Array.from(atob(base64), (sign) => sign.charCodeAt(0));
    this.take(this.decoder.decode(bytes, { stream: true }));
    this.draw();
  }

  take(text) {
    let whole = this.begun + text;
    this.begun = BEGUN.exec(whole)?.[0] ?? "";
    if (this.begun) whole = whole.slice(0, -this.begun.length);
    for (const [part] of whole.matchAll(PART)) this.obey(part);
  }

  obey(part) {
    const [, count, move] = /^\x1b\[(\d{0,3})([A-DJK])$/.exec(part) ?? [];
    if (move) this.control(move, Number(count));
    else if (part === "\n") this.next();
    else if (part === "\r") this.column = 0;
    else if (part === "\b") this.column = Math.max(0, Math.min(this.column, this.cols - 1) - 1);
    else if (part === "\t") this.put(" ".repeat(TAB - (this.column % TAB)));
    else if (part >= " " && part !== "\x7f") this.put(part);
  }

  /** Apply a sequence with which shells edit a line, which may occupy several rows. */
  control(move, count) {
    const by = count || 1;
    if (move === "A") this.row = Math.max(0, this.row - by);
    else if (move === "B") this.row = Math.min(this.lines.length - 1, this.row + by);
    else if (move === "C") this.column = Math.min(this.cols - 1, this.column + by);
    else if (move === "D") this.column = Math.max(0, this.column - by);
    else if (move === "J" && count >= 2) Object.assign(this, { lines: [""], row: 0, column: 0 });
    else if (count === 0) {
      this.lines[this.row] = this.lines[this.row].slice(0, this.column);
      if (move === "J") this.lines.length = this.row + 1;
    } else if (move === "K") {
      const kept = count === 1 ? " ".repeat(this.column) + this.lines[this.row].slice(this.column) : "";
      this.lines[this.row] = kept;
    }
  }

  next() {
    this.column = 0;
    if (++this.row < this.lines.length) return;
    this.lines.push("");
    if (this.lines.length > MOST) this.lines.shift();
    this.row = this.lines.length - 1;
  }

  put(text) {
    for (let rest = text; rest; ) {
      if (this.column >= this.cols) this.next(); // wrap only when another character arrives, as a terminal does
      const piece = rest.slice(0, this.cols - this.column);
      const line = this.lines[this.row];
      this.lines[this.row] = line.slice(0, this.column).padEnd(this.column) + piece + line.slice(this.column + piece.length);
      this.column += piece.length;
      rest = rest.slice(piece.length);
    }
  }

  drawNow() {
    const { element } = this;
    const atEnd = element.scrollTop + element.clientHeight >= element.scrollHeight - 8;
    setText(element, visible(this.lines.join("\n")));
    if (atEnd) element.scrollTop = element.scrollHeight;
  }

  /** Return the number of columns and rows that fit. */
  size() {
    const probe = h("span", { class: "measure" }, "0".repeat(10));
    fill(this.element, probe);
    const { width, height } = probe.getBoundingClientRect();
    this.drawNow();
    const within = (pixels, most, least) => Math.min(500, Math.max(least, Math.floor(pixels / most)));
    const style = getComputedStyle(this.element);
    const inside = this.element.clientWidth - parseFloat(style.paddingLeft) - parseFloat(style.paddingRight);
    return { cols: within(inside, width / 10 || 8, 20), rows: within(this.element.clientHeight, height || 18, 5) };
  }
}
