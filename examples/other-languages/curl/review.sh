#!/usr/bin/env bash
# Starts the task review-pull-request and handles its requests. Needs curl and jq.
set -euo pipefail

helmr() { # METHOD PATH [BODY]; sets $status and $response
  response=$(curl --silent --show-error --request "$1" "$HELMR_API_URL$2" \
    --header "Authorization: Bearer $HELMR_API_KEY" \
    ${3:+--header "Content-Type: application/json" --data "$3"} \
    --write-out '%{http_code}')
  status=${response: -3} response=${response%???}
}

expect() { # STATUS
  [ "$status" = "$1" ] || { echo "unexpected response $status: $response" >&2; exit 1; }
}

first_record() { # STREAM; polls, because reads do not wait
  for _ in $(seq 300); do
    helmr GET "/api/sessions/$session/outputs/$1/read"
    expect 200
    if [ "$(jq '.record' <<<"$response")" != null ]; then return; fi
    sleep 0.1
  done
  echo "no record in $1 after 30 s" >&2
  exit 1
}

helmr POST /api/sessions \
  '{"task_id": "review-pull-request", "payload": {"owner": "OWNER", "repo": "REPO", "prNumber": 42}}'
expect 201
session=$(jq -r '.session.id' <<<"$response")
echo "started a session, its run is $(jq -r '.run.status' <<<"$response")"

helmr POST "/api/sessions/$session/inputs/approval" '{"data": {"approved": true}}'
expect 201
echo "sent input record $(jq '.record.sequence' <<<"$response")"

first_record agent.report
echo "read output: $(jq -r '.record.data.summary' <<<"$response")"

first_record agent.email
token=$(jq -r '.record.data.tokenId' <<<"$response")
helmr POST "/api/tokens/$token/complete" '{"data": {"approved": true, "actor": "email:reviewer@example.com"}}'
expect 200
echo "token: $(jq -r '.status' <<<"$response")"

# A second, different decision is a conflict: 409 with a specific code.
helmr POST "/api/tokens/$token/complete" '{"data": {"approved": false}}'
expect 409
if [ "$(jq -r '.code' <<<"$response")" != token_completion_conflict ]; then
  echo "unexpected response $status: $response" >&2
  exit 1
fi
echo "conflict: the token was completed with other data"
