import type { Request, Response } from 'express';
import { ProblemError, readClientFacts } from '@sallyport/kit';
import { requesterSchema, kinds } from './pending-login.ts';
import type { LoginDeps } from './login-deps.ts';
import { compareAddress } from '../pages/compare-address.ts';
import { html } from '@sallyport/pages';

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
