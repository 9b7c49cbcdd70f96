import { version } from '../environment/version.ts';
import { CliError } from '../terminal/cli-error.ts';
import { attackRows, probeCount } from './attack-rows.ts';
import {
  readUserInfo,
  review,
  unjudged,
  type Attacker,
  type AttackRow,
  type Attempt,
  type UserInfo,
  type Verdict,
} from './probe/probe.ts';
import { exchangeRaw, type RawTarget } from './probe/raw-exchange.ts';
import type { RawReply } from './probe/raw-reply.ts';

/**
 * The cluster behind the gateway that is attacked: where bytes go, what stands in the Host line, and before every path.
 */
export type AttackTarget = RawTarget & { authority: string; basePath: string; token: string };

/**
 * What one row has shown: `hole` if any attempt found one, `held` if all were withstood, as far as they could be
 * judged.
 */
export type RowResult = {
  row: string;
  attack: string;
  result: Verdict['result'];
  probes: ({ what: string } & Verdict)[];
};
export type AttackResult = { user: UserInfo; rows: RowResult[] };

/** The bytes of a request, one character a byte, marked as ours. */
function write(target: AttackTarget, row: string, attempt: Attempt): string {
  const {
    method = 'GET',
    path = '/',
    version: http = 'HTTP/1.1',
    host = target.authority,
    lines = [],
    body = '',
  } = attempt;
  const authorization = attempt.authorization === undefined ? `Bearer ${target.token}` : attempt.authorization;
  const head = [
    `${method} ${attempt.target ?? `${target.basePath}${path}`} ${http}`,
    `Host: ${host}`,
    ...(authorization === null ? [] : [`Authorization: ${authorization}`]),
    `User-Agent: sallyport-attack/${version}`,
    `Sallyport-Attack: ${row}`,
    'Accept: application/json',
  ];
  return [...head, ...lines, '', body].join('\r\n');
}

function createAttacker(target: AttackTarget, row: string, baseline: UserInfo): Attacker {
  const exchange = async (...attempts: Attempt[]) =>
    exchangeRaw(
      target,
      attempts.map((attempt) => write(target, row, attempt)),
    );
  return {
    token: target.token,
    baseline,
    send: async (attempt) => (await exchange(attempt))[0]!,
    sendTwo: async (first, second) => (await exchange(first, second)) as [RawReply, RawReply],
  };
}

/**
 * Whom the cluster takes the token's owner for, before anything is tried. Throws CliError where that cannot be found
 * out.
 */
async function findBaseline(target: AttackTarget): Promise<UserInfo> {
  const [reply] = await exchangeRaw(target, [write(target, 'baseline', review())]);
  const found = readUserInfo(reply!);
  if (found) return found;
  if (reply!.status === 401)
    throw new CliError(
      'not-logged-in',
      'the gateway does not take the token',
      'Give one that is live: it is what "sallyport exec-credential" prints, or a person\'s of your own making.',
    );
  throw new CliError(
    'refused',
    `a plain SelfSubjectReview is answered with ${reply!.status === 0 ? 'nothing' : reply!.status}, so nothing could be judged`,
    "Name a cluster that the token's owner may reach: --target https://gate.example.com:8443/clusters/dev",
  );
}

const worst = (verdicts: readonly Verdict[]): Verdict['result'] =>
  verdicts.some(({ result }) => result === 'hole')
    ? 'hole'
    : verdicts.some(({ result }) => result === 'held')
      ? 'held'
      : 'unjudged';

async function runRow(
  target: AttackTarget,
  { row, attack, probes }: AttackRow,
  baseline: UserInfo,
  done: () => void,
): Promise<RowResult> {
  const attacker = createAttacker(target, row, baseline);
  const found: RowResult['probes'] = [];
  for (const { what, judge } of probes) {
    const verdict = await judge(attacker).catch((error: unknown) =>
      unjudged(`no connection: ${(error as { code?: string }).code ?? 'failed'}`),
    );
    found.push({ what, ...verdict });
    done();
  }
  return { row, attack, result: worst(found), probes: found };
}

/** Runs every row against a gateway, one request after the other; `tell` hears how far it is. */
export async function runAttack(
  target: AttackTarget,
  tell: (done: number, all: number, row: string) => void,
): Promise<AttackResult> {
  const user = await findBaseline(target);
  const rows: RowResult[] = [];
  let done = 0;
  for (const row of attackRows) {
    rows.push(await runRow(target, row, user, () => tell((done += 1), probeCount, row.row)));
  }
  return { user, rows };
}
