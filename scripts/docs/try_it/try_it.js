// The console of the API reference: it sends the request of an operation to a control plane on this machine.
//
// `operations` is created by scripts/docs/console.py from the document. The key exists only as the value of a
// password field: it is not stored, and it is cleared when the user leaves the page.

(() => {
  const LOOPBACK = /^https?:\/\/(127\.0\.0\.1|localhost)(:\d+)?\/?$/;
  const LONGEST = 200_000; // maximum number of characters shown of a response
  const LINK = "#try/";

  const ORIGIN = location.protocol === "file:" ? "null" : location.origin;
  const COMMAND = `helmr-local serve --port 8080 --cors-origin ${ORIGIN}`;

  const data = document.getElementById("try-it-operations");
  if (!data || !window.HTMLDialogElement) return;
  const operations = JSON.parse(data.textContent);
  const byId = new Map(operations.map((operation) => [operation.id, operation]));
  const dialog = document.getElementById("try-it");
  const form = dialog.querySelector("form");
  const { operation: choice, server, credential } = form.elements;
  const fields = dialog.querySelector("#try-it-fields");
  const status = dialog.querySelector("#try-it-status");
  const body = dialog.querySelector("#try-it-response");
  const stop = dialog.querySelector("#try-it-stop");
  let running = null;

  function element(name, attributes = {}, ...children) {
    const made = document.createElement(name);
    for (const [key, value] of Object.entries(attributes)) {
      if (value === true) made.setAttribute(key, "");
      else if (value !== undefined && value !== false) made.setAttribute(key, value);
    }
    made.append(...children);
    return made;
  }

  // The form ---------------------------------------------------------------------------------------------

  for (const tag of new Set(operations.map((operation) => operation.tag))) {
    const group = element("optgroup", { label: tag });
    for (const operation of operations.filter((one) => one.tag === tag)) {
      const label = `${operation.summary} (${operation.method} ${operation.path})`;
      group.append(element("option", { value: operation.id }, label));
    }
    choice.append(group);
  }

  function field(label, input, hint) {
    const words = element("span", {}, element("code", {}, label), hint ? ` ${hint}` : "");
    return element("label", {}, words, input);
  }

  function parameterField(parameter) {
    const place = parameter.required ? `${parameter.in}, required` : parameter.in;
    const attributes = {
      name: `${parameter.in}.${parameter.name}`,
      required: parameter.required,
      value: parameter.required ? parameter.example : undefined,
      placeholder: parameter.required ? undefined : parameter.example,
      autocomplete: "off",
      spellcheck: "false",
    };
    return field(parameter.name, element("input", attributes), place);
  }

  function show(id) {
    const operation = byId.get(id);
    if (!operation) return;
    choice.value = id;
    credential.disabled = operation.credential === null;
    credential.placeholder = { apiKey: "API key", publicAccessToken: "Public access token" }[operation.credential] ?? "not needed";
    const made = operation.parameters.map(parameterField);
    if (operation.body !== null) {
      const rows = Math.min(14, operation.body.split("\n").length + 1);
      made.push(field("body", element("textarea", { name: "body", rows, spellcheck: "false" }, operation.body), "JSON"));
    }
    for (const part of operation.parts) {
      const input =
        part.example === null
          ? element("input", { type: "file", name: `part.${part.name}`, required: true })
          : element("textarea", { name: `part.${part.name}`, rows: 4, spellcheck: "false" }, part.example);
      made.push(field(part.name, input, "part of the form"));
    }
    if (operation.stream) {
      made.push(
        element("label", { class: "check" }, element("input", { type: "checkbox", name: "follow" }), " Follow the event stream"),
      );
    }
    fields.replaceChildren(...made);
    say("");
    body.textContent = "";
  }

  function open(id) {
    if (byId.has(id)) show(id);
    else if (!choice.value || !fields.childElementCount) show(inView() ?? operations[0].id);
    if (!dialog.open) dialog.showModal();
  }

  /** The operation that the reader looks at: the reference keeps it in the address. */
  function inView() {
    const last = location.hash.split("/").pop().toLowerCase();
    return operations.find((operation) => operation.id.toLowerCase() === last)?.id;
  }

  // The request ------------------------------------------------------------------------------------------

  function request(operation) {
    const value = (name) => form.elements[name]?.value ?? "";
    const headers = {};
    const query = new URLSearchParams();
    let path = operation.path;
    for (const parameter of operation.parameters) {
      const given = value(`${parameter.in}.${parameter.name}`);
      if (parameter.in === "path") path = path.replace(`{${parameter.name}}`, encodeURIComponent(given));
      else if (given && parameter.in === "query") query.set(parameter.name, given);
      else if (given && parameter.in === "header") headers[parameter.name] = given;
    }
    if (form.elements.follow?.checked) {
      for (const [name, wanted] of Object.entries(operation.stream)) query.set(name, wanted);
      headers.Accept = "text/event-stream";
    }
    if (operation.credential && credential.value) headers.Authorization = `Bearer ${credential.value.trim()}`;
    let content;
    if (operation.body !== null && value("body").trim()) {
      content = value("body");
      JSON.parse(content); // reports the position of invalid JSON
      headers["Content-Type"] = "application/json";
    }
    if (operation.parts.length) {
      content = new FormData();
      for (const part of operation.parts) {
        const input = form.elements[`part.${part.name}`];
        const given = part.example === null ? input.files[0] : new Blob([input.value], { type: "application/json" });
        content.append(part.name, given, part.example === null ? given.name : undefined);
      }
    }
    const text = query.toString();
    const url = `${server.value.trim().replace(/\/$/, "")}${path}${text ? `?${text}` : ""}`;
    return [url, { method: operation.method, headers, body: content, credentials: "omit", redirect: "error", cache: "no-store" }];
  }

  async function send() {
    const operation = byId.get(choice.value);
    if (!LOOPBACK.test(server.value.trim())) {
      return say("The server must be on this machine: http://127.0.0.1:PORT, as helmr-local prints it.", true);
    }
    let made;
    try {
      made = request(operation);
    } catch (error) {
      return say(`The body is not JSON: ${error.message}`, true);
    }
    running?.abort();
    const mine = (running = new AbortController());
    stop.hidden = false;
    body.textContent = "";
    say(`${made[1].method} ${made[0]} …`);
    const begin = performance.now();
    try {
      const response = await fetch(made[0], { ...made[1], signal: mine.signal });
      say(`${response.status} ${response.statusText} after ${Math.round(performance.now() - begin)} ms`, !response.ok);
      await print(response);
    } catch (error) {
      if (mine.signal.aborted) {
        if (running === mine) say(`${status.textContent} – stopped`);
      } else {
        say(`No response, or one that this page may not read. Start the server with: ${COMMAND}`, true);
      }
    } finally {
      if (running === mine) {
        running = null;
        stop.hidden = true;
      }
    }
  }

  async function print(response) {
    const kind = response.headers.get("content-type") ?? "";
    if (!kind.includes("json") && !kind.startsWith("text/")) {
      const bytes = await response.arrayBuffer();
      if (bytes.byteLength) body.textContent = `${bytes.byteLength} bytes of ${kind || "unknown type"}`;
      return;
    }
    const reader = response.body.pipeThrough(new TextDecoderStream()).getReader();
    let text = "";
    for (;;) {
      const { value, done } = await reader.read();
      if (done) break;
      text += value;
      if (!kind.includes("event-stream")) continue;
      text = text.slice(-LONGEST - 1); // a stream may last for hours
      body.textContent = shortened(text);
    }
    body.textContent = shortened(kind.includes("json") ? indented(text) : text);
  }

  function indented(text) {
    try {
      // Numbers beyond 2^53 would lose digits, so such a response is shown unformatted.
      return /\d{16}/.test(text) ? text : JSON.stringify(JSON.parse(text), null, 2);
    } catch {
      return text;
    }
  }

  function shortened(text) {
    return text.length > LONGEST ? `… ${text.slice(-LONGEST)}` : text;
  }

  function say(text, failed = false) {
    status.textContent = text;
    status.classList.toggle("failed", failed);
  }

  // The page ---------------------------------------------------------------------------------------------

  form.addEventListener("submit", (event) => {
    event.preventDefault();
    send();
  });
  choice.addEventListener("change", () => show(choice.value));
  stop.addEventListener("click", () => running?.abort());
  dialog.querySelector("#try-it-close").addEventListener("click", () => dialog.close());
  dialog.addEventListener("close", () => running?.abort());
  dialog.querySelector("#try-it-command").textContent = COMMAND;
  const button = document.getElementById("try-it-open");
  button.hidden = false;
  button.addEventListener("click", () => open(inView()));
  // Runs before the reference's handler, which treats links within the page as its own anchors.
  document.addEventListener(
    "click",
    (event) => {
      const link = event.target.closest?.(`a[href^="${LINK}"]`);
      if (!link) return;
      event.preventDefault();
      event.stopPropagation();
      open(link.getAttribute("href").slice(LINK.length));
    },
    true,
  );
  window.addEventListener("pagehide", () => {
    credential.value = "";
  });
  if (location.hash.startsWith(LINK)) open(location.hash.slice(LINK.length));
})();
