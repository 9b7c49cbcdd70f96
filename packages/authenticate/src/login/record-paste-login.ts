import type { IncomingMessage } from 'node:http';
import { addressBlock } from '@sallyport/audit-log';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { readClientFacts } from '@sallyport/kit';
import { beganSchema, kinds, transactionLifeMs } from './pending-login.ts';

/** From one address in that time; a whole office may share one. */
const maxBegun = 300;
const windowMs = 600_000;

/**
 * Notes from where a program asked for a login whose code will be carried back by hand, for the page to say so. The
 * first word counts: the same program may ask again, and any other request that names its challenge is refused
 * (`conflict`).
 */
export async function noteBegun(
  { singleUse, watch }: RouteDeps,
  challenge: string,
  request: IncomingMessage,
): Promise<void> {
  const facts = readClientFacts(request);
  if (
    (await singleUse.count(
      kinds.beganCount,
      facts.clientAddress === undefined ? 'unknown' : addressBlock(facts.clientAddress),
      windowMs,
    )) > maxBegun
  ) {
    watch.limited('pasted-codes', facts.clientAddress);
    throw new ProblemError(
      'too-many-requests',
      'Too many logins were begun from your address. Wait ten minutes and try again.',
    );
  }
  if (await singleUse.claim(kinds.began, challenge, facts, transactionLifeMs)) return;
  const { data: first } = beganSchema.safeParse(await singleUse.read(kinds.began, challenge));
  if (first?.clientAddress === facts.clientAddress && first?.userAgent === facts.userAgent) return;
  throw new ProblemError(
    'conflict',
    'Another program has begun a login with this code_challenge. Begin with a new one.',
  );
}
