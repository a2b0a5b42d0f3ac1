// Starts the task review-pull-request and handles its requests, with the client of openapi-generator.
import { setTimeout } from "node:timers/promises";

import { Configuration, ResponseError, SessionsApi, StreamsApi, TokensApi } from "./client/index";

const configuration = new Configuration({
  basePath: process.env.HELMR_API_URL,
  accessToken: process.env.HELMR_API_KEY,
});
const sessions = new SessionsApi(configuration);
const streams = new StreamsApi(configuration);
const tokens = new TokensApi(configuration);

async function main(): Promise<void> {
  const payload = { owner: "OWNER", repo: "REPO", prNumber: 42 };
  const started = await sessions.startSession({ sessionStartRequest: { taskId: "review-pull-request", payload } });
  const sessionId = started.session.id;
  console.log(`started a session, its run is ${started.run.status}`);

  const appendRecordRequest = { data: { approved: true } };
  const sent = await streams.appendInputRecord({ sessionId, stream: "approval", appendRecordRequest });
  console.log(`sent input record ${sent.record.sequence}`);

  const report = await firstRecord(sessionId, "agent.report");
  console.log(`read output: ${report["summary"]}`);

  const tokenId = (await firstRecord(sessionId, "agent.email"))["tokenId"] as string;
  const decision = { approved: true, actor: "email:reviewer@example.com" };
  const completed = await tokens.completeToken({ tokenId, tokenCompleteRequest: { data: decision } });
  console.log(`token: ${completed.status}`);

  try {
    await tokens.completeToken({ tokenId, tokenCompleteRequest: { data: { approved: false } } });
  } catch (error) {
    if (!(error instanceof ResponseError) || error.response.status !== 409) throw error;
    const problem = (await error.response.json()) as { code?: string };
    if (problem.code !== "token_completion_conflict") throw error;
    console.log("conflict: the token was completed with other data");
  }
}

/** Polls until the stream has a record, because reads do not wait. */
async function firstRecord(sessionId: string, stream: string): Promise<Record<string, unknown>> {
  for (let tries = 0; tries < 300; tries++) {
    const { record } = await streams.readOutputRecord({ sessionId, stream });
    if (record !== null) return record.data as Record<string, unknown>;
    await setTimeout(100);
  }
  throw new Error(`no record in ${stream} after 30 s`);
}

void main();
