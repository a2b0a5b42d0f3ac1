// A list of any length. Only the visible rows are in the document.

import { h } from "./dom.js";
import { onceAFrame } from "./live.js";

const SPARE = 6; // additional rows above and below the visible ones

export class VirtualList {
  /**
   * `row(item)` returns the content of a row; it is called again only for a different item.
   * `moves`: the arrow keys move the focus between the first links of the rows.
   * `sticks`: the list stays scrolled to its end as items are added.
   */
  constructor({ label, row, className, moves = false, sticks = false, nearEnd }) {
    this.items = [];
    this._row = row;
    this._rows = new Map(); // index -> {item, element}
    this._active = moves ? 0 : -1;
    this._sticks = sticks;
    this._nearEnd = nearEnd;
    this._probe = h("div", { class: "probe", "aria-hidden": "true" });
    this._sheet = h("div", { class: "sheet", role: "list", "aria-label": label });
    this.element = h(
      "div",
      { class: `virtual ${className}`, tabindex: "0", role: "region", "aria-label": label },
      this._probe,
      this._sheet,
    );
    this._draw = onceAFrame(() => this._render());
    this.element.addEventListener("scroll", this._draw, { passive: true });
    if (moves) this.element.addEventListener("keydown", (event) => this._key(event));
    if (moves) this._sheet.addEventListener("focusin", (event) => this._focused(event));
    this._observer = new ResizeObserver(this._draw);
    this._observer.observe(this.element);
  }

  /** Show these items. The array may be the current one, with items added at its end. */
  show(items) {
    const atEnd = this.element.scrollTop + this.element.clientHeight >= this.element.scrollHeight - 4;
    this.items = items;
    this._toEnd = this._sticks && (atEnd || this._toEnd);
    this._top = this.element.scrollTop;
    this._draw();
  }

  /** Scroll to a row and focus it. */
  move(index) {
    if (!this.items.length) return;
    this._active = Math.max(0, Math.min(this.items.length - 1, index));
    const height = this._probe.offsetHeight;
    const top = this._active * height;
    const view = this.element;
    if (top < view.scrollTop) view.scrollTop = top;
    else if (top + height > view.scrollTop + view.clientHeight) view.scrollTop = top + height - view.clientHeight;
    this._render();
    this._focus();
  }

  next(step) {
    this.move(this.element.contains(document.activeElement) ? this._active + step : this._active);
  }

  _focus() {
    const row = this._rows.get(this._active);
    row?.element.querySelector("a, button")?.focus({ preventScroll: true });
  }

  _focused(event) {
    for (const [index, row] of this._rows) if (row.element.contains(event.target)) this._active = index;
  }

  _key(event) {
    if (event.ctrlKey || event.metaKey || event.altKey) return;
    const page = Math.max(1, Math.floor(this.element.clientHeight / this._probe.offsetHeight) - 1);
    const steps = { ArrowDown: 1, ArrowUp: -1, PageDown: page, PageUp: -page };
    if (event.key in steps) this.next(steps[event.key]);
    else if (event.key === "Home") this.move(0);
    else if (event.key === "End") this.move(this.items.length - 1);
    else return;
    event.preventDefault();
  }

  _render() {
    const height = this._probe.offsetHeight;
    if (!height || !this.element.isConnected) return;
    const view = this.element;
    this._sheet.style.height = `${this.items.length * height}px`;
    // Scroll to the end, unless the user has scrolled up in the meantime.
    if (this._toEnd && view.scrollTop >= this._top) view.scrollTop = view.scrollHeight;
    this._toEnd = false;
    const first = Math.max(0, Math.floor(view.scrollTop / height) - SPARE);
    const last = Math.min(this.items.length, Math.ceil((view.scrollTop + view.clientHeight) / height) + SPARE);
    const held = document.activeElement;
    const focused = this._active >= 0 && this._sheet.contains(held) && this._rows.get(this._active)?.element.contains(held);
    for (const [index, row] of this._rows) {
      const inside = (index >= first && index < last) || (index === this._active && focused);
      if (inside && index < this.items.length) continue;
      row.element.remove();
      this._rows.delete(index);
    }
    for (let index = first; index < last; index++) this._place(index, height);
    if (focused) {
      this._active = Math.min(this._active, this.items.length - 1);
      if (this._active >= 0) this._place(this._active, height);
      if (!this._sheet.contains(document.activeElement)) this._focus();
    }
    if (this._nearEnd && last >= this.items.length - SPARE) this._nearEnd();
  }

  _place(index, height) {
    const item = this.items[index];
    const old = this._rows.get(index);
    if (old?.item === item) {
      if (old.height !== height) old.element.style.top = `${index * height}px`;
      old.height = height;
      old.element.setAttribute("aria-setsize", this.items.length);
      return;
    }
    const element = h(
      "div",
      { role: "listitem", class: "row", "aria-posinset": index + 1, "aria-setsize": this.items.length },
      this._row(item),
    );
    element.style.top = `${index * height}px`;
    this._rows.set(index, { item, element, height });
    if (old) {
      old.element.replaceWith(element);
      return;
    }
    // Keep the elements in the order of the list, for the tab key and for screen readers.
    let after = null;
    for (const [other, row] of this._rows) {
      if (other > index && (after === null || other < after)) after = other;
    }
    this._sheet.insertBefore(element, after === null ? null : this._rows.get(after).element);
  }
}
