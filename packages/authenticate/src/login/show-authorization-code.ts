import type { Request, Response } from 'express';
import { ProblemError } from '@sallyport/kit';
import type { RouteDeps } from '../app/authenticate-deps.ts';
import { beganSchema, kinds } from './pending-login.ts';
import { readClientFacts } from '@sallyport/kit';
import { compareAddress } from '../pages/compare-address.ts';
import { html, sendPage } from '../pages/render-page.ts';

/**
 * Shows a one-time code for a person to carry to their terminal, and which program it logs in: it is worth something to
 * that one alone (RFC 7636).
 */
export async function showPasteCode(
  deps: RouteDeps,
  about: { code: string; challenge: string; user: string },
  request: Request,
  response: Response,
): Promise<void> {
  const { data: began } = beganSchema.safeParse(await deps.singleUse.take(kinds.began, about.challenge));
  if (!began)
    throw new ProblemError(
      'login-expired',
      'The program did not ask for this page itself, or too long ago. Start again there.',
    );
  const here = readClientFacts(request).clientAddress;
  sendPage(
    response,
    200,
    'Your code',
    html`<p>Copy this code into the terminal that waits for it. It is good for five minutes, and once.</p>
<p class="paste" id="code" tabindex="0" role="group" aria-label="One-time code">${about.code}</p>
<dl>
<dt>Logs in</dt><dd>${about.user}</dd>
<dt>Address of the terminal</dt><dd>${compareAddress(began.clientAddress, here)}</dd>
<dt>Program</dt><dd>${began.userAgent ?? 'not named'}</dd>
</dl>
<p class="note">Give it to nobody. Whoever asks you for it would be logged in as you.</p>`,
  );
}
