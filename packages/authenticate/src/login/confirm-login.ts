import type { Response } from 'express';
import { pasteRedirect } from './redirect-uri.ts';
import type { LoginGoal } from './pending-login.ts';
import { html, type Html, type Pages } from '@sallyport/pages';

function describeGoal(goal: LoginGoal): Html {
  if (goal.kind === 'browser') return html`<p>If you continue, this browser will be logged in.</p>`;
  if (goal.kind === 'device')
    return html`<p>If you continue, you see which device wants to log in as you, and approve or deny it.</p>`;
  if (goal.redirectUri === pasteRedirect)
    return html`<p>If you continue, this page shows a code that logs in a program as you.</p>`;
  return html`<p>If you continue, a program gets a session with all your permissions. It is waiting at <strong>${new URL(goal.redirectUri).host}</strong>.</p>`;
}

/**
 * Asks users whom another site sent here whether they want to log in, because with single sign-on nothing else would
 * ask them. Uses a link, because the Content-Security-Policy would not let a form redirect to the provider.
 */
export function confirmLogin(
  pages: Pages,
  goal: LoginGoal,
  { path, query }: { path: string; query: URLSearchParams },
  response: Response,
): void {
  const address = query.size > 0 ? `${path}?${query.toString()}` : path;
  pages.send(
    response,
    200,
    'Log in?',
    html`<p>Another website sent you here to log in.</p>
${describeGoal(goal)}
<p><a class="act" href="${address}">Log in</a></p>
<p class="note">If you did not start this login yourself, close this page. Nothing has happened.</p>`,
  );
}
