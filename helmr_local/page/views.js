// The registry of views. A view is hidden if the server lacks an operation that it needs.
//
// A view: {name, title, needs: [operations], list(main, context), one(main, context)}. Its addresses are `#/name`
// and `#/name/id`; a view with a `title` is listed in the navigation. The context: {id, query, signal, failed}.
// `signal` aborts when another view is opened, and `failed(error)` shows an error in place of the view.

import { has } from "./api.js";
import { runs } from "./views/run.js";
import { sandboxes } from "./views/sandboxes.js";
import { schedules } from "./views/schedules.js";
import { secrets } from "./views/secrets.js";
import { sessions } from "./views/sessions.js";
import { start } from "./views/start.js";
import { tokens } from "./views/tokens.js";
import { workspaces } from "./views/workspaces.js";

const all = [sessions, runs, tokens, start, workspaces, schedules, secrets, sandboxes];

export const views = () => all.filter((view) => view.needs.every(has));
