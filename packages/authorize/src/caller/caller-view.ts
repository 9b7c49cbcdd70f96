import type { Check, Impersonation, ImpersonationTarget, impersonationExtras, Session } from '@sallyport/contracts';
import { userUid } from '@sallyport/kit';
import type { SessionInput, UserInput } from '@sallyport/policy';
import { LRUCache } from 'lru-cache';
import type { ImpersonateRules } from '../policies/impersonate-rules.ts';

/**
 * Returns the origin of the web application that acts with the session of its user; undefined for the user's own
 * request.
 */
export const applicationOf = ({ credential }: Pick<Check, 'credential'>): string | undefined =>
  credential.kind === 'token' ? credential.application : undefined;

/** How a caller appears on one cluster: the impersonation as JSON, or why the cluster refuses the user name. */
export type ClusterAppearance = { readonly json: string; readonly refusal?: undefined } | { readonly refusal: string };

/** What an elevation gives to a request. `expiresAt` is in milliseconds since the epoch. */
export type Grant = {
  readonly id: string;
  readonly name: string;
  readonly groups: readonly string[];
  readonly expiresAt: number;
  readonly approvers: readonly string[];
  readonly ticket: string | undefined;
  /** Set if it began without an approval. */
  readonly breakGlass: true | undefined;
};

/**
 * What follows from a session alone, or from a session with elevations. Derived once, and used as long as the store
 * returns the same session object.
 */
export type CallerView = {
  readonly source: Session;
  readonly user: UserInput;
  readonly session: SessionInput;
  /** The names of the elevations; undefined without any. */
  readonly elevations?: readonly string[];
  /** The members `session` and `identity` of an answer. */
  readonly json: string;
  /** The same with `session.idleEndsAt`, in milliseconds since the epoch. */
  idleJson(idleEndsAt: number): string;
  appearance(rules: ImpersonateRules): ClusterAppearance;
  /** Returns the identity that is sent upstream when the caller acts as another, with who the caller is. */
  acting(target: ImpersonationTarget): Impersonation;
};

/** Derives views of sessions. */
export type CallerViews = {
  /** Returns the view. `application`: the origin of the web application that acts with the session. */
  of(session: Session, application?: string): CallerView;
  /** Returns the view with what these elevations give in addition. */
  elevated(session: Session, grants: readonly Grant[]): CallerView;
};

const maxAppearances = 64;

/** Through what a request is made, besides the session: elevations, or a web application that acts for its user. */
type MadeThrough = { readonly grants?: readonly Grant[]; readonly application?: string | undefined };

function impersonationOf(
  session: Session,
  uid: string,
  rules: ImpersonateRules,
  { grants = [], application }: MadeThrough,
): Impersonation {
  const all = [...new Set([...session.identity.groups, ...grants.flatMap(({ groups }) => groups)])];
  return {
    user: session.identity.user,
    uid,
    groups: all.filter((group) => rules.mayPassGroup(group)),
    // No cluster's role has a key that is not on the list, and the API server would refuse the request because of it.
    extra: {
      'sallyport.dev/session': [session.id],
      ...agentOf(session),
      ...(application === undefined ? {} : { 'sallyport.dev/application': [application] }),
      ...elevationsOf(grants),
    } satisfies Partial<Record<(typeof impersonationExtras)[number], string[]>>,
    droppedGroups: all.filter((group) => !rules.mayPassGroup(group)),
  };
}

/** Returns the identity of a target, with extras that name the person. Only the target's own groups are sent. */
function actingOf(
  { id, identity }: Session,
  uid: string,
  { user, uid: targetUid = '', groups, extra }: ImpersonationTarget,
  grants: readonly Grant[],
): Impersonation {
  return {
    user,
    uid: targetUid,
    groups: [...groups],
    extra: {
      ...Object.fromEntries(Object.entries(extra).map(([key, values]) => [key, [...values]])),
      'sallyport.dev/session': [id],
      'sallyport.dev/actor': [identity.user, uid],
      ...elevationsOf(grants),
    } satisfies Record<string, string[]>,
    droppedGroups: [],
  };
}

