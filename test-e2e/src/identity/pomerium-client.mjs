// A client that speaks Pomerium's protocol as its command line does: `k8s exec-credential`, `k8s flush-credentials`,
// `routes list`, `auth`. It is written from the protocol, to be kubectl's exec plugin where the real one is not to be
// had. --release 0.29 .. 0.33 tells it which release to behave as.
import { createHash, randomBytes } from 'node:crypto';
import { mkdirSync, readFileSync, readdirSync, rmSync, writeFileSync } from 'node:fs';
import { createServer } from 'node:http';
import { get as getHttp } from 'node:http';
import { get as getHttps } from 'node:https';
import path from 'node:path';
import process from 'node:process';
import { parseArgs } from 'node:util';

const { values: options, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    release: { type: 'string', default: '0.33' },
    'alternate-ca-path': { type: 'string' },
    'service-account': { type: 'string' },
    'service-account-file': { type: 'string' },
  },
});
const minor = Number(options.release.split('.')[1]);
const ca = options['alternate-ca-path'] === undefined ? undefined : readFileSync(options['alternate-ca-path']);
const root = path.join(process.env.XDG_CACHE_HOME, 'pomerium-cli');
class Unauthenticated extends Error {}

/**
 * Go's client: ten seconds, and redirects are followed, whatever they lead to. Where this one follows one, it says so,
 * for a gateway must not send it any.
 */
async function fetchAt(address, headers = {}, redirects = 0) {
  const answer = await new Promise((resolve, reject) => {
    const send = address.startsWith('https:') ? getHttps : getHttp;
    const request = send(
      address,
      {
        ca,
        headers: { 'user-agent': 'Go-http-client/1.1', ...headers },
        agent: false,
        signal: AbortSignal.timeout(10_000),
      },
      (response) => {
        const chunks = [];
        response.on('data', (chunk) => chunks.push(chunk));
        response.on('error', reject);
        response.on('end', () =>
          resolve({
            status: response.statusCode,
            location: response.headers.location,
            body: Buffer.concat(chunks).toString(),
          }),
        );
      },
    );
    request.on('error', reject);
  });
  if ([301, 302, 303, 307, 308].includes(answer.status) && answer.location !== undefined) {
    process.stderr.write(`followed a redirect to ${answer.location}\n`);
    if (redirects >= 10) throw new Error('stopped after 10 redirects');
    return fetchAt(new URL(answer.location, address).href, headers, redirects + 1);
  }
  if (answer.status === 401) throw new Unauthenticated('unexpected status code: 401');
  if (answer.status < 200 || answer.status > 299) throw new Error(`unexpected status code: ${answer.status}`);
  return answer.body;
}

/** The path of the server's URL is dropped: everything is asked at its origin. */
const at = (server, where) => new URL(where, server).href;
const withToken = (token) => ({ accept: 'application/json', authorization: `Bearer Pomerium-${token}` });

/** Takes the JWT for a JWS of any algorithm and looks at nothing but its end. */
function expiryOf(token) {
  const parts = token.split('.');
  if (parts.length !== 3 || parts.some((part) => part === ''))
    throw new Error('compact JWS format must have three parts');
  const { exp } = JSON.parse(Buffer.from(parts[1], 'base64url').toString());
  if (exp !== undefined && !Number.isInteger(exp)) throw new Error('exp is not an integer');
  return exp === undefined ? undefined : exp * 1000;
}

/**
 * Waits on loopback; releases from 0.32 on under a path of their own, with exactly one parameter and the right host.
 */
function waitForToken() {
  const strict = minor >= 32;
  const callback = strict ? `/callback/${randomBytes(32).toString('base64url')}` : '';
  let take;
  const token = new Promise((resolve) => {
    take = resolve;
  });
  const server = createServer((request, response) => {
    const url = new URL(request.url, 'http://x');
    const given = url.searchParams.getAll('pomerium_jwt');
    const own =
      !strict ||
      (request.headers.host === `127.0.0.1:${server.address().port}` &&
        url.pathname === callback &&
        request.method === 'GET' &&
        [...url.searchParams.keys()].length === 1);
    if (!own || given.length !== 1 || given[0] === '') return response.writeHead(404).end('not found\n');
    response
      .writeHead(200, { 'content-type': 'text/plain', connection: 'close' })
      .end('login complete, you may close this page');
    take(given[0]);
  });
  return new Promise((resolve) => {
    server.listen(0, '127.0.0.1', () =>
      resolve({
        redirect: `http://127.0.0.1:${server.address().port}${callback}`,
        token,
        close: () => {
          server.close();
          server.closeIdleConnections();
        },
      }),
    );
  });
}

