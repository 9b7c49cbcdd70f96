import { readAnswer } from '../gateway/read-answer.ts';
import { tokenAnswerSchema } from '@sallyport/contracts/answers';
import { expectOk, errorDetail } from '../gateway/expect-ok.ts';
import type { GatewayClient } from '../gateway/gateway-client.ts';
import type { Credential } from '../home/stored-credential.ts';
import { CliError, describeError } from '../terminal/cli-error.ts';
import { forTerminal, shellWord } from '../terminal/for-terminal.ts';
import { startSpinner } from '../terminal/progress.ts';
import type { Environment } from '../environment/environment.ts';
import { credentialOf, pasteRedirect, loginPageUrl, cancelLogin, challengeOf, randomText } from './login-calls.ts';
import { whyNoLocalBrowser, openBrowser } from './browser.ts';
import type { LoginDemands } from './login-demands.ts';
import { startLoopbackListener, type LoopbackListener } from './loopback-listener.ts';
import { openPastedLines, type PastedLines } from '../terminal/pasted-lines.ts';

/** Whether a login may open a browser, whether the user may paste a code, and how long the user may take. */
type PageOptions = {
  browser: boolean;
  paste: boolean;
  timeoutMs: number;
  demands?: LoginDemands;
  /** Reports whether the login is no longer needed. Called twice a second. */
  abandoned?: () => boolean;
};

type Login = { client: GatewayClient; environment: Environment; options: PageOptions; verifier: string };

async function exchange({ client, verifier }: Login, code: string, redirectUri: string): Promise<Credential> {
  const answer = await client.call({
    method: 'POST',
    path: '/.sallyport/token',
    form: { grant_type: 'authorization_code', code, code_verifier: verifier, redirect_uri: redirectUri },
  });
  if (answer.status >= 400 && answer.status < 500) {
    throw new CliError(
      'login-failed',
      `the gateway did not accept the login: ${errorDetail(answer.body) ?? `status ${answer.status}`}`,
      'Log in again.',
    );
  }
  return credentialOf(readAnswer(tokenAnswerSchema, expectOk(answer, client.address.origin), 'the login'));
}

/** Accepts pasted codes until one is correct. A wrong paste does not end the login. */
async function takePasted(login: Login, lines: PastedLines): Promise<Credential> {
  for (;;) {
    const code = await lines.next();
    try {
      return await exchange(login, code, pasteRedirect);
    } catch (error) {
      if (!(error instanceof CliError) || error.exit !== 'login-failed') throw error;
      login.environment.stderr.write(
        `${describeError(error).text}  Paste the code again, or open the page again to get a new one.\n`,
      );
    }
  }
}

/** Returns the page that shows a code to paste; undefined if the gateway does not offer one. */
async function pastePage({ client, options, verifier }: Login): Promise<string | undefined> {
  if (!options.paste) return undefined;
  return loginPageUrl(client, {
    redirectUri: pasteRedirect,
    state: randomText(),
    challenge: challengeOf(verifier),
    demands: options.demands ?? {},
  }).catch((error: unknown) => {
    // The gateway cannot be reached, or rejects the request. Logging in on this machine may still work. If it does not,
    // that attempt reports the error.
    if (
      error instanceof CliError &&
      (error.exit === 'refused' || error.exit === 'usage' || error.exit === 'unreachable')
    )
      return undefined;
    throw error;
  });
}

/** Prints the pages on which the user can log in: on this machine, and without a local browser, elsewhere. */
function tellPages(
  { client, environment, options }: Login,
  pages: { here: string | undefined; paste: string | undefined; opened: boolean },
): void {
  const { here, paste, opened } = pages;
  const why = options.browser ? whyNoLocalBrowser(environment) : undefined;
  const indented = (url: string) => `\n\n  ${forTerminal(url)}\n\n`;
  const text: string[] = [];
  const first =
    opened && why === undefined
      ? 'Your browser opens this page. If it does not, open it yourself'
      : `Open this page in ${paste === undefined ? 'your browser' : 'a browser on this machine'}`;
  if (here !== undefined) text.push(`${first}:${indented(here)}`);
  if (paste !== undefined)
    text.push(
      `${here === undefined ? 'Open this page in a browser on any machine' : 'Or, if your browser is on another machine, this one, which shows a code'}:${indented(paste)}`,
      `${here === undefined ? 'It shows a code. Paste it' : 'Then paste the code'} here and press Enter.\n\n`,
    );
  if (why !== undefined && paste === undefined)
    text.push(
      `There seems to be no browser on this machine: ${why}. That page only works in a browser on this machine.\nTo log in from another machine, run: sallyport login --device --gateway ${shellWord(client.address.origin)}\n\n`,
    );
  environment.stderr.write(text.join(''));
}

