export type Session = { id: string; user: string; groups: string[]; expiresAt: number; idleMs: number };
export type Answer = { status: number; body?: unknown; headers?: Record<string, string> };
export type Call = { method: string; path: string; query: URLSearchParams; token: string | undefined; body: string };

/** An in-memory gateway: the login and the API, as the command line sees them. Every login succeeds, as alice. */
export type FakeGateway = {
  origin: string;
  codes: Map<string, { challenge: string; redirectUri: string }>;
  sessions: Map<string, Session>;
  /** `GET /.sallyport/me` and so on, in order of arrival. */
  calls: string[];
  /** Complete requests, so that a test can search them for what they must not contain. */
  raw: string[];
  sessionLife: { lifetimeMs: number; idleMs: number };
  /** Takes precedence over the gateway's own answers, to simulate hostile and broken gateways. */
  override: (call: Call) => Answer | undefined;
  /** The trail. `refuses` is a parameter of its queries that is unknown, as in an older gateway. */
  audit: { events: unknown[]; scope?: string; refuses?: string };
  /** The answers that a device gets in turn, before its login succeeds, and the requests that it sent. */
  device: { answers: (string | Answer)[]; asked: URLSearchParams[] };
  /** The open streams. All of them belong to the session of the caller. */
  streams: object[];
  revokeAll(): void;
  close(): Promise<void>;
};
