import type { Response } from 'express';
import { pasteRedirect } from './redirect-uri.ts';
import type { LoginGoal } from './pending-login.ts';
import { html, sendPage, type Html } from '../pages/render-page.ts';

function describeGoal(goal: LoginGoal): Html {
  if (goal.kind === 'browser') return html`<p>If you go on, you are logged in here, in this browser.</p>`;
  if (goal.kind === 'device')
    return html`<p>If you go on, you see which device asks to be logged in as you, and approve or deny.</p>`;
  if (goal.redirectUri === pasteRedirect)
    return html`<p>If you go on, this page shows a code that logs in a program as you.</p>`;
  return html`<p>If you go on, a program gets a session of yours, with everything that you may do. It waits at <strong>${new URL(goal.redirectUri).host}</strong>.</p>`;
}

/**
 * Asks a person whom another site sent here whether they want to log in: with single sign-on nothing else would ask
 * them. A link, because a form's policy would forbid the way on to the provider.
 */
export function showLoginQuestion(
  goal: LoginGoal,
  { path, query }: { path: string; query: URLSearchParams },
  response: Response,
): void {
  const address = query.size > 0 ? `${path}?${query.toString()}` : path;
  sendPage(
    response,
    200,
    'Log in?',
    html`<p>Another website sent you here to log in.</p>
${describeGoal(goal)}
<p><a class="act" href="${address}">Log in</a></p>
<p class="note">Did you not begin this yourself? Then close this page. Nothing has happened.</p>`,
  );
}
