import { sallyportVersion } from '@sallyport/contracts/version';
import { CliError } from '../terminal/cli-error.ts';
import { attackRows, probeCount } from './attack-rows.ts';
import {
  readUserInfo,
  review,
  inconclusive,
  type Attacker,
  type AttackRow,
  type Attempt,
  type UserInfo,
  type Verdict,
} from './probe/probe.ts';
import { exchangeRaw, type RawTarget } from './probe/raw-exchange.ts';
import type { RawReply } from './probe/raw-reply.ts';

/** The cluster behind the attacked gateway. `authority` is for the Host header, and `basePath` precedes every path. */
export type AttackTarget = RawTarget & { authority: string; basePath: string; token: string };

/** The result of a row: `hole` if any attempt found one, `held` if the target withstood all others that have a result. */
export type RowResult = {
  row: string;
  attack: string;
  result: Verdict['result'];
  probes: ({ what: string } & Verdict)[];
};
export type AttackResult = { user: UserInfo; rows: RowResult[] };

/** Returns the bytes of a request, one character per byte, with the headers that mark it as an attack of this tool. */
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
    `User-Agent: sallyport-attack/${sallyportVersion}`,
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

/** Returns the identity of the token's owner at the cluster, before any attack. Throws a CliError if that fails. */
async function findBaseline(target: AttackTarget): Promise<UserInfo> {
  const [reply] = await exchangeRaw(target, [write(target, 'baseline', review())]);
  const found = readUserInfo(reply!);
  if (found) return found;
  if (reply!.status === 401)
    throw new CliError(
      'not-logged-in',
      'the gateway does not accept the token',
      'Use the token of a live session, for example from the output of "sallyport exec-credential".',
    );
  throw new CliError(
    'refused',
    `an ordinary SelfSubjectReview was answered with ${reply!.status === 0 ? 'nothing' : reply!.status}, so no attack would have a result`,
    'Give a cluster that the owner of the token may reach, such as --target https://gate.example.com:8443/clusters/dev.',
  );
}

const worst = (verdicts: readonly Verdict[]): Verdict['result'] =>
  verdicts.some(({ result }) => result === 'hole')
    ? 'hole'
    : verdicts.some(({ result }) => result === 'held')
      ? 'held'
      : 'inconclusive';

async function runRow(
  target: AttackTarget,
  { row, attack, probes }: AttackRow,
  baseline: UserInfo,
  done: () => void,
): Promise<RowResult> {
  const attacker = createAttacker(target, row, baseline);
  const found: RowResult['probes'] = [];
  for (const { what, run } of probes) {
    const verdict = await run(attacker).catch((error: unknown) =>
      inconclusive(`no connection: ${(error as { code?: string }).code ?? 'failed'}`),
    );
    found.push({ what, ...verdict });
    done();
  }
  return { row, attack, result: worst(found), probes: found };
}

/** Runs every row against a gateway, one request after the other. Calls `tell` with the progress. */
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
