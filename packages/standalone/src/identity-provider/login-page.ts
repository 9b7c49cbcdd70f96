import type { ServerResponse } from 'node:http';
import { createPages, html, type Html, type Pages } from '@sallyport/pages';
import type { Person } from './people.ts';

/** Creates the pages of the provider. Its forms lead back to the gateway. */
export const createProviderPages = (issuer: string): Pages =>
  createPages({ host: new URL(issuer).host, name: 'Demo identity provider', formsLeave: true });

/** Returns the people whose password is the part of their address before the @. The page may show it. */
const peopleToShow = (people: readonly Person[]) =>
  people.filter(({ user, password }) => password === user.split('@', 1)[0]);

/** Returns the form. It has no action, so it is posted to its own URL. */
function loginForm(filled: { login: string; password: string }, message: string | undefined): Html {
  const fault = message === undefined ? { markup: '' } : html`<p class="note" role="alert">${message}</p>\n`;
  const focus = { markup: ' autofocus' };
  const [first, last] = filled.password === '' ? [focus, { markup: '' }] : [{ markup: '' }, focus];
  return html`${fault}<form method="post" autocomplete="off">
<label for="login">Email address</label>
<input name="login" id="login" class="text" type="text" value="${filled.login}" autocapitalize="none" spellcheck="false" required${first}>
<label for="password">Password</label>
<input name="password" id="password" class="text" type="password" value="${filled.password}" required>
<p><button type="submit"${last}>Log in</button></p>
</form>`;
}

/** Returns the list of people. A link fills in the form. */
function listOf(people: readonly Person[]): Html {
  if (people.length === 0) return { markup: '' };
  const items = people.map(
    ({ user, groups }) =>
      html`<li><a class="choice" href="?as=${encodeURIComponent(user)}">${user} <small>${groups.length > 0 ? groups.join(', ') : 'in no group'}</small></a></li>`,
  );
  return html`
<nav aria-labelledby="people"><h2 id="people">People of this demo</h2>
<p class="quiet">Choose one to fill in the form. Each password is the part of the address before the @.</p>
<ul>${items}</ul></nav>`;
}

/** Sends the login page: the form, filled in for `as`, and the people to choose from. */
export function sendLoginPage(
  pages: Pages,
  response: ServerResponse,
  about: { people: readonly Person[]; status?: number; login?: string; as?: string | undefined; message?: string },
): void {
  const { people, status = 200, login = '', as, message } = about;
  const shown = peopleToShow(people);
  const chosen = shown.find(({ user }) => user === as);
  const filled = chosen ? { login: chosen.user, password: chosen.password } : { login, password: '' };
  pages.send(response, status, 'Log in', html`${loginForm(filled, message)}${listOf(shown)}`);
}

/** Returns the body of a page for an error of the provider. */
export const errorText = (message: string): Html => html`<p>${message}</p>`;
export const errorTitle = 'The login failed';
