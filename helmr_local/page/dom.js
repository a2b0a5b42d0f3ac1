// Elements. Whatever comes from the server ends in text nodes and attribute values, never in markup.

/** An element: properties and attributes, listeners as `on: {click}`, then children (nodes or strings). */
export function h(tag, attributes = {}, ...children) {
  const element = document.createElement(tag);
  for (const [name, value] of Object.entries(attributes)) {
    if (value === undefined || value === null || value === false) continue;
    if (name === "on") for (const [event, run] of Object.entries(value)) element.addEventListener(event, run);
    else if (name === "value" || name === "checked") element[name] = value;
    else element.setAttribute(name, value === true ? "" : value);
  }
  add(element, children);
  return element;
}

/** Replace what the element holds. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** Set the text if it differs, so that a refresh disturbs neither selection nor screen reader. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) element.append(child);
  }
}

// Control characters (terminal escapes among them), and characters that reorder or hide the text around them.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** The string with every character visible that would otherwise act on what shows it. */
export function visible(text) {
  return text.replace(UNSEEN, (sign) => {
    const code = sign.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** One line of at most so many characters. */
export function short(text, most = 120) {
  const line = visible(text.length > most ? text.slice(0, most) + "…" : text);
  return line.replace(/[\n\t]/g, " ");
}
