-- Instants are microseconds since the epoch; ids are lower-case UUIDs; JSON is kept as text in its stored form.

CREATE TABLE facts (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE environments (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  current_deployment_id TEXT
) WITHOUT ROWID;

CREATE TABLE api_keys (
  hash BLOB PRIMARY KEY,
  id TEXT NOT NULL,
  environment_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE deployments (
  id TEXT PRIMARY KEY,
  environment_id TEXT NOT NULL,
  version TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX deployments_of_environment ON deployments (environment_id, created_at);

CREATE TABLE deployment_tasks (
  id TEXT PRIMARY KEY,
  deployment_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  file_path TEXT NOT NULL,
  export_name TEXT NOT NULL,
  handler_entrypoint TEXT NOT NULL,
  bundle_digest TEXT NOT NULL,
  queue_name TEXT NOT NULL,
  concurrency_limit INTEGER,
  ttl TEXT,
  max_duration_seconds INTEGER,
  retry TEXT NOT NULL,
  secrets TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  UNIQUE (deployment_id, task_id)
) WITHOUT ROWID;

CREATE TABLE deployment_streams (
  deployment_id TEXT NOT NULL,
  name TEXT NOT NULL,
  direction TEXT NOT NULL,
  PRIMARY KEY (deployment_id, name, direction)
) WITHOUT ROWID;

CREATE TABLE sessions (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  environment_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  initial_deployment_id TEXT NOT NULL,
  active_deployment_id TEXT NOT NULL,
  external_id TEXT,
  status TEXT NOT NULL,
  current_run_id TEXT,
  workspace_id TEXT NOT NULL,
  metadata TEXT NOT NULL,
  tags TEXT NOT NULL,
  error TEXT,
  terminal_reason TEXT NOT NULL DEFAULT '{}',
  fingerprint BLOB NOT NULL,
  expires_at INTEGER,
  expired_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE UNIQUE INDEX sessions_external_id ON sessions (environment_id, external_id) WHERE external_id IS NOT NULL;
CREATE INDEX sessions_newest ON sessions (environment_id, updated_at, id);
CREATE INDEX sessions_of_task ON sessions (environment_id, task_id, updated_at, id);
CREATE INDEX sessions_not_open ON sessions (environment_id, status, updated_at, id) WHERE status <> 'open';
CREATE INDEX sessions_of_workspace ON sessions (workspace_id);
CREATE INDEX sessions_overdue ON sessions (expires_at) WHERE status = 'open' AND expires_at IS NOT NULL;

CREATE TABLE start_keys (
  environment_id TEXT NOT NULL,
  task_id TEXT NOT NULL,
  key_hash BLOB NOT NULL,
  fingerprint BLOB NOT NULL,
  session_id TEXT NOT NULL,
  run_id TEXT NOT NULL,
  expires_at INTEGER NOT NULL,
  PRIMARY KEY (environment_id, task_id, key_hash)
) WITHOUT ROWID;

-- A run and its link to the session are one row: a run always belongs to exactly one session.
CREATE TABLE runs (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  environment_id TEXT NOT NULL,
  project_id TEXT NOT NULL,
  session_id TEXT NOT NULL,
  link_id TEXT NOT NULL,
  turn_index INTEGER NOT NULL,
  previous_run_id TEXT,
  trigger_stream TEXT,
  trigger_record_id TEXT,
  trigger_sequence INTEGER,
  deployment_id TEXT NOT NULL,
  deployment_task_id TEXT NOT NULL,
  version TEXT NOT NULL,
  sdk_version TEXT NOT NULL,
  cli_version TEXT NOT NULL,
  task_id TEXT NOT NULL,
  status TEXT NOT NULL,
  execution_status TEXT NOT NULL,
  terminal_outcome TEXT,
  payload TEXT NOT NULL,
  metadata TEXT NOT NULL,
  tags TEXT NOT NULL,
  output TEXT,
  exit_code INTEGER,
  attempt_number INTEGER NOT NULL,
  attempt_id TEXT NOT NULL,
  error_message TEXT,
  queue_name TEXT NOT NULL,
  concurrency_key TEXT NOT NULL,
  priority INTEGER NOT NULL,
  queued_at INTEGER NOT NULL,
  ready_at INTEGER NOT NULL,
  ttl TEXT,
  ttl_deadline INTEGER,
  max_duration_seconds INTEGER NOT NULL,
  retry TEXT NOT NULL,
  lost_leases INTEGER NOT NULL DEFAULT 0,
  parked INTEGER NOT NULL DEFAULT 0,
  lease_id TEXT,
  lease_span TEXT,
  trace_id TEXT NOT NULL,
  root_span TEXT NOT NULL,
  event_seq INTEGER NOT NULL DEFAULT 0,
  log_seq INTEGER NOT NULL DEFAULT 0,
  stdout_bytes INTEGER NOT NULL DEFAULT 0,
  stderr_bytes INTEGER NOT NULL DEFAULT 0,
  ended_at INTEGER,
  created_at INTEGER NOT NULL,
  updated_at INTEGER NOT NULL
);
CREATE INDEX runs_newest ON runs (environment_id, created_at, id);
-- Most runs are to succeed: those are found among the newest, and only the others by their status.
CREATE INDEX runs_not_succeeded ON runs (environment_id, status, created_at, id) WHERE status <> 'succeeded';
CREATE INDEX runs_of_session ON runs (session_id, turn_index);
CREATE INDEX runs_expiring ON runs (ttl_deadline) WHERE ttl_deadline IS NOT NULL;

CREATE TABLE run_events (
  run_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  kind TEXT NOT NULL,
  category TEXT NOT NULL,
  severity TEXT NOT NULL,
  source TEXT NOT NULL,
  sensitive INTEGER NOT NULL,
  attempt_id TEXT NOT NULL,
  attempt_number INTEGER NOT NULL,
  lease_id TEXT,
  span TEXT NOT NULL,
  attributes TEXT NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (run_no, seq)
) WITHOUT ROWID;

CREATE TABLE run_logs (
  run_no INTEGER NOT NULL,
  seq INTEGER NOT NULL,
  stream TEXT NOT NULL,
  lease_id TEXT NOT NULL,
  attempt_number INTEGER NOT NULL,
  observed_seq INTEGER NOT NULL,
  content BLOB NOT NULL,
  at INTEGER NOT NULL,
  PRIMARY KEY (run_no, seq)
);
CREATE INDEX run_logs_of_stream ON run_logs (run_no, stream, seq);

CREATE TABLE run_operations (
  id TEXT PRIMARY KEY,
  run_id TEXT NOT NULL,
  status TEXT NOT NULL,
  reason TEXT NOT NULL,
  idempotency_key TEXT,
  request TEXT NOT NULL,
  created_at INTEGER NOT NULL,
  applied_at INTEGER
) WITHOUT ROWID;
CREATE UNIQUE INDEX run_operations_key ON run_operations (run_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE streams (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  session_id TEXT NOT NULL,
  name TEXT NOT NULL,
  direction TEXT NOT NULL,
  sequence INTEGER NOT NULL DEFAULT 0,
  metadata TEXT NOT NULL DEFAULT '{}',
  created_at INTEGER NOT NULL,
  UNIQUE (session_id, name, direction)
);

CREATE TABLE stream_records (
  stream_no INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  id TEXT NOT NULL,
  data TEXT NOT NULL,
  correlation_id TEXT NOT NULL,
  content_type TEXT NOT NULL,
  idempotency_key TEXT,
  fingerprint BLOB,
  created_at INTEGER NOT NULL,
  PRIMARY KEY (stream_no, sequence)
);
CREATE UNIQUE INDEX stream_records_key ON stream_records (stream_no, idempotency_key) WHERE idempotency_key IS NOT NULL;
CREATE INDEX stream_records_correlation ON stream_records (stream_no, correlation_id, sequence)
  WHERE correlation_id <> '';

-- Input records that nobody was waiting for: each is owed a run, unless an active run reads it first.
CREATE TABLE continuation_requests (
  no INTEGER PRIMARY KEY,
  session_id TEXT NOT NULL,
  stream_no INTEGER NOT NULL,
  sequence INTEGER NOT NULL,
  record_id TEXT NOT NULL,
  due_at INTEGER NOT NULL
);
CREATE INDEX continuation_requests_of_session ON continuation_requests (session_id, due_at, no);
CREATE INDEX continuation_requests_due ON continuation_requests (due_at, no);

CREATE TABLE tokens (
  no INTEGER PRIMARY KEY,
  id TEXT NOT NULL UNIQUE,
  environment_id TEXT NOT NULL,
  status TEXT NOT NULL,
  timeout_at INTEGER NOT NULL,
  data TEXT,
  completion_hash BLOB,
  tags TEXT NOT NULL,
  metadata TEXT NOT NULL,
  idempotency_key TEXT,
  fingerprint BLOB,
  callback_hash BLOB NOT NULL,
  created_at INTEGER NOT NULL
);
CREATE INDEX tokens_oldest ON tokens (environment_id, no);
CREATE INDEX tokens_by_status ON tokens (environment_id, status, no);
CREATE INDEX tokens_pending ON tokens (timeout_at) WHERE status = 'pending';
CREATE UNIQUE INDEX tokens_key ON tokens (environment_id, idempotency_key) WHERE idempotency_key IS NOT NULL;

CREATE TABLE public_access_tokens (
  hash BLOB PRIMARY KEY,
  id TEXT NOT NULL,
  environment_id TEXT NOT NULL,
  scope_type TEXT NOT NULL,
  token_id TEXT,
  session_id TEXT,
  stream_no INTEGER,
  correlation_id TEXT NOT NULL DEFAULT '',
  expires_at INTEGER NOT NULL,
  max_uses INTEGER,
  uses INTEGER NOT NULL DEFAULT 0,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
