import { sallyportVersion } from '@sallyport/contracts/version';
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
import { attackRows, probeCount } from './rows/attack-rows.ts';
import { exchangeRaw, type RawTarget } from './wire/exchange-raw.ts';
import type { RawReply } from './wire/raw-reply.ts';
import { writeRequest } from './wire/write-request.ts';

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

/** The attacks prove nothing, because an ordinary review was not answered. `status` is 0 if there was no response. */
export class NoBaseline extends Error {
  readonly status: number;
  constructor(status: number) {
    super(`an ordinary SelfSubjectReview was answered with ${status === 0 ? 'nothing' : status}`);
    this.status = status;
  }
}

/** The bytes of a request, with the headers that mark it as an attack of this tool. */
function write(target: AttackTarget, row: string, attempt: Attempt): string {
  const { method = 'GET', path = '/', version = 'HTTP/1.1', host = target.authority, lines = [], body = '' } = attempt;
  const marks = [`User-Agent: sallyport-attack/${sallyportVersion}`, `Sallyport-Attack: ${row}`];
  return writeRequest({
    method,
    target: attempt.target ?? `${target.basePath}${path}`,
    version,
    host,
    authorization: attempt.authorization === undefined ? `Bearer ${target.token}` : attempt.authorization,
    lines: [...marks, 'Accept: application/json', ...lines],
    body,
  });
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
    sendAndWait: async (attempt, silenceMs) =>
      (await exchangeRaw(target, [write(target, row, attempt), ''], silenceMs)) as [RawReply, RawReply],
  };
}

/** The identity of the token's owner at the cluster, before any attack. */
async function findBaseline(target: AttackTarget): Promise<UserInfo> {
  const [reply] = await exchangeRaw(target, [write(target, 'baseline', review())]);
  const found = readUserInfo(reply!);
  if (!found) throw new NoBaseline(reply!.status);
  return found;
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

/**
 * Runs every row against a gateway, one request after the other. Calls `tell` with the progress. Throws NoBaseline if
 * the target does not answer as it should before any attack.
 */
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