async function logIn(server) {
  if (options['service-account'] !== undefined) return options['service-account'];
  if (options['service-account-file'] !== undefined)
    return readFileSync(options['service-account-file'], 'utf8').trim();
  const waiting = await waitForToken();
  const page = await fetchAt(
    `${at(server, '/.pomerium/api/v1/login')}?${new URLSearchParams({ pomerium_redirect_uri: waiting.redirect })}`,
  );
  process.stderr.write(`Your browser has been opened to visit:\n\n${page}\n\n`);
  const token = await waiting.token;
  waiting.close();
  return token;
}

const store = (directory, name, text) => {
  mkdirSync(path.join(root, directory), { recursive: true });
  writeFileSync(path.join(root, directory, name), text, { mode: 0o600 });
};
const load = (directory, name) => {
  try {
    return readFileSync(path.join(root, directory, name), 'utf8');
  } catch {
    return undefined;
  }
};
const nameOf = (server) => `${createHash('sha256').update(server).digest('hex')}.json`;
const check = (server, token) => fetchAt(at(server, minor >= 33 ? '/healthz' : '/livez'), withToken(token));

async function execCredential(server) {
  const cached = JSON.parse(load('exec-credential', nameOf(server)) ?? 'null');
  if (cached?.status && Date.parse(cached.status.expirationTimestamp) > Date.now()) {
    try {
      await check(server, cached.status.token.slice('Pomerium-'.length));
      return console.log(JSON.stringify(cached));
    } catch {
      /* log in again */
    }
  }
  const token = await logIn(server);
  const expires = expiryOf(token);
  const made = JSON.stringify({
    kind: 'ExecCredential',
    apiVersion: 'client.authentication.k8s.io/v1',
    status: {
      expirationTimestamp:
        expires === undefined ? '0001-01-01T00:00:00Z' : new Date(expires).toISOString().replace('.000Z', 'Z'),
      token: `Pomerium-${token}`,
    },
  });
  store('exec-credential', nameOf(server), made);
  console.log(made);
}

function flush(server) {
  if (server !== undefined) return rmSync(path.join(root, 'exec-credential', nameOf(server)));
  for (const name of readdirSync(path.join(root, 'exec-credential'))) rmSync(path.join(root, 'exec-credential', name));
}

/** The token of a host, kept apart from kubectl's; `work` is tried with the kept one first. */
async function withKeptToken(server, work) {
  const name = `${createHash('sha256').update(new URL(server).host).digest('hex')}.jwt`;
  const kept = load('jwts', name);
  if (kept !== undefined && !(expiryOf(kept) < Date.now())) {
    try {
      return await work(kept);
    } catch (error) {
      if (!(error instanceof Unauthenticated)) throw error;
    }
  }
  const token = await logIn(server);
  store('jwts', name, token);
  return work(token);
}

const [command, ...rest] = positionals;
try {
  if (command === 'k8s' && rest[0] === 'exec-credential') await execCredential(rest[1]);
  else if (command === 'k8s' && rest[0] === 'flush-credentials') flush(rest[1]);
  else if (command === 'routes' && rest[0] === 'list')
    console.log(
      JSON.stringify(
        JSON.parse(
          await withKeptToken(rest[1], (token) => fetchAt(at(rest[1], '/.pomerium/api/v1/routes'), withToken(token))),
        ).routes,
      ),
    );
  else if (command === 'auth')
    console.log(await withKeptToken(rest[0], async (token) => (await check(rest[0], token), token)));
  else throw new Error(`unknown command ${positionals.join(' ')}`);
} catch (error) {
  process.stderr.write(`error: ${error.message}\n`);
  process.exitCode = 1;
}
