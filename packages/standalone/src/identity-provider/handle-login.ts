import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hashToken } from '@sallyport/kit';
import type Provider from 'oidc-provider';
import { errorPage, loginForm, sendPage } from './login-page.ts';
import type { Person } from './people.ts';
import { subjectOf } from './provider-configuration.ts';
import { readForm } from './read-form.ts';

const matches = (given: string, expected: string) =>
  timingSafeEqual(Buffer.from(hashToken(given)), Buffer.from(hashToken(expected)));

type Interaction = Awaited<ReturnType<Provider['interactionDetails']>>;

/**
 * Logs out the previous user of this browser. Otherwise oidc-provider would ask, on a page that needs a script, before it
 * logs in another person.
 */
async function forgetLastPerson(provider: Provider, interaction: Interaction): Promise<void> {
  if (interaction.session === undefined) return;
  const session = await provider.Session.find(interaction.session.cookie);
  await session?.destroy();
  delete interaction.session;
  await interaction.save(interaction.exp - Math.floor(Date.now() / 1000));
}

/** Creates the handler of the login page: shows the form, checks the password and redirects the browser. */
export function createLoginHandler(deps: { provider: Provider; people: readonly Person[] }) {
  const { provider, people } = deps;
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let interaction: Interaction;
    try {
      interaction = await provider.interactionDetails(request, response);
    } catch {
      return sendPage(
        response,
        400,
        errorPage(
          'This login has expired or was started in another browser. Go back to where you started and try again.',
        ),
      );
    }
    if (request.method === 'GET') return sendPage(response, 200, loginForm(''));
    const form = request.method === 'POST' ? await readForm(request) : undefined;
    if (!form) return sendPage(response, 400, errorPage('The request does not contain the login form.'));
    const [login, password] = [form.get('login') ?? '', form.get('password') ?? ''];
    const person = people.find(({ user }) => user === login.trim().toLowerCase());
    if (!person || !matches(password, person.password))
      return sendPage(response, 401, loginForm(login, 'Unknown e-mail address or wrong password.'));
    await forgetLastPerson(provider, interaction);
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: subjectOf(person), amr: ['pwd'] } },
      { mergeWithLastSubmission: false },
    );
  };
}
