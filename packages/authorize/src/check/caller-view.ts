import { createHash } from 'node:crypto';
import type { Impersonation, impersonationExtras, Session } from '@sallyport/contracts';
import type { SessionInput, UserInput } from '@sallyport/policy';
import { LRUCache } from 'lru-cache';
import type { ImpersonateRules } from '../policies/impersonate-rules.ts';

/** How a caller appears on one cluster: the impersonation as JSON, or why the cluster refuses the user name. */
export type ClusterAppearance = { readonly json: string; readonly refusal?: undefined } | { readonly refusal: string };

/** What follows from a session alone. Derived once, and used as long as the store returns the same session object. */
export type CallerView = {
  readonly source: Session;
  readonly user: UserInput;
  readonly session: SessionInput;
  /** The members `session` and `identity` of an answer. */
  readonly json: string;
  /** The same with `session.idleEndsAt`, in milliseconds since the epoch. */
  idleJson(idleEndsAt: number): string;
  appearance(rules: ImpersonateRules): ClusterAppearance;
};

/** Derives views of sessions. */
export type CallerViews = { of(session: Session): CallerView };

const maxAppearances = 64;

/**
 * Returns the uid of a user, from the issuer and the subject. These are the only stable key: a name can be reassigned
 * (OpenID Connect Core 5.7).
 */
function impersonationUid(issuer: string, subject: string): string {
  return createHash('sha256').update(`${issuer}\0${subject}`).digest('base64url');
}

function impersonationOf(session: Session, uid: string, rules: ImpersonateRules): Impersonation {
  const all = [...new Set(session.identity.groups)];
  return {
    user: session.identity.user,
    uid,
    groups: all.filter((group) => rules.mayPassGroup(group)),
    // No cluster's role has a key that is not on the list, and the API server would refuse the request because of it.
    extra: { 'sallyport.dev/session': [session.id] } satisfies Partial<
      Record<(typeof impersonationExtras)[number], string[]>
    >,
    droppedGroups: all.filter((group) => !rules.mayPassGroup(group)),
  };
}

function createView(session: Session, uid: () => string): CallerView {
  const { claims, ...identity } = session.identity;
  const { id, kind, expiresAt } = session;
  const appearances = new Map<ImpersonateRules, ClusterAppearance>();
  const derive = (rules: ImpersonateRules): ClusterAppearance => {
    const refusal = rules.refuseUser(identity.user);
    return refusal === undefined ? { json: JSON.stringify(impersonationOf(session, uid(), rules)) } : { refusal };
  };
  return {
    source: session,
    user: {
      id: identity.user,
      ...(identity.email === undefined ? {} : { email: identity.email }),
      groups: identity.groups,
      claims,
    },
    session: {
      id,
      amr: identity.amr,
      ...(identity.acr === undefined ? {} : { acr: identity.acr }),
      ...(identity.authTime === undefined ? {} : { authTime: identity.authTime * 1000 }),
    },
    json: `"session":${JSON.stringify({ id, kind, expiresAt })},"identity":${JSON.stringify(identity)}`,
    idleJson: (idleEndsAt) =>
      `"session":${JSON.stringify({ id, kind, expiresAt, idleEndsAt })},"identity":${JSON.stringify(identity)}`,
    appearance(rules) {
      let known = appearances.get(rules);
      if (!known) {
        // This also releases rules that were replaced.
        if (appearances.size >= maxAppearances) appearances.clear();
        known = derive(rules);
        appearances.set(rules, known);
      }
      return known;
    },
  };
}

/**
 * Caches at most `max` views by session ID. A view is used only for the session object from which it was derived. A
 * changed session, for example with refreshed groups, is another object, so a view is never stale and never used for
 * another user.
 */
export function createCallerViews(options: { max?: number } = {}): CallerViews {
  const max = options.max ?? 5000;
  const views = new LRUCache<string, CallerView>({ max });
  const uids = new LRUCache<string, string>({ max });
  const uidOf = (issuer: string, subject: string) => {
    const key = `${issuer}\0${subject}`;
    let uid = uids.get(key);
    if (uid === undefined) {
      uid = impersonationUid(issuer, subject);
      uids.set(key, uid);
    }
    return uid;
  };
  return {
    of(session) {
      const known = views.get(session.id);
      if (known?.source === session) return known;
      const view = createView(session, () => uidOf(session.identity.issuer, session.identity.subject));
      views.set(session.id, view);
      return view;
    },
  };
}
