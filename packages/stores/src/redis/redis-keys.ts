import { hash } from 'node:crypto';

const digest = (text: string) => hash('sha256', text, 'base64url');
/** One name for two that come from outside; no choice of the two can look like another. */
const both = (a: string, b: string) => digest(`${digest(a)}.${digest(b)}`);

/**
 * The names of all keys. What stands in braces decides the cluster slot: everything about one session's token is in
 * one.
 */
export type RedisKeys = {
  session(tokenHash: string): string;
  /** From a session's public id to the hash of its token. */
  id(sessionId: string): string;
  person(of: { issuer: string; subject: string }): string;
  /** What hangs on one session at the identity provider. */
  providerSession(of: { issuer: string; sid: string }): string;
  everybody: string;
  /** What a session's provider gave for it, and when which session is to be refreshed. */
  tokens(sessionId: string): string;
  due: string;
  once(kind: string, key: string): string;
  changes: string;
  /** The names of the replicas, and what each has reported; one slot. */
  replicas: string;
  replica(id: string): string;
  reload: string;
  /** Where questions about streams are heard, and what is answered to one. */
  questions: string;
  question(id: string): string;
};

/** Names keys below `prefix`; names that come from outside are hashed. */
export function redisKeys(prefix: string): RedisKeys {
  return {
    session: (tokenHash) => `${prefix}:{${tokenHash}}:session`,
    id: (sessionId) => `${prefix}:{${digest(sessionId)}}:id`,
    person: ({ issuer, subject }) => `${prefix}:{${both(issuer, subject)}}:person`,
    providerSession: ({ issuer, sid }) => `${prefix}:{${both(issuer, sid)}}:provider-session`,
    everybody: `${prefix}:sessions`,
    tokens: (sessionId) => `${prefix}:{${digest(sessionId)}}:tokens`,
    due: `${prefix}:due`,
    once: (kind, key) => `${prefix}:{${both(kind, key)}}:once`,
    changes: `${prefix}:changes`,
    replicas: `${prefix}:{replicas}`,
    replica: (id) => `${prefix}:{replicas}:${id}`,
    reload: `${prefix}:reload`,
    questions: `${prefix}:questions`,
    question: (id) => `${prefix}:{${digest(id)}}:question`,
  };
}
