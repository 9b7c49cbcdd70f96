import { timingSafeEqual } from 'node:crypto';
import type { IncomingMessage, ServerResponse } from 'node:http';
import { hashToken } from '@sallyport/kit';
import type Provider from 'oidc-provider';
import type { Pages } from '@sallyport/pages';
import { errorText, errorTitle, sendLoginPage } from './login-page.ts';
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
export function createLoginHandler(deps: { provider: Provider; people: readonly Person[]; pages: Pages }) {
  const { provider, people, pages } = deps;
  const refuse = (response: ServerResponse, message: string) =>
    pages.send(response, 400, errorTitle, errorText(message));
  return async (request: IncomingMessage, response: ServerResponse): Promise<void> => {
    let interaction: Interaction;
    try {
      interaction = await provider.interactionDetails(request, response);
    } catch {
      return refuse(
        response,
        'This login has expired or was started in another browser. Go back to where you started and try again.',
      );
    }
    const as = new URLSearchParams(request.url?.split('?')[1]).get('as') ?? undefined;
    if (request.method === 'GET') return sendLoginPage(pages, response, { people, as });
    const form = request.method === 'POST' ? await readForm(request) : undefined;
    if (!form) return refuse(response, 'The request does not contain the login form.');
    const [login, password] = [form.get('login') ?? '', form.get('password') ?? ''];
    const person = people.find(({ user }) => user === login.trim().toLowerCase());
    if (!person || !matches(password, person.password))
      return sendLoginPage(pages, response, {
        people,
        status: 401,
        login,
        message: 'Unknown email address or wrong password.',
      });
    await forgetLastPerson(provider, interaction);
    await provider.interactionFinished(
      request,
      response,
      { login: { accountId: subjectOf(person), amr: ['pwd'] } },
      { mergeWithLastSubmission: false },
    );
  };
}