/** Starts the listener for the browser's redirect. If that fails, the user may still be able to paste a code. */
async function listenFor(login: Login, state: string, mayPaste: boolean): Promise<LoopbackListener | undefined> {
  const { host } = new URL(login.client.address.origin);
  return startLoopbackListener(state, host, (code, uri) => exchange(login, code, uri)).catch((error: unknown) => {
    if (mayPaste) return undefined;
    throw error;
  });
}

/** Waits for the browser's redirect or a pasted code, whichever comes first. */
async function waitFor(
  login: Login,
  listener: LoopbackListener | undefined,
  lines: PastedLines | undefined,
): Promise<Credential> {
  const {
    environment,
    options: { timeoutMs },
  } = login;
  // A spinner would overwrite what the user pastes.
  const spinner =
    lines === undefined
      ? await startSpinner(environment, `Waiting for you to log in (up to ${Math.round(timeoutMs / 1000)} s)`)
      : undefined;
  const late = () =>
    new CliError(
      'login-failed',
      `the login was not finished within ${Math.round(timeoutMs / 1000)} seconds`,
      'Run the command again and log in on the page that it prints.',
    );
  const abandoned = () => new CliError('failed', 'the program that needed the login has ended', 'Run it again.');
  const clock = new AbortController();
  const ways = [
    ...(listener ? [listener.credential()] : []),
    ...(lines ? [takePasted(login, lines)] : []),
    new Promise<never>((_resolve, reject) => {
      const timer = setTimeout(() => reject(late()), timeoutMs);
      const watch = setInterval(() => void (login.options.abandoned?.() && reject(abandoned())), 500);
      clock.signal.addEventListener('abort', () => {
        clearTimeout(timer);
        clearInterval(watch);
      });
    }),
  ];
  try {
    return await Promise.race(ways);
  } finally {
    clock.abort();
    spinner?.stop();
    for (const way of ways) way.catch(() => undefined);
  }
}

/**
 * Logs the user in as a native app does (RFC 8252): a page in the browser, and a code that comes back on loopback or by
 * paste and is exchanged with PKCE (RFC 7636). The address of the page is always printed, because the browser that
 * opens may be the wrong one or on another machine.
 */
export async function logInOnPage(
  client: GatewayClient,
  environment: Environment,
  options: PageOptions,
): Promise<Credential> {
  const state = randomText();
  const login: Login = { client, environment, options, verifier: randomText() };
  const paste = await pastePage(login);
  const listener = await listenFor(login, state, paste !== undefined);
  let lines: PastedLines | undefined;
  let waiting = false;
  const cancel = () => (waiting ? cancelLogin(client, login.verifier) : Promise.resolve());
  const unwatch = environment.onInterrupt(cancel);
  try {
    const here =
      listener &&
      (await loginPageUrl(client, {
        redirectUri: listener.redirectUri,
        state,
        challenge: challengeOf(login.verifier),
        demands: login.options.demands ?? {},
        waitMs: options.timeoutMs,
      }));
    waiting = here !== undefined;
    const opened = here !== undefined && options.browser && (await openBrowser(environment, here));
    tellPages(login, { here, paste, opened });
    lines = paste === undefined ? undefined : openPastedLines(environment);
    const credential = await waitFor(login, listener, lines);
    waiting = false;
    return credential;
  } finally {
    unwatch();
    listener?.close();
    await cancel();
    lines?.close();
  }
}
