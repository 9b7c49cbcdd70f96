import { X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import { ask, messageOf, type Answer } from './ask.ts';

export type InstallationRequest = {
  /** The address of the gateway inside of the cluster, and the one that people type. */
  gateway: string;
  url: string;
  /** The certificate in the gateway's Secret. Without it, the one that the gateway serves is only examined. */
  certificatePem?: string;
  /** The addresses of the other services, with the authority that verifies them if they have TLS. */
  services: readonly { name: string; url: string; caPem?: string }[];
  /** The cluster that a request is made for. */
  cluster: string;
};

/** One thing that was asked, and what is wrong with the answer. */
export type Finding = { asked: string; fault?: string };

/** Returns the status of an answer and its message, if it has one: a page or a plain text has none. */
function wordsOf(answer: Answer): string {
  const message = messageOf(answer);
  return message === undefined ? String(answer.status) : `${answer.status}: ${message}`;
}

async function find(asked: string, check: () => Promise<string | undefined>): Promise<Finding> {
  try {
    const fault = await check();
    return fault === undefined ? { asked } : { asked, fault };
  } catch (error) {
    return { asked, fault: (error as Error).message };
  }
}

/** Asks every service of an installation, and makes a request that authorize has to decide. Returns what was found. */
export async function checkInstallation(request: InstallationRequest): Promise<Finding[]> {
  const { hostname: host, host: authority } = new URL(request.url);
  // The certificate is compared with the one in the Secret, so its authority need not be known here.
  const options = {
    rejectUnauthorized: false,
    ...(isIP(host) === 0 ? { servername: host } : {}),
    headers: { host: authority, 'user-agent': 'sallyport-check-installation' },
  };
  const askGateway = (path: string, headers: Record<string, string> = {}) =>
    ask(new URL(path, request.gateway), { ...options, headers: { ...options.headers, ...headers } });
  const expected = request.certificatePem === undefined ? undefined : new X509Certificate(request.certificatePem);
  return [
    await find(`the gateway answers at ${request.gateway}`, async () => {
      const answer = await askGateway('/livez');
      return answer.status === 200 ? undefined : `answered ${wordsOf(answer)}`;
    }),
    await find(`its certificate is ${expected ? 'the one in its Secret, and ' : ''}valid for ${host}`, async () => {
      const { certificate } = await askGateway('/livez');
      if (!certificate) return 'it serves none';
      if (expected && certificate.fingerprint256 !== expected.fingerprint256)
        return 'it serves another one. A changed Secret takes about a minute to arrive';
      if (certificate.validToDate.getTime() < Date.now()) return `it expired on ${certificate.validTo}`;
      const named = isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host);
      return named === undefined ? 'it names other hosts. Issue one for the host in gateway.url' : undefined;
    }),
    ...(await Promise.all(
      request.services.map(({ name, url, caPem }) =>
        find(`${name} answers at ${url}, and refuses calls without a key`, async () => {
          const answer = await ask(new URL('/v1/', url), caPem === undefined ? {} : { ca: caPem });
          return answer.status === 401 ? undefined : `answered ${wordsOf(answer)} instead of 401`;
        }),
      ),
    )),
    await find(
      `authorize decides a request for the cluster ${request.cluster}: a token without a session is refused`,
      async () => {
        const answer = await askGateway(`/clusters/${request.cluster}/api`, {
          authorization: 'Bearer no-session-has-this-token',
        });
        return answer.status === 401 ? undefined : `answered ${wordsOf(answer)} instead of 401`;
      },
    ),
    await find('authenticate leads to the identity provider', async () => {
      const answer = await askGateway('/.sallyport/login?return_to=/.sallyport/me', { accept: 'text/html' });
      // With several providers, a page lets people choose.
      return answer.status === 200 || (answer.status >= 300 && answer.status < 400)
        ? undefined
        : `answered ${wordsOf(answer)}. Is the provider reachable from the pods of authenticate?`;
    }),
  ];
}
