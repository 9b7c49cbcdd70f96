import type { IncomingMessage } from 'node:http';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import type { Request, Response } from 'express';
import { html } from '@sallyport/pages';
import { addressKey, compareAddress } from '../http/read-request.ts';
import { type LoginDeps, requesterSchema, kinds, pendingLoginLifeMs } from './pending-login.ts';

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
  if ((await singleUse.count(kinds.requestCount, addressKey(facts.clientAddress), windowMs)) > maxLogins) {
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

/**
 * Shows an authorization code for the user to paste into their terminal, and the program that it logs in. Only that
 * program can use the code (RFC 7636).
 */
export async function showAuthorizationCode(
  deps: Pick<LoginDeps, 'singleUse' | 'pages'>,
  about: { code: string; challenge: string; user: string },
  request: Request,
  response: Response,
): Promise<void> {
  const { data: requester } = requesterSchema.safeParse(await deps.singleUse.take(kinds.requester, about.challenge));
  if (!requester)
    throw new ProblemError('login-expired', 'The program did not ask for this page itself, or it asked too long ago.');
  const here = readClientFacts(request).clientAddress;
  deps.pages.send(
    response,
    200,
    'Your code',
    html`<p>Paste this code into the terminal that is waiting for it. It works once, for five minutes.</p>
<p class="paste" id="code" tabindex="0" role="group" aria-label="One-time code">${about.code}</p>
<dl>
<dt>Logs in</dt><dd>${about.user}</dd>
<dt>Address of the terminal</dt><dd>${compareAddress(requester.clientAddress, here)}</dd>
<dt>Program</dt><dd>${requester.userAgent ?? 'unknown'}</dd>
</dl>
<p class="note">Do not give this code to anyone. A person who asks you for it would be logged in as you.</p>`,
  );
}
