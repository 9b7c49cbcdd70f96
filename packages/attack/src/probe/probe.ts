import type { RawReply } from '../wire/raw-reply.ts';

/** The identity of a client at the cluster, according to a SelfSubjectReview. */
export type UserInfo = { username: string; uid: string; groups: string[]; extra: string };

/** The result of an attack, and the evidence. `inconclusive`: its result does not show from outside. */
export type Verdict = { result: 'held' | 'hole' | 'inconclusive'; seen: string };

/** A request. The defaults for absent members are those of a well-behaved client. */
export type Attempt = {
  method?: string;
  /** The path after the address of the cluster. `target` replaces the whole request target. */
  path?: string;
  target?: string;
  version?: string;
  host?: string;
  /** The value of the Authorization header. Null omits the header. */
  authorization?: string | null;
  lines?: readonly string[];
  body?: string;
};

/** What an attack can use. */
export type Attacker = {
  token: string;
  /** The identity of the token's owner at the cluster. */
  baseline: UserInfo;
  send(attempt: Attempt): Promise<RawReply>;
  /** Sends both on one connection, the second after the response to the first. */
  sendTwo(first: Attempt, second: Attempt): Promise<[RawReply, RawReply]>;
  /** Sends one, and waits for what comes after the response until nothing has come for this time. */
  sendAndWait(attempt: Attempt, silenceMs: number): Promise<[RawReply, RawReply]>;
};

/** One attack. `run` sends it and returns the result. */
export type Probe = { what: string; run(attacker: Attacker): Promise<Verdict> };

/** A row of the catalog of attacks. */
export type AttackRow = { row: string; attack: string; probes: readonly Probe[] };

export const held = (seen: string): Verdict => ({ result: 'held', seen });
export const hole = (seen: string): Verdict => ({ result: 'hole', seen });
export const inconclusive = (seen: string): Verdict => ({ result: 'inconclusive', seen });

/** The path for a SelfSubjectReview. */
export const reviewPath = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

const reviewBody = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' });

/**
 * Returns a SelfSubjectReview. It asks the cluster who the client is. Every user may do that, and it changes nothing.
 */
export function review(attempt: Attempt = {}): Attempt {
  const { lines = [], path = reviewPath, ...rest } = attempt;
  return {
    method: 'POST',
    path,
    body: reviewBody,
    ...rest,
    lines: ['Content-Type: application/json', `Content-Length: ${reviewBody.length}`, ...lines],
  };
}

const texts = (value: unknown): string[] =>
  Array.isArray(value) ? value.filter((one) => typeof one === 'string').toSorted() : [];

/** Reads the response to a SelfSubjectReview. Returns undefined for any other response. */
export function readUserInfo({ status, body }: RawReply): UserInfo | undefined {
  if (status !== 201 && status !== 200) return undefined;
  try {
    const { username, uid, groups, extra } = (JSON.parse(body) as { status: { userInfo: Record<string, unknown> } })
      .status.userInfo;
    return typeof username === 'string'
      ? { username, uid: typeof uid === 'string' ? uid : '', groups: texts(groups), extra: JSON.stringify(extra ?? {}) }
      : undefined;
  } catch {
    return undefined;
  }
}

/** Describes a response. */
export function describeReply({ status, closed }: RawReply): string {
  if (status === 0) return closed ? 'the connection was closed' : 'no response';
  return `answered ${status}`;
}

/** Reports whether the cluster itself refused to impersonate, which means that the header reached it. */
const reachedImpersonation = ({ body }: RawReply): boolean =>
  /cannot impersonate|impersonation is not|requesting impersonation/i.test(body);

const isRefusal = ({ status, closed }: RawReply) => (status >= 400 && status < 500) || (status === 0 && closed);

/** Judges the response to a SelfSubjectReview that tried to use another identity. */
export function judgeIdentity(reply: RawReply, baseline: UserInfo): Verdict {
  if (reachedImpersonation(reply))
    return hole('the cluster was asked to impersonate another user, and only its own rules refused');
  const found = readUserInfo(reply);
  if (!found) return isRefusal(reply) ? held(describeReply(reply)) : inconclusive(describeReply(reply));
  if (found.username !== baseline.username) return hole(`the cluster identified you as ${found.username}`);
  if (found.groups.join('\n') !== baseline.groups.join('\n'))
    return hole(`the cluster identified you as a member of ${found.groups.join(', ') || 'no group'}`);
  if (found.uid !== baseline.uid) return hole('the cluster got another uid');
  if (found.extra !== baseline.extra) return hole('the cluster got other extra attributes');
  return held('ignored, and answered with your own identity');
}

/** Judges a response that must be a refusal. */
export function judgeRefusal(reply: RawReply): Verdict {
  if (isRefusal(reply)) return held(describeReply(reply));
  if (reply.status === 0) return inconclusive('no response');
  return reply.status >= 500
    ? inconclusive(describeReply(reply))
    : hole(`${describeReply(reply)} instead of a refusal`);
}

/** Creates a probe that sends one request and judges its response. */
export function probe(
  what: string,
  attempt: Attempt | ((attacker: Attacker) => Attempt),
  judge: (reply: RawReply, attacker: Attacker) => Verdict,
): Probe {
  return {
    what,
    run: async (attacker) =>
      judge(await attacker.send(typeof attempt === 'function' ? attempt(attacker) : attempt), attacker),
  };
}
