import type { RawReply } from './raw-reply.ts';

/** Whom the cluster takes a caller for, as a SelfSubjectReview says. */
export type UserInfo = { username: string; uid: string; groups: string[]; extra: string };

/** What an attack shows. `unjudged`: nothing can be said from outside. */
export type Verdict = { result: 'held' | 'hole' | 'unjudged'; seen: string };

/** A request to be written; what is not said is as a well-behaved client would say it. */
export type Attempt = {
  method?: string;
  /** Behind the address of the cluster; `target` replaces the whole request target. */
  path?: string;
  target?: string;
  version?: string;
  host?: string;
  /** The Authorization line's value; null leaves the line out. */
  authorization?: string | null;
  lines?: readonly string[];
  body?: string;
};

/** What an attack works with. */
export type Attacker = {
  /** The token in the form of a subprotocol, and as it is. */
  token: string;
  /** Whom the cluster takes the token's owner for. */
  baseline: UserInfo;
  send(attempt: Attempt): Promise<RawReply>;
  /** Both on one connection, the second after the answer to the first. */
  sendTwo(first: Attempt, second: Attempt): Promise<[RawReply, RawReply]>;
};

/** One way to attack; `judge` sends it and says what came of it. */
export type Probe = { what: string; judge(attacker: Attacker): Promise<Verdict> };

/** A row of the catalogue of attacks. */
export type AttackRow = { row: string; attack: string; probes: readonly Probe[] };

export const held = (seen: string): Verdict => ({ result: 'held', seen });
export const hole = (seen: string): Verdict => ({ result: 'hole', seen });
export const unjudged = (seen: string): Verdict => ({ result: 'unjudged', seen });

/** Where a cluster takes a SelfSubjectReview. */
export const reviewPath = '/apis/authentication.k8s.io/v1/selfsubjectreviews';

const reviewBody = JSON.stringify({ kind: 'SelfSubjectReview', apiVersion: 'authentication.k8s.io/v1' });

/** A SelfSubjectReview: it asks the cluster who it takes the caller for, which anybody may, and changes nothing. */
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

/** Reads the answer to a SelfSubjectReview; undefined if it is none. */
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

/** What an answer is, in words. */
export function describeReply({ status, closed }: RawReply): string {
  if (status === 0) return closed ? 'the connection was ended' : 'no answer came';
  return `answered ${status}`;
}

/** True if the answer is the cluster's own refusal of an identity that it was asked for: the header has reached it. */
export const reachedImpersonation = ({ body }: RawReply): boolean =>
  /cannot impersonate|impersonation is not|requesting impersonation/i.test(body);

const isRefusal = ({ status, closed }: RawReply) => (status >= 400 && status < 500) || (status === 0 && closed);

/** Judges the answer to a SelfSubjectReview that tried to be somebody else. */
export function judgeIdentity(reply: RawReply, baseline: UserInfo): Verdict {
  if (reachedImpersonation(reply))
    return hole('the cluster was asked to take you for somebody else, and only its own rules refused');
  const found = readUserInfo(reply);
  if (!found) return isRefusal(reply) ? held(describeReply(reply)) : unjudged(describeReply(reply));
  if (found.username !== baseline.username) return hole(`the cluster took you for ${found.username}`);
  if (found.groups.join('\n') !== baseline.groups.join('\n'))
    return hole(`the cluster took you for a member of ${found.groups.join(', ') || 'no group'}`);
  if (found.uid !== baseline.uid) return hole('the cluster was told another uid');
  if (found.extra !== baseline.extra) return hole('the cluster was told other attributes of yours');
  return held('not taken, and answered as you');
}

/** Judges an answer where only a refusal is right. */
export function judgeRefusal(reply: RawReply): Verdict {
  if (isRefusal(reply)) return held(describeReply(reply));
  if (reply.status === 0) return unjudged('no answer came');
  return reply.status >= 500 ? unjudged(describeReply(reply)) : hole(`${describeReply(reply)} where a refusal is due`);
}

/** A probe that is one request and one judgement. */
export function probe(
  what: string,
  attempt: Attempt | ((attacker: Attacker) => Attempt),
  judge: (reply: RawReply, attacker: Attacker) => Verdict,
): Probe {
  return {
    what,
    judge: async (attacker) =>
      judge(await attacker.send(typeof attempt === 'function' ? attempt(attacker) : attempt), attacker),
  };
}
