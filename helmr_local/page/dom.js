// Creates elements. Data from the server goes into text nodes and attribute values, never into markup.

/** Create an element with attributes, listeners (`on: {click}`) and children (nodes or strings). */
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

/** Replace the children of an element. */
export function fill(element, ...children) {
  element.replaceChildren();
  add(element, children);
  return element;
}

/** Set the text only if it differs, so that a refresh disturbs neither the selection nor a screen reader. */
export function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}

function add(element, children) {
  for (const child of children.flat(Infinity)) {
    if (child !== undefined && child !== null && child !== false) element.append(child);
  }
}

// Control characters, including terminal escapes, and characters that reorder or hide the text around them.
const UNSEEN = /[\u0000-\u0008\u000b-\u001f\u007f-\u009f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u2069\ufeff]/g;

/** Return the string with control characters and other invisible characters made visible. */
export function visible(text) {
  return text.replace(UNSEEN, (sign) => {
    const code = sign.charCodeAt(0);
    if (code < 0x20) return String.fromCharCode(0x2400 + code);
    if (code === 0x7f) return "\u2421";
    return `<U+${code.toString(16).toUpperCase().padStart(4, "0")}>`;
  });
}

/** Return the text as one line, cut after that many characters. */
export function short(text, most = 120) {
  const line = visible(text.length > most ? text.slice(0, most) + "…" : text);
  return line.replace(/[\n\t]/g, " ");
}
