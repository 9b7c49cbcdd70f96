/** A login at one gateway. Times are milliseconds since the epoch. */
export type Credential = { token: string; user: string; sessionId: string; expiresAt: number; idleMs: number };
