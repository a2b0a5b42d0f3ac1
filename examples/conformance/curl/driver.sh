#!/usr/bin/env bash
# A driver for `helmr-contract client` whose client is curl. Needs curl and jq.
#
# This driver has no features beyond single requests (hashing keys, waiting, following, paging), so scenarios that
# check it are skipped or known to fail.
set -u

CALLS='["sessions.start","sessions.get","sessions.list","sessions.close","sessions.cancel","inputs.send","outputs.read","runs.get","runs.cancel","tokens.create","tokens.complete","public.send","public.complete","public.callback"]'
KNOWN='{
  "start/hashed-key-digests": "curl hashes no keys",
  "start/pending-202-repeats-same-bytes": "curl does not poll",
  "start/pending-respects-retry-after": "curl does not poll",
  "retry/503-retry-after-date-with-skewed-clock": "curl reads a date by its own clock",
  "retry/connections-reused": "each call is a process of its own",
  "retry/timeout-bounds-all-attempts": "curl bounds each attempt",
  "request/numbers-as-ecmascript": "jq 1.6 writes numbers in its own way",
  "request/base-path-kept": "the slash at the end of the URL is kept",
  "response/integers-above-2^53": "jq 1.6 reads numbers as floats"
}'

encode() { jq --raw-output --null-input --arg text "$1" '$text | @uri' | sed 's/^\.\.$/%2E%2E/'; }

received=$(mktemp)
trap 'rm -f "$received"' EXIT

# METHOD PATH BODY BEARER: sets $status and $body; $status is 000 without a response
request() {
  local limit options=()
  limit=$(jq --raw-output '.client.timeout_seconds // 30' <<<"$line")
  [ -n "$4" ] && options=(--header "Authorization: Bearer $4")
  [ -n "$3" ] && options+=(--header 'Content-Type: application/json' --data-binary @-) # the length of arguments is limited
  # Only requests without a second effect are retried. Each request with a public access token counts as a use.
  [[ $2 != /api/v1/* && ($1 = GET || $3 = *'"idempotency_key"'* || $3 = *'"external_id"'*) ]] &&
    options+=(--retry 3 --retry-all-errors --retry-max-time "$limit")
  status=$(printf %s "$3" | curl --silent --globoff --path-as-is --noproxy '*' --max-time "$limit" \
    --request "$1" --header 'Accept: application/json' --header 'Helmr-API-Version: 2026-06-06' \
    --header 'Helmr-SDK-Version: curl' "${options[@]}" --output "$received" --write-out '%{http_code}' "$url$2")
  code=$? body=$(<"$received")
}

respond() { # reports $status and $body; $1 is the jq filter for the result
  local kind=connection
  [ "$code" = 28 ] && kind=timeout
  if [ "$code" != 0 ]; then
    jq --compact-output --null-input --argjson id "$id" --arg kind "$kind" \
      '{id: $id, error: {kind: $kind, message: "curl failed"}}'
  elif [[ $status != 20[01] ]]; then
    jq --compact-output --null-input --argjson id "$id" --argjson status "$status" --arg body "$body" \
      '($body | try fromjson catch {}) as $e | {id: $id, error: {kind: "status", status: $status,
        code: ($e | try .code catch null), message: (($e | try .error catch null) // "" | gsub("hlmr_[A-Za-z0-9_-]+"; "***"))}}'
  elif [ -z "$body" ] || ! jq --exit-status 'type == "object"' <<<"$body" >/dev/null 2>&1; then
    jq --compact-output --null-input --argjson id "$id" '{id: $id, error: {kind: "invalid_response", message: "not an object"}}'
  else
    jq --compact-output --argjson id "$id" "{id: \$id, result: ($1)}" <<<"$body"
  fi
}

arg() { jq --raw-output ".args.$1 // empty" <<<"$line"; }
fields() { jq --compact-output ".args | with_entries(select(.key as \$k | $1 | index(\$k)))" <<<"$line"; }

while IFS= read -r line; do
  if jq --exit-status 'has("hello")' <<<"$line" >/dev/null; then
    jq --compact-output --null-input --argjson calls "$CALLS" --argjson known "$KNOWN" \
      '{protocol: 1, client: "curl", calls: $calls, known_failures: $known}'
    continue
  fi
  id=$(jq .id <<<"$line") url=$(jq --raw-output .client.url <<<"$line")
  key=$(jq --raw-output '.client.api_key // empty' <<<"$line") session=$(encode "$(arg session_id)")
  external=$(arg external_id) at="/api/sessions/$session" query=""
  case $(jq --raw-output .call <<<"$line") in
    sessions.start) request POST /api/sessions "$(jq --compact-output .args <<<"$line")" "$key"
      respond '. + {is_cached: (.is_cached // false), timed_out: (.timed_out // false)}' ;;
    sessions.get)
      [ -n "$external" ] && at="/api/sessions/by-external-id" query="?external_id=$(encode "$external")"
      request GET "$at$query" "" "$key"; respond . ;;
    sessions.list) request GET /api/sessions "" "$key"; respond . ;;
    sessions.close) request POST "$at/close" "$(fields '["reason"]')" "$key"; respond . ;;
    sessions.cancel) request POST "$at/cancel" "$(fields '["reason"]')" "$key"; respond . ;;
    inputs.send) request POST "$at/inputs/$(arg stream)" \
      "$(fields '["data","correlation_id","idempotency_key"]')" "$key"; respond . ;;
    outputs.read) request GET "$at/outputs/$(arg stream)/read" "" "$key"; respond .record ;;
    runs.get) request GET "/api/runs/$(encode "$(arg run_id)")" "" "$key"; respond . ;;
    runs.cancel) request POST "/api/runs/$(encode "$(arg run_id)")/cancel" "$(fields '["reason","force"]')" "$key"
      respond . ;;
    tokens.create) request POST /api/tokens "$(jq --compact-output .args <<<"$line")" "$key"; respond . ;;
    tokens.complete) request POST "/api/tokens/$(arg token_id)/complete" "$(fields '["data"]')" "$key"; respond . ;;
    public.send)
      at="/api/v1/sessions/$session"
      [ -n "$external" ] && at="/api/v1/sessions/by-external-id" query="?external_id=$(encode "$external")"
      request POST "$at/inputs/$(arg stream)$query" "$(fields '["data","correlation_id","idempotency_key"]')" \
        "$(arg public_access_token)"; respond . ;;
    public.complete) request POST "/api/v1/tokens/$(arg token_id)/complete" "$(fields '["data"]')" \
      "$(arg public_access_token)"; respond . ;;
    public.callback) rest=$(arg callback_url) url="" ; request POST "$rest" "$(fields '["data"]')" ""; respond . ;;
  esac
done
