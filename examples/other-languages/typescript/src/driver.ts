// The driver for `helmr-contract client` that tests the client of openapi-fetch.
// The driver declares no features beyond single requests (waiting, following, paging, retrying), so they are skipped.
import { createInterface } from "node:readline";

import createClient from "openapi-fetch";

import type { paths } from "./helmr.js";

type Args = Record<string, any>;
type Settings = { url: string; api_key?: string; timeout_seconds?: number };
type Client = ReturnType<typeof createClient<paths>>;
type Reply = { data?: unknown; error?: any; response: Response };

const NO_REPEATS = "the client repeats no request";
const KNOWN = {
  "request/dot-segments-not-resolved": "the URL parser resolves dots, and the client does not encode them",
  "retry/503-retry-after-seconds": NO_REPEATS,
  "retry/503-retry-after-date-with-skewed-clock": NO_REPEATS,
  "retry/429-and-502-repeated": NO_REPEATS,
  "retry/lost-read-repeated": NO_REPEATS,
  "retry/append-with-key-stored-once": NO_REPEATS,
  "retry/start-on-503-one-session": NO_REPEATS,
  "start/lost-response-one-session": NO_REPEATS,
  "start/external-id-alone-is-enough": NO_REPEATS,
  "start/hashed-key-digests": "the client hashes no keys",
  "start/pending-202-repeats-same-bytes": "the client does not poll",
  "start/pending-respects-retry-after": "the client does not poll",
  "response/integers-above-2^53": "JavaScript reads numbers as floats",
};

const only = (args: Args, ...names: string[]): any =>
  Object.fromEntries(Object.entries(args).filter(([name]) => names.includes(name)));
const bearer = (args: Args) => ({ headers: { Authorization: `Bearer ${args.public_access_token}` } });

const CALLS: Record<string, (client: Client, args: any) => Promise<Reply>> = {
  "sessions.start": async (client, args) => {
    const started = await client.POST("/api/sessions", { body: args });
    const data = started.data && Object.assign({ is_cached: false }, started.data);
    return { ...started, data };
  },
  "sessions.get": (client, { session_id, external_id }) =>
    external_id === undefined
      ? client.GET("/api/sessions/{session_id}", { params: { path: { session_id } } })
      : client.GET("/api/sessions/by-external-id", { params: { query: { external_id } } }),
  "sessions.list": (client) => client.GET("/api/sessions"),
  "sessions.close": (client, { session_id, ...body }) =>
    client.POST("/api/sessions/{session_id}/close", { params: { path: { session_id } }, body }),
  "sessions.cancel": (client, { session_id, ...body }) =>
    client.POST("/api/sessions/{session_id}/cancel", { params: { path: { session_id } }, body }),
  "inputs.send": (client, { session_id, external_id, stream, ...body }) =>
    external_id === undefined
      ? client.POST("/api/sessions/{session_id}/inputs/{stream}", { params: { path: { session_id, stream } }, body })
      : client.POST("/api/sessions/by-external-id/inputs/{stream}", {
          params: { path: { stream }, query: { external_id } },
          body,
        }),
  "outputs.read": async (client, { session_id, stream }) => {
    const path = "/api/sessions/{session_id}/outputs/{stream}/read";
    const read = await client.GET(path, { params: { path: { session_id, stream } } });
    return { ...read, data: read.data && (read.data.record ?? null) };
  },
  "runs.get": (client, { run_id }) => client.GET("/api/runs/{run_id}", { params: { path: { run_id } } }),
  "runs.cancel": (client, { run_id, ...body }) =>
    client.POST("/api/runs/{run_id}/cancel", { params: { path: { run_id } }, body }),
  "tokens.create": (client, body) => client.POST("/api/tokens", { body }),
  "tokens.complete": (client, { token_id, ...body }) =>
    client.POST("/api/tokens/{token_id}/complete", { params: { path: { token_id } }, body }),
  "public.send": (client, args) => {
    const { session_id, external_id, stream } = args;
    const options = { ...bearer(args), body: only(args, "data", "correlation_id", "idempotency_key") };
    return external_id === undefined
      ? client.POST("/api/v1/sessions/{session_id}/inputs/{stream}", {
          params: { path: { session_id, stream } },
          ...options,
        })
      : client.POST("/api/v1/sessions/by-external-id/inputs/{stream}", {
          params: { path: { stream }, query: { external_id } },
          ...options,
        });
  },
  "public.complete": (client, args) =>
    client.POST("/api/v1/tokens/{token_id}/complete", {
      params: { path: { token_id: args.token_id } },
      ...bearer(args),
      body: only(args, "data"),
    }),
};

function makeClient({ url, api_key, timeout_seconds = 30 }: Settings): Client {
  const authorization = api_key === undefined ? {} : { Authorization: `Bearer ${api_key}` };
  return createClient<paths>({
    baseUrl: url,
    redirect: "manual",
    fetch: (request) => fetch(request, { signal: AbortSignal.timeout(1000 * timeout_seconds) }),
    headers: { "Helmr-API-Version": "2026-06-06", "Helmr-SDK-Version": "openapi-fetch", ...authorization },
  });
}

async function outcome(client: Client, call: string, args: Args): Promise<object> {
  try {
    const { data, error, response } = await CALLS[call]!(client, args);
    if (response.ok && response.status !== 202) {
      const missing = data === null && call !== "outputs.read"; // null if there is no record
      if (typeof data !== "object" || Array.isArray(data) || missing) return failed("invalid_response", "not an object");
      return { result: data };
    }
    const message = String(error?.error ?? "").replace(/hlmr_[\w-]+/g, "***");
    const code = typeof error?.code === "string" ? error.code : undefined;
    return { error: { kind: "status", status: response.status, code, message } };
  } catch (error) {
    if (error instanceof SyntaxError) return failed("invalid_response", "not JSON");
    return failed((error as Error).name === "TimeoutError" ? "timeout" : "connection", "no response came");
  }
}

const failed = (kind: string, message: string) => ({ error: { kind, message } });

const clients = new Map<string, Client>();
for await (const line of createInterface({ input: process.stdin })) {
  const { hello, id, call, args, client: settings } = JSON.parse(line);
  if (hello) {
    const told = { protocol: 1, client: "openapi-fetch (TypeScript)", calls: Object.keys(CALLS), known_failures: KNOWN };
    console.log(JSON.stringify(told));
    continue;
  }
  const at = JSON.stringify(settings);
  if (!clients.has(at)) clients.set(at, makeClient(settings));
  console.log(JSON.stringify({ id, ...(await outcome(clients.get(at)!, call, args)) }));
}
