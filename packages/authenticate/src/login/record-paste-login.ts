import type { IncomingMessage } from 'node:http';
import { addressBlock } from '@sallyport/audit-log';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import type { LoginDeps } from './login-deps.ts';
import { requesterSchema, kinds, pendingLoginLifeMs } from './pending-login.ts';

/** Logins per address and window. A whole office may share one address. */
const maxLogins = 300;
const windowMs = 600_000;

/**
 * Records which program requested a login whose code the user will paste, because the page shows it. The first request
 * counts: the same program may repeat it, but another program with the same code challenge is refused (`conflict`).
 */
export async function recordPasteLogin(
  { singleUse, monitor }: Pick<LoginDeps, 'singleUse' | 'monitor'>,
  challenge: string,
  request: IncomingMessage,
): Promise<void> {
  const facts = readClientFacts(request);
  if (
    (await singleUse.count(
      kinds.requestCount,
      facts.clientAddress === undefined ? 'unknown' : addressBlock(facts.clientAddress),
      windowMs,
    )) > maxLogins
  ) {
    monitor.limited('pasted-codes', facts.clientAddress);
    throw new ProblemError(
      'too-many-requests',
      'Too many logins were started from your address. Wait ten minutes and try again.',
    );
  }
  if (await singleUse.claim(kinds.requester, challenge, facts, pendingLoginLifeMs)) return;
  const { data: first } = requesterSchema.safeParse(await singleUse.read(kinds.requester, challenge));
  if (first?.clientAddress === facts.clientAddress && first?.userAgent === facts.userAgent) return;
  throw new ProblemError(
    'conflict',
    'Another program has started a login with this code_challenge. Start again with a new one.',
  );
}
