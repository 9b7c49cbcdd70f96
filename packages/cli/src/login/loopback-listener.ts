import { createServer, type IncomingMessage, type ServerResponse } from 'node:http';
import type { AddressInfo } from 'node:net';
import { CliError } from '../terminal/cli-error.ts';
import { answerPage as answer } from './loopback-page.ts';
import { randomText } from './pkce.ts';

/** Waits on loopback for the browser to come back (RFC 8252 section 7.3). */
export type LoopbackListener = {
  redirectUri: string;
  /** The one-time code. Rejects with a CliError when the login was refused. */
  code(): Promise<string>;
  close(): void;
};

const stopped = (error: string, description: string | null) => {
  const said = description ?? error;
  return new CliError(
    'login-failed',
    `the login was refused: ${said.slice(0, 500)}`,
    'Try again, or ask whoever runs the gateway.',
  );
};

/**
 * Starts the listener on a free port of 127.0.0.1, under a path that nobody guesses; only an answer with `state`
 * counts.
 */
export async function startLoopbackListener(state: string): Promise<LoopbackListener> {
  const path = `/${randomText()}/callback`;
  let host = '';
  let settle: { resolve(code: string): void; reject(error: unknown): void };
  const result = new Promise<string>((resolve, reject) => {
    settle = { resolve, reject };
  });
  result.catch(() => {});
  const handle = (request: IncomingMessage, response: ServerResponse) => {
    const url = new URL(request.url ?? '/', 'http://127.0.0.1');
    // The Host header is checked against DNS rebinding; the path and the state keep out every other page of the
    // browser.
    if (request.method !== 'GET' || request.headers.host !== host || url.pathname !== path)
      return answer(response, 404, 'Not found', 'There is nothing here.');
    const query = url.searchParams;
    if (query.get('state') !== state)
      return answer(
        response,
        400,
        'Not your login',
        'This answer does not belong to the login that is waiting here. Start again with <code>sallyport login</code>.',
      );
    const [error, code] = [query.get('error'), query.get('code')];
    if (error !== null) {
      answer(
        response,
        200,
        'Not logged in',
        'The login was refused; the terminal says why. You can close this window.',
      );
      return settle.reject(stopped(error, query.get('error_description')));
    }
    if (code === null || code === '' || code.length > 2048)
      return answer(
        response,
        400,
        'No code',
        'The answer carries no code. Start again with <code>sallyport login</code>.',
      );
    answer(response, 200, 'You are logged in', 'You can close this window and go back to the terminal.');
    return settle.resolve(code);
  };
  const server = createServer({ maxHeaderSize: 32_768 }, (request, response) => {
    try {
      handle(request, response);
    } catch {
      answer(response, 400, 'Not understood', 'This request is not understood.');
    }
  });
  await new Promise<void>((resolve, reject) => {
    server.once('error', (error) =>
      reject(
        new CliError(
          'login-failed',
          'no port on 127.0.0.1 can be opened for the browser to come back to',
          'Check local firewalls and sandboxes.',
          { cause: error },
        ),
      ),
    );
    server.listen(0, '127.0.0.1', resolve);
  });
  host = `127.0.0.1:${(server.address() as AddressInfo).port}`;
  return {
    redirectUri: `http://${host}${path}`,
    code: () => result,
    // Idle browser connections must not hold the program, but the page that is being written may finish.
    close: () => {
      server.close();
      server.closeIdleConnections();
      setTimeout(() => server.closeAllConnections(), 500).unref();
    },
  };
}