const agentOf = ({ agent }: Session): Record<string, string[]> =>
  agent === undefined ? {} : { 'sallyport.dev/agent': [agent.name] };

const elevationsOf = (grants: readonly Grant[]): Record<string, string[]> =>
  grants.length === 0 ? {} : { 'sallyport.dev/elevation': grants.map(({ id }) => id) };

/** Writes the member `elevations` of an answer. */
function grantsJson(grants: readonly Grant[]): string {
  if (grants.length === 0) return '';
  const elevations = grants.map(({ groups: _groups, ...grant }) => grant);
  return `,"elevations":${JSON.stringify(elevations)}`;
}

function createView(session: Session, uid: () => string, through: MadeThrough): CallerView {
  const { grants = [] } = through;
  // What is not verified leaves this service in no answer.
  const { claims, asserted: _asserted, ...identity } = session.identity;
  const { id, kind, expiresAt, agent } = session;
  const more = `${agent === undefined ? '' : `,"agent":${JSON.stringify({ id, name: agent.name })}`}${grantsJson(grants)}`;
  const appearances = new Map<ImpersonateRules, ClusterAppearance>();
  const derive = (rules: ImpersonateRules): ClusterAppearance => {
    const refusal = rules.refuseUser(identity.user);
    return refusal === undefined
      ? { json: JSON.stringify(impersonationOf(session, uid(), rules, through)) }
      : { refusal };
  };
  return {
    source: session,
    user: {
      id: identity.user,
      ...(identity.email === undefined ? {} : { email: identity.email }),
      groups: grants.length === 0 ? identity.groups : [...identity.groups, ...grants.flatMap(({ groups }) => groups)],
      claims,
    },
    ...(grants.length === 0 ? {} : { elevations: grants.map(({ name }) => name) }),
    session: {
      id,
      amr: identity.amr,
      ...(identity.acr === undefined ? {} : { acr: identity.acr }),
      ...(identity.authTime === undefined ? {} : { authTime: identity.authTime * 1000 }),
    },
    json: `"session":${JSON.stringify({ id, kind, expiresAt })},"identity":${JSON.stringify(identity)}${more}`,
    idleJson: (idleEndsAt) =>
      `"session":${JSON.stringify({ id, kind, expiresAt, idleEndsAt })},"identity":${JSON.stringify(identity)}${more}`,
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
    acting: (target) => actingOf(session, uid(), target, grants),
  };
}

/**
 * Caches at most `max` views by session ID and application. A view is used only for the session object from which it
 * was derived. A changed session, for example with refreshed groups, is another object, so a view is never stale and
 * never used for another user.
 */
export function createCallerViews(options: { max?: number } = {}): CallerViews {
  const max = options.max ?? 5000;
  const views = new LRUCache<string, CallerView>({ max });
  const elevatedViews = new LRUCache<string, CallerView>({ max });
  const uids = new LRUCache<string, string>({ max });
  const uidOf = (issuer: string, subject: string) => {
    const key = `${issuer}\0${subject}`;
    let uid = uids.get(key);
    if (uid === undefined) {
      uid = userUid({ issuer, subject });
      uids.set(key, uid);
    }
    return uid;
  };
  return {
    of(session, application) {
      const key = application === undefined ? session.id : `${session.id} ${application}`;
      const known = views.get(key);
      if (known?.source === session) return known;
      const view = createView(session, () => uidOf(session.identity.issuer, session.identity.subject), { application });
      views.set(key, view);
      return view;
    },
    elevated(session, grants) {
      // The groups can shrink with the configuration, so they are part of the key.
      const key = JSON.stringify([session.id, grants]);
      const known = elevatedViews.get(key);
      if (known?.source === session) return known;
      const view = createView(session, () => uidOf(session.identity.issuer, session.identity.subject), { grants });
      elevatedViews.set(key, view);
      return view;
    },
  };
}
