import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { html, type Html, createPages } from '@sallyport/pages';
import type { Credential } from '../home/stored-credential.ts';
import { CliError } from '../terminal/cli-error.ts';
import { randomText } from './login-calls.ts';

/** Answers the redirected browser. `host` is the gateway that the login is for. */
function answerPage(
  response: ServerResponse,
  { host, status = 200, title, text }: { host: string; status?: number; title: string; text: Html },
): void {
  response.setHeader('connection', 'close');
  createPages({ host }).send(response, status, title, html`<p>${text}</p>`);
}

/** Waits on loopback for the browser's redirect (RFC 8252 section 7.3). */
export type LoopbackListener = Awaited<ReturnType<typeof startLoopbackListener>>;

/** `host` is the authority of the listener, which is known once it listens; `gateway` is that of the gateway. */
type Callback = {
  gateway: string;
  host: string;
  path: string;
  state: string;
  /** Exchanges the code, once: a browser may repeat the redirect. */
  redeem(code: string): Promise<Credential>;
  reject(error: CliError): void;
};

const loginRefused = (error: string, description: string | null) =>
  new CliError(
    'login-failed',
    `the login was refused: ${(description ?? error).slice(0, 500)}`,
    'Try again, or ask the operator of the gateway.',
  );

const refused = html`The login was refused. See your terminal for the reason. You can close this window.`;

function handleCallback(callback: Callback, request: IncomingMessage, response: ServerResponse): void {
  const answer = (title: string, text: Html, status = 200) =>
    answerPage(response, { host: callback.gateway, status, title, text });
  const url = new URL(request.url ?? '/', 'http://127.0.0.1');
  // The Host header is checked to prevent DNS rebinding. The path and the state keep out other pages in the browser.
  if (request.method !== 'GET' || request.headers.host !== callback.host || url.pathname !== callback.path)
    return answer('Not found', html`There is nothing here.`, 404);
  const query = url.searchParams;
  if (query.get('state') !== callback.state)
    return answer(
      'Not your login',
      html`This response does not belong to the login in progress. Start again with <code>sallyport login</code>.`,
      400,
    );
  const [error, code] = [query.get('error'), query.get('code')];
  if (error !== null) {
    answer('Not logged in', refused);
    return callback.reject(loginRefused(error, query.get('error_description')));
  }
  if (code === null || code === '' || code.length > 2048)
    return answer('No code', html`The response contains no code. Start again with <code>sallyport login</code>.`, 400);
  void callback.redeem(code).then(
    ({ user }) =>
      answer(
        'You are logged in',
        html`You are <strong><bdi>${user}</bdi></strong>. You can close this window and return to your terminal.`,
      ),
    () => answer('Not logged in', refused),
  );
}

const cannotListen = (cause: Error) =>
  new CliError(
    'login-failed',
    'cannot listen on a port of 127.0.0.1, to which the browser must return',
    'Check local firewalls and sandboxes.',
    { cause },
  );

/**
 * Starts the listener on a free port of 127.0.0.1, under a path that cannot be guessed. It accepts only a response with
 * this `state`, and exchanges its code. Its pages name the host of the gateway, and who is logged in.
 */
export async function startLoopbackListener(
  state: string,
  gateway: string,
  exchange: (code: string, redirectUri: string) => Promise<Credential>,
) {
  let resolve: (credential: Promise<Credential>) => void;
  let reject: (error: CliError) => void;
  const result = new Promise<Credential>((resolveIt, rejectIt) => {
    [resolve, reject] = [resolveIt, rejectIt];
  });
  result.catch(() => {});
  let redeemed: Promise<Credential> | undefined;
  const callback: Callback = {
    gateway,
    host: '',
    path: `/${randomText()}/callback`,
    state,
    redeem(code) {
      redeemed ??= exchange(code, `http://${callback.host}${callback.path}`);
      resolve(redeemed);
      return redeemed;
    },
    reject: (error) => reject(error),
  };
  const server = createServer({ maxHeaderSize: 32_768 }, (request, response) => {
    try {
      handleCallback(callback, request, response);
    } catch {
      answerPage(response, {
        host: gateway,
        status: 400,
        title: 'Bad request',
        text: html`This request could not be understood.`,
      });
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) => reject(cannotListen(error)));
    server.listen(0, '127.0.0.1', resolve);
  });
  callback.host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `http://${callback.host}${callback.path}`,
    /** Resolves with the credential. Rejects with a CliError if the login was refused. */
    credential: () => result,
    // Idle connections of the browser must not keep the program running, but a page in transit may finish.
    close: () => {
      server.close();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 500).unref();
    },
  };
}
