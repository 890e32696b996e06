"""The tables of the database; column names are GitLab's, times are ISO 8601 texts."""

SCHEMA = """
CREATE TABLE IF NOT EXISTS settings (name TEXT PRIMARY KEY, value TEXT NOT NULL);
CREATE TABLE IF NOT EXISTS features (name TEXT PRIMARY KEY, enabled INTEGER NOT NULL);
CREATE TABLE IF NOT EXISTS licenses (
  id INTEGER PRIMARY KEY AUTOINCREMENT, plan TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS users (
  id INTEGER PRIMARY KEY AUTOINCREMENT, username TEXT NOT NULL UNIQUE COLLATE NOCASE,
  name TEXT NOT NULL,
  email TEXT NOT NULL UNIQUE COLLATE NOCASE, admin INTEGER NOT NULL, created_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS personal_access_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT, digest TEXT NOT NULL UNIQUE, scopes TEXT NOT NULL,
  expires_at TEXT,
  revoked INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS tokens_of_user ON personal_access_tokens (user_id);
CREATE TABLE IF NOT EXISTS namespaces (
  id INTEGER PRIMARY KEY AUTOINCREMENT, kind TEXT NOT NULL, name TEXT NOT NULL,
  path TEXT NOT NULL COLLATE NOCASE, full_path TEXT NOT NULL UNIQUE COLLATE NOCASE,
  parent_id INTEGER REFERENCES namespaces ON DELETE CASCADE,
  owner_id INTEGER REFERENCES users ON DELETE CASCADE,
  visibility TEXT NOT NULL, description TEXT, settings TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS namespaces_of_owner ON namespaces (owner_id);
CREATE INDEX IF NOT EXISTS namespaces_of_parent ON namespaces (parent_id);
CREATE TABLE IF NOT EXISTS projects (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  namespace_id INTEGER NOT NULL REFERENCES namespaces ON DELETE CASCADE,
  name TEXT NOT NULL, path TEXT NOT NULL COLLATE NOCASE, description TEXT, visibility TEXT NOT NULL,
  default_branch TEXT, archived INTEGER NOT NULL DEFAULT 0, creator_id INTEGER,
  repository_access_level TEXT NOT NULL, builds_access_level TEXT NOT NULL,
  environments_access_level TEXT NOT NULL, infrastructure_access_level TEXT NOT NULL,
  settings TEXT NOT NULL DEFAULT '{}',
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (namespace_id, path)
);
CREATE TABLE IF NOT EXISTS project_group_links (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  group_id INTEGER NOT NULL REFERENCES namespaces ON DELETE CASCADE,
  group_access INTEGER NOT NULL, expires_at TEXT,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project_id, group_id)
);
CREATE INDEX IF NOT EXISTS links_of_group ON project_group_links (group_id);
CREATE TABLE IF NOT EXISTS redirects (
  path TEXT PRIMARY KEY COLLATE NOCASE,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS redirects_of_project ON redirects (project_id);
CREATE TABLE IF NOT EXISTS members (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  project_id INTEGER REFERENCES projects ON DELETE CASCADE,
  namespace_id INTEGER REFERENCES namespaces ON DELETE CASCADE,
  access_level INTEGER NOT NULL, expires_at TEXT, created_at TEXT NOT NULL,
  UNIQUE (user_id, project_id), UNIQUE (user_id, namespace_id)
);
CREATE INDEX IF NOT EXISTS members_of_project ON members (project_id);
CREATE INDEX IF NOT EXISTS members_of_namespace ON members (namespace_id);
CREATE TABLE IF NOT EXISTS repository_files (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  branch TEXT NOT NULL, path TEXT NOT NULL, content BLOB NOT NULL, commit_id TEXT NOT NULL,
  UNIQUE (project_id, branch, path)
);
CREATE TABLE IF NOT EXISTS repository_commits (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  branch TEXT NOT NULL, sha TEXT NOT NULL, parent TEXT, message TEXT NOT NULL,
  author_name TEXT NOT NULL, author_email TEXT NOT NULL,
  committer_name TEXT NOT NULL, committer_email TEXT NOT NULL, created_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS commits_of_branch ON repository_commits (project_id, branch, id);
CREATE TABLE IF NOT EXISTS protected_branches (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  name TEXT NOT NULL, push_access_level INTEGER NOT NULL, merge_access_level INTEGER NOT NULL,
  UNIQUE (project_id, name)
);
CREATE TABLE IF NOT EXISTS merge_requests (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  iid INTEGER NOT NULL, title TEXT NOT NULL, description TEXT, source_branch TEXT NOT NULL,
  target_branch TEXT NOT NULL, state TEXT NOT NULL DEFAULT 'opened',
  author_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project_id, iid)
);
CREATE INDEX IF NOT EXISTS merge_requests_of_user ON merge_requests (author_id);
CREATE TABLE IF NOT EXISTS merge_request_notes (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  merge_request_id INTEGER NOT NULL REFERENCES merge_requests ON DELETE CASCADE,
  author_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  body TEXT NOT NULL, created_at TEXT NOT NULL, updated_at TEXT NOT NULL
);
CREATE INDEX IF NOT EXISTS notes_of_merge_request ON merge_request_notes (merge_request_id);
CREATE INDEX IF NOT EXISTS notes_of_user ON merge_request_notes (author_id);
CREATE TABLE IF NOT EXISTS job_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT, user_id INTEGER NOT NULL REFERENCES users ON DELETE CASCADE,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE, digest TEXT NOT NULL UNIQUE
);
CREATE INDEX IF NOT EXISTS job_tokens_of_project ON job_tokens (project_id);
CREATE INDEX IF NOT EXISTS job_tokens_of_user ON job_tokens (user_id);
CREATE TABLE IF NOT EXISTS clusters (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  user_id INTEGER REFERENCES users ON DELETE SET NULL,
  management_project_id INTEGER REFERENCES projects ON DELETE SET NULL,
  name TEXT NOT NULL, enabled INTEGER NOT NULL, managed INTEGER NOT NULL, domain TEXT,
  environment_scope TEXT NOT NULL, namespace_per_environment INTEGER NOT NULL,
  provider_type TEXT NOT NULL DEFAULT 'user', api_url TEXT NOT NULL, token_digest TEXT NOT NULL,
  ca_cert TEXT, namespace TEXT, authorization_type TEXT NOT NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project_id, environment_scope)
);
CREATE INDEX IF NOT EXISTS clusters_of_management_project ON clusters (management_project_id);
CREATE INDEX IF NOT EXISTS clusters_of_user ON clusters (user_id);
CREATE TABLE IF NOT EXISTS cluster_agents (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  name TEXT NOT NULL, created_by_user_id INTEGER REFERENCES users ON DELETE SET NULL,
  is_receptive INTEGER NOT NULL DEFAULT 0, created_at TEXT NOT NULL, updated_at TEXT NOT NULL,
  UNIQUE (project_id, name)
);
CREATE INDEX IF NOT EXISTS agents_of_user ON cluster_agents (created_by_user_id);
CREATE TABLE IF NOT EXISTS cluster_agent_tokens (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  agent_id INTEGER NOT NULL REFERENCES cluster_agents ON DELETE CASCADE,
  name TEXT NOT NULL, description TEXT, digest TEXT NOT NULL, status TEXT NOT NULL DEFAULT 'active',
  created_by_user_id INTEGER REFERENCES users ON DELETE SET NULL, created_at TEXT NOT NULL,
  last_used_at TEXT, last_used_written_at TEXT
);
CREATE INDEX IF NOT EXISTS tokens_of_agent ON cluster_agent_tokens (agent_id);
CREATE INDEX IF NOT EXISTS agent_tokens_of_user ON cluster_agent_tokens (created_by_user_id);
CREATE TABLE IF NOT EXISTS cluster_agent_url_configurations (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  agent_id INTEGER NOT NULL UNIQUE REFERENCES cluster_agents ON DELETE CASCADE, url TEXT NOT NULL,
  public_key BLOB, client_cert BLOB, ca_cert BLOB, tls_host TEXT, created_at TEXT NOT NULL,
  updated_at TEXT NOT NULL
);
CREATE TABLE IF NOT EXISTS environments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  name TEXT NOT NULL, slug TEXT NOT NULL, external_url TEXT, tier TEXT NOT NULL,
  state TEXT NOT NULL DEFAULT 'available', description TEXT, auto_stop_setting TEXT NOT NULL,
  cluster_agent_id INTEGER REFERENCES cluster_agents ON DELETE SET NULL, kubernetes_namespace TEXT,
  flux_resource_path TEXT, auto_stop_at TEXT, auto_delete_at TEXT,
  on_stop_job INTEGER NOT NULL DEFAULT 0, on_stop_seconds REAL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project_id, name),
  UNIQUE (project_id, slug)
);
CREATE INDEX IF NOT EXISTS environments_of_project ON environments (project_id);
CREATE INDEX IF NOT EXISTS environments_of_agent ON environments (cluster_agent_id);
CREATE TABLE IF NOT EXISTS jobs (
  id INTEGER PRIMARY KEY AUTOINCREMENT, worker TEXT NOT NULL, due_at TEXT NOT NULL,
  environment_id INTEGER NOT NULL REFERENCES environments ON DELETE CASCADE
);
CREATE INDEX IF NOT EXISTS jobs_due ON jobs (due_at, id);
CREATE INDEX IF NOT EXISTS jobs_of_environment ON jobs (environment_id);
CREATE TABLE IF NOT EXISTS deployments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  environment_id INTEGER NOT NULL REFERENCES environments ON DELETE CASCADE,
  iid INTEGER NOT NULL, ref TEXT NOT NULL, sha TEXT NOT NULL, status TEXT NOT NULL,
  job TEXT NOT NULL, user_id INTEGER REFERENCES users ON DELETE SET NULL,
  created_at TEXT NOT NULL, updated_at TEXT NOT NULL, UNIQUE (project_id, iid)
);
CREATE INDEX IF NOT EXISTS deployments_of_environment ON deployments (environment_id, status);
CREATE INDEX IF NOT EXISTS deployments_of_user ON deployments (user_id);
CREATE TABLE IF NOT EXISTS protected_environments (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  project_id INTEGER NOT NULL REFERENCES projects ON DELETE CASCADE,
  name TEXT NOT NULL, UNIQUE (project_id, name)
);
CREATE TABLE IF NOT EXISTS deploy_access_levels (
  id INTEGER PRIMARY KEY AUTOINCREMENT,
  protected_environment_id INTEGER NOT NULL REFERENCES protected_environments ON DELETE CASCADE,
  access_level INTEGER, user_id INTEGER REFERENCES users ON DELETE CASCADE,
  group_id INTEGER REFERENCES namespaces ON DELETE CASCADE,
  group_inheritance_type INTEGER NOT NULL
);
CREATE INDEX IF NOT EXISTS access_levels_of_environment
  ON deploy_access_levels (protected_environment_id);
CREATE INDEX IF NOT EXISTS access_levels_of_user ON deploy_access_levels (user_id);
CREATE INDEX IF NOT EXISTS access_levels_of_group ON deploy_access_levels (group_id)
"""
