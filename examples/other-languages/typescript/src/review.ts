// Starts the task review-pull-request and handles its requests.
import { setTimeout } from "node:timers/promises";

import createClient from "openapi-fetch";

import type { paths } from "./helmr.js";

const client = createClient<paths>({
  baseUrl: environment("HELMR_API_URL"),
  headers: { Authorization: `Bearer ${environment("HELMR_API_KEY")}` },
});

const started = await client.POST("/api/sessions", {
  body: { task_id: "review-pull-request", payload: { owner: "OWNER", repo: "REPO", prNumber: 42 } },
});
if (started.response.status === 202 || started.data === undefined) {
  throw unexpected(started); // an error, or 202: the idempotency key is in use, retry
}
const session_id = started.data.session.id;
console.log(`started a session, its run is ${started.data.run.status}`);

const sent = await client.POST("/api/sessions/{session_id}/inputs/{stream}", {
  params: { path: { session_id, stream: "approval" } },
  body: { data: { approved: true } },
});
if (sent.data === undefined) throw unexpected(sent);
console.log(`sent input record ${sent.data.record.sequence}`);

const report = (await firstRecord("agent.report")) as { summary: string };
console.log(`read output: ${report.summary}`);

const { tokenId: token_id } = (await firstRecord("agent.email")) as { tokenId: string };
const completed = await client.POST("/api/tokens/{token_id}/complete", {
  params: { path: { token_id } },
  body: { data: { approved: true, actor: "email:reviewer@example.com" } },
});
if (completed.data === undefined) throw unexpected(completed);
console.log(`token: ${completed.data.status}`);

// A second, different decision is a conflict: 409 with a specific code.
const late = await client.POST("/api/tokens/{token_id}/complete", {
  params: { path: { token_id } },
  body: { data: { approved: false } },
});
if (late.response.status !== 409 || late.error?.code !== "token_completion_conflict") throw unexpected(late);
console.log("conflict: the token was completed with other data");

/** Polls until the stream has a record, because reads do not wait. */
async function firstRecord(stream: string): Promise<unknown> {
  for (let tries = 0; tries < 300; tries++) {
    const read = await client.GET("/api/sessions/{session_id}/outputs/{stream}/read", {
      params: { path: { session_id, stream } },
    });
    if (read.data === undefined) throw unexpected(read);
    if (read.data.record !== null) return read.data.record.data;
    await setTimeout(100);
  }
  throw new Error(`no record in ${stream} after 30 s`);
}

function unexpected(result: { data?: unknown; error?: unknown; response: Response }): Error {
  return new Error(`unexpected response ${result.response.status}: ${JSON.stringify(result.error ?? result.data)}`);
}

function environment(name: string): string {
  const value = process.env[name];
  if (value === undefined) throw new Error(`${name} is not set`);
  return value;
}
