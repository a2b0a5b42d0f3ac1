-- Instants are microseconds since the epoch, ids are lower-case UUIDs, and JSON columns have the type TEXT.

CREATE TABLE IF NOT EXISTS server_settings (name TEXT PRIMARY KEY, value BLOB NOT NULL) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS environments (
  id TEXT PRIMARY KEY,
  project_id TEXT NOT NULL,
  slug TEXT NOT NULL UNIQUE,
  current_deployment_id TEXT
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS api_keys (
  hash BLOB PRIMARY KEY,
  id TEXT NOT NULL,
  environment_id TEXT NOT NULL,
  scopes TEXT NOT NULL,
  expires_at INTEGER,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS deployments (
  id TEXT PRIMARY KEY,
  environment_id TEXT NOT NULL,
  version TEXT NOT NULL,
  digest TEXT NOT NULL,
  created_at INTEGER NOT NULL
) WITHOUT ROWID;
CREATE INDEX IF NOT EXISTS deployments_of_environment ON deployments (environment_id, created_at);

-- The latest deployment of the server's own tasks, which each start of the server may replace.
CREATE TABLE IF NOT EXISTS own_deployments (
  environment_id TEXT PRIMARY KEY,
  deployment_id TEXT NOT NULL
) WITHOUT ROWID;

CREATE TABLE IF NOT EXISTS deployment_tasks (
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

CREATE TABLE IF NOT EXISTS deployment_streams (
  deployment_id TEXT NOT NULL,
  name TEXT NOT NULL,
  direction TEXT NOT NULL,
  PRIMARY KEY (deployment_id, name, direction)
) WITHOUT ROWID;
