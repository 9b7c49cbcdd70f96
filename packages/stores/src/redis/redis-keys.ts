import { hash } from 'node:crypto';
import { isAboutServiceAccount, type Session } from '@sallyport/contracts';

/**
 * What one replica at a time may have: a person, to decide what they can ask for, or the events of an elevation or a
 * service account, to record them.
 */
export type Held = { issuer: string; subject: string } | { eventsOf: string };

const digest = (text: string) => hash('sha256', text, 'base64url');
/** Combines two outside names into one; no other pair yields the same. */
const both = (a: string, b: string) => digest(`${digest(a)}.${digest(b)}`);

/**
 * The names of all keys. The part in braces decides the cluster slot, so that everything about one session's token is
 * in the same slot.
 */
export type RedisKeys = {
  session(tokenHash: string): string;
  /** What is kept of a session for when it ends by itself, and the set of sessions by when that may happen. */
  end(tokenHash: string): string;
  ends: string;
  /** Maps a session's public id to the hash of its token. */
  id(sessionId: string): string;
  person(of: { issuer: string; subject: string }): string;
  /** The sessions of one session at the identity provider. */
  providerSession(of: { issuer: string; sid: string }): string;
  /** The child sessions of one session. */
  children(sessionId: string): string;
  allSessions: string;
  /** All indexes that a session is in. */
  indexesOf(session: Session): string[];
  /** The provider's tokens for a session, and the set of sessions by the time of their next refresh. */
  tokens(sessionId: string): string;
  due: string;
  once(kind: string, key: string): string;
  /** The channels of ended and changed sessions, and of new ones. */
  changes: string;
  starts: string;
  /** The log of ended rights. */
  rightsEnds: string;
  /** The ids of the replicas, and the report of each; all in one slot. */
  replicas: string;
  replica(id: string): string;
  reload: string;
  /** The channel of questions about streams, and the answers to one question. */
  questions: string;
  question(id: string): string;
  /** The channel that tells whose streams began or ended. */
  streamChanges: string;
  /** One elevation, and the ids of those of one person by the time of the request. */
  elevation(id: string): string;
  /** What is told about an elevation or a service account. That of an elevation is in its own key. */
  noticesAbout(aboutId: string): string;
  elevationsOf(of: { issuer: string; subject: string }): string;
  /** Is there while a replica stores a request of a person, or records events. */
  hold(what: Held): string;
  /** The ids of all elevations by the time of the request, and of those with a next step by its time. */
  elevations: string;
  dueElevations: string;
  /** The log of changes, and the channel that announces them. */
  elevationLog: string;
  elevationChanges: string;
  /** The elevations with notices that wait on a channel, and the pairs of both where notices were given up. */
  noticeQueue(channel: string): string;
  failedNotices: string;
  /** Whom the names of service accounts belong to. */
  names: string;
};

/** Returns the key names below `prefix`. Names that come from outside are hashed. */
export function redisKeys(prefix: string): RedisKeys {
  const keys: RedisKeys = {
    session: (tokenHash) => `${prefix}:{${tokenHash}}:session`,
    end: (tokenHash) => `${prefix}:{${tokenHash}}:end`,
    ends: `${prefix}:ends`,
    id: (sessionId) => `${prefix}:{${digest(sessionId)}}:id`,
    person: ({ issuer, subject }) => `${prefix}:{${both(issuer, subject)}}:person`,
    providerSession: ({ issuer, sid }) => `${prefix}:{${both(issuer, sid)}}:provider-session`,
    children: (sessionId) => `${prefix}:{${digest(sessionId)}}:children`,
    allSessions: `${prefix}:sessions`,
    indexesOf: ({ identity, sid, parent }) => [
      keys.allSessions,
      keys.person(identity),
      ...(sid === undefined ? [] : [keys.providerSession({ issuer: identity.issuer, sid })]),
      ...(parent === undefined ? [] : [keys.children(parent.id)]),
    ],
    tokens: (sessionId) => `${prefix}:{${digest(sessionId)}}:tokens`,
    due: `${prefix}:due`,
    once: (kind, key) => `${prefix}:{${both(kind, key)}}:once`,
    changes: `${prefix}:changes`,
    starts: `${prefix}:session-starts`,
    rightsEnds: `${prefix}:rights-ends`,
    replicas: `${prefix}:{replicas}`,
    replica: (id) => `${prefix}:{replicas}:${id}`,
    reload: `${prefix}:reload`,
    questions: `${prefix}:questions`,
    streamChanges: `${prefix}:stream-changes`,
    question: (id) => `${prefix}:{${digest(id)}}:question`,
    elevation: (id) => `${prefix}:{${digest(id)}}:elevation`,
    noticesAbout: (aboutId) =>
      isAboutServiceAccount(aboutId)
        ? `${prefix}:{${digest(aboutId)}}:service-account-notices`
        : keys.elevation(aboutId),
    elevationsOf: ({ issuer, subject }) => `${prefix}:{${both(issuer, subject)}}:elevations`,
    hold: (what) =>
      'eventsOf' in what
        ? `${prefix}:{${digest(what.eventsOf)}}:events-hold`
        : `${prefix}:{${both(what.issuer, what.subject)}}:hold`,
    elevations: `${prefix}:elevations`,
    dueElevations: `${prefix}:due-elevations`,
    elevationLog: `${prefix}:elevation-log`,
    elevationChanges: `${prefix}:elevation-changes`,
    noticeQueue: (channel) => `${prefix}:{${digest(channel)}}:notices`,
    failedNotices: `${prefix}:failed-notices`,
    names: `${prefix}:service-account-names`,
  };
  return keys;
}
