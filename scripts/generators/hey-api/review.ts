// Starts the task review-pull-request and handles its requests, with the client of @hey-api/openapi-ts.
import { setTimeout } from "node:timers/promises";

import { appendInputRecord, completeToken, readOutputRecord, startSession } from "./client/index";
import { client } from "./client/client.gen";

client.setConfig({ baseUrl: process.env["HELMR_API_URL"] ?? "", auth: process.env["HELMR_API_KEY"] });

async function main(): Promise<void> {
  const payload = { owner: "OWNER", repo: "REPO", prNumber: 42 };
  const { data: started } = await startSession({
    body: { task_id: "review-pull-request", payload },
    throwOnError: true,
  });
  const session_id = started.session.id;
  console.log(`started a session, its run is ${started.run.status}`);

  const { data: sent } = await appendInputRecord({
    path: { session_id, stream: "approval" },
    body: { data: { approved: true } },
    throwOnError: true,
  });
  console.log(`sent input record ${sent.record.sequence}`);

  const report = await firstRecord(session_id, "agent.report");
  console.log(`read output: ${report["summary"]}`);

  const token_id = (await firstRecord(session_id, "agent.email"))["tokenId"] as string;
  const decision = { approved: true, actor: "email:reviewer@example.com" };
  const { data: completed } = await completeToken({
    path: { token_id },
    body: { data: decision },
    throwOnError: true,
  });
  console.log(`token: ${completed.status}`);

  const late = await completeToken({ path: { token_id }, body: { data: { approved: false } } });
  if (late.response?.status !== 409 || late.error?.code !== "token_completion_conflict") {
    throw new Error(`unexpected response: ${JSON.stringify(late.error ?? late.data)}`);
  }
  console.log("conflict: the token was completed with other data");
}

/** Polls until the stream has a record, because reads do not wait. */
async function firstRecord(session_id: string, stream: string): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 300; tries++) {
    const { data: read } = await readOutputRecord({ path: { session_id, stream }, throwOnError: true });
    if (read.record !== null) return read.record.data as Record<string, unknown>;
    await setTimeout(100);
  }
  throw new Error(`no record in ${stream} after 30 s`);
}

void main();
