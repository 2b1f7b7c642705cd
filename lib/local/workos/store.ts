/**
 * What the local sign-in remembers, in one file that is replaced whole after every change: a restart, also by kill -9, leaves everybody signed in.
 */
import { createHash, randomBytes } from "node:crypto";
import { existsSync, mkdirSync, readFileSync, renameSync, writeFileSync } from "node:fs";
import path from "node:path";
import { seedDirectory, type Directory, type WireMembership, type WireUser } from "./directory.ts";

/** A signed-in browser. Only the digest of its one live refresh token is kept. */
export type StoredSession = {
  id: string;
  user_id: string;
  organization_id: string | null;
  auth_method: "password" | "external_auth";
  refresh_digest: string;
  ip_address: string | null;
  user_agent: string | null;
  created_at: string;
  updated_at: string;
  ended_at: string | null;
};

export type WireEvent = { object: "event"; id: string; event: string; data: unknown; created_at: string };

type State = {
  version: 1;
  apiKey: string;
  cookiePassword: string;
  directory: Directory;
  sessions: StoredSession[];
  events: WireEvent[];
};

const SESSION_LIFE_MS = 400 * 24 * 60 * 60 * 1000; // as long as AuthKit's cookie
const ENDED_KEPT_MS = 24 * 60 * 60 * 1000;
const EVENTS_KEPT = 1_000;

/** A session as the WorkOS API sends it. */
export function toWireSession(session: StoredSession) {
  return {
    object: "session",
    id: session.id,
    user_id: session.user_id,
    ...(session.organization_id === null ? {} : { organization_id: session.organization_id }),
    auth_method: session.auth_method,
    status: session.ended_at === null ? "active" : "revoked",
    ip_address: session.ip_address,
    user_agent: session.user_agent,
    expires_at: new Date(Date.parse(session.updated_at) + SESSION_LIFE_MS).toISOString(),
    ended_at: session.ended_at,
    created_at: session.created_at,
    updated_at: session.updated_at,
  };
}

const digest = (token: string) => createHash("sha256").update(token).digest("base64url");

/** A new opaque id in WorkOS's manner: a prefix, then letters and digits that sort by time. */
export function newWorkosId(prefix: string): string {
  return `${prefix}_${Date.now().toString(36).padStart(9, "0")}${randomBytes(10).toString("hex")}`;
}

function freshState(): State {
  return {
    version: 1,
    apiKey: `sk_test_${randomBytes(24).toString("base64url")}`,
    cookiePassword: randomBytes(32).toString("base64url"),
    directory: seedDirectory(),
    sessions: [],
    events: [],
  };
}

function loadState(file: string): State {
  if (!existsSync(file)) return freshState();
  try {
    const state = JSON.parse(readFileSync(file, "utf8")) as State;
    if (state.version === 1) return state;
  } catch {
    // an unreadable file is put aside below, like one of another version
  }
  renameSync(file, `${file}.unreadable-${Date.now()}`);
  return freshState();
}

/** The remembered state and the few operations that must happen in one step. */
export class WorkosStore {
  readonly #file: string;
  readonly #state: State;

  constructor(stateDir: string) {
    mkdirSync(stateDir, { recursive: true });
    this.#file = path.join(stateDir, "workos.json");
    this.#state = loadState(this.#file);
    this.save();
  }

  get apiKey(): string {
    return this.#state.apiKey;
  }

  /** A secret for AuthKit's session cookie that lives as long as the sessions do. */
  get cookiePassword(): string {
    return this.#state.cookiePassword;
  }

  get directory(): Directory {
    return this.#state.directory;
  }

  get events(): readonly WireEvent[] {
    return this.#state.events;
  }

  get sessions(): readonly StoredSession[] {
    return this.#state.sessions;
  }

  /** Writes everything down; the file is either the old or the new one. */
  save(): void {
    const temporary = `${this.#file}.${process.pid}.tmp`;
    writeFileSync(temporary, JSON.stringify(this.#state, null, 1), { mode: 0o600 });
    renameSync(temporary, this.#file);
  }

  /** Notes that something happened, for /events, and saves. */
  emit(event: string, data: unknown): void {
    const row: WireEvent = {
      object: "event",
      id: newWorkosId("event"),
      event,
      data,
      created_at: new Date().toISOString(),
    };
    this.#state.events = [...this.#state.events, row].slice(-EVENTS_KEPT);
    this.save();
  }

  userById(id: string): WireUser | undefined {
    return this.directory.users.find((user) => user.id === id);
  }

  /** Addresses are compared without regard to case. */
  userByEmail(email: string): WireUser | undefined {
    return this.directory.users.find((user) => user.email.toLowerCase() === email.toLowerCase());
  }

  /** A person's active memberships, the oldest first. */
  membershipsOf(userId: string): WireMembership[] {
    return this.directory.memberships
      .filter((membership) => membership.user_id === userId && membership.status === "active")
      .sort((a, b) => a.created_at.localeCompare(b.created_at));
  }

  /** Begins a session; answers it with its first refresh token. */
  startSession(
    user: WireUser,
    organizationId: string | null,
    from: Pick<StoredSession, "auth_method" | "ip_address" | "user_agent">,
  ): { session: StoredSession; refreshToken: string } {
    const now = new Date().toISOString();
    const refreshToken = randomBytes(32).toString("base64url");
    const session: StoredSession = {
      id: newWorkosId("session"),
      user_id: user.id,
      organization_id: organizationId,
      ...from,
      refresh_digest: digest(refreshToken),
      created_at: now,
      updated_at: now,
      ended_at: null,
    };
    user.last_sign_in_at = now;
    this.#forgetOldSessions();
    this.#state.sessions.push(session);
    this.emit("session.created", toWireSession(session));
    return { session, refreshToken };
  }

  /** The open session whose live refresh token this is. */
  sessionByRefreshToken(refreshToken: string): StoredSession | undefined {
    const wanted = digest(refreshToken);
    return this.#state.sessions.find((session) => session.refresh_digest === wanted && session.ended_at === null);
  }

  /** Spends a session's refresh token: answers the next one, within the given organization. */
  rotate(session: StoredSession, organizationId: string | null): string {
    const refreshToken = randomBytes(32).toString("base64url");
    session.refresh_digest = digest(refreshToken);
    session.organization_id = organizationId;
    session.updated_at = new Date().toISOString();
    this.save();
    return refreshToken;
  }

  /** Ends a session, so that its refresh token is worth nothing. Unknown and ended ones are left as they are. */
  endSession(sessionId: string): StoredSession | undefined {
    const session = this.#state.sessions.find((candidate) => candidate.id === sessionId);
    if (session && session.ended_at === null) {
      session.ended_at = new Date().toISOString();
      this.emit("session.revoked", toWireSession(session));
    }
    return session;
  }

  #forgetOldSessions(): void {
    const now = Date.now();
    this.#state.sessions = this.#state.sessions.filter((session) =>
      session.ended_at === null
        ? now - Date.parse(session.updated_at) < SESSION_LIFE_MS
        : now - Date.parse(session.ended_at) < ENDED_KEPT_MS,
    );
  }
}
