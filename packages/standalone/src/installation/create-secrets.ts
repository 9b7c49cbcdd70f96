import { createPublicKey, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  createCertificateAuthority,
  openCertificateAuthority,
  type CertificateAuthority,
} from '@sallyport/bed/certificates';
import { serviceNames } from '@sallyport/contracts';
import { dayMs } from '@sallyport/contracts/text';
import { makeIdentityKey, makeSigningKey } from '../settings/make-keys.ts';
import type { KeptSecrets } from './kept-secrets.ts';

/** What can be made. */
export const secretGroups = ['keys', 'internal-tls', 'gateway-tls', 'evaluation'] as const;
export type SecretGroup = (typeof secretGroups)[number];

export type SecretsRequest = {
  /** The beginning of all names. */
  name: string;
  namespace: string;
  make: ReadonlySet<SecretGroup>;
  /** The hosts that the gateway's certificate is for. */
  gatewayHosts: readonly string[];
  now(): number;
};

/** As long as the authority itself. The services trust no one else's, and read theirs only at the start. */
const internalDays = 10 * 365 - 1;
/** What browsers and macOS accept of an authority that was added by hand. */
const gatewayDays = 825;

async function makeKeys({ name }: SecretsRequest, secrets: KeptSecrets): Promise<void> {
  const published: Record<string, string> = {};
  const makeKey = async (secret: string, entry: string, make: () => string) =>
    createPublicKey((await secrets.ensure(secret, [entry], () => ({ [entry]: make() })))[entry]!);
  for (const service of serviceNames) {
    const key = await makeKey(`${name}-${service}-key`, 'private.pem', makeSigningKey);
    published[`${service}.pub`] = key.export({ type: 'spki', format: 'der' }).toString('base64');
  }
  const checkpoints = await makeKey(`${name}-checkpoint-key`, 'checkpoints.pem', makeSigningKey);
  published['checkpoints-public.pem'] = checkpoints.export({ type: 'spki', format: 'pem' }).toString();
  await secrets.ensure(`${name}-session-key`, ['key'], () => ({ key: randomBytes(32).toString('base64') }));
  await makeKey(`${name}-identity-key`, 'identity.pem', makeIdentityKey);
  await secrets.publish(`${name}-public-keys`, published);
}

async function openAuthority({ name }: SecretsRequest, secrets: KeptSecrets): Promise<CertificateAuthority> {
  const kept = await secrets.ensure(`${name}-ca`, ['ca.crt', 'ca.key'], async () => {
    const made = await createCertificateAuthority({ name });
    return { 'ca.crt': made.caPem, 'ca.key': made.keyPem };
  });
  return openCertificateAuthority({ caPem: kept['ca.crt']!, keyPem: kept['ca.key']! });
}

async function issue(authority: CertificateAuthority, hosts: readonly string[], days: number, now: number) {
  const ends = Math.min(now + days * dayMs, new X509Certificate(authority.caPem).validToDate.getTime());
  const { certPem, keyPem: key } = await authority.issue({
    commonName: hosts[0]!.slice(0, 64),
    dnsNames: hosts.filter((host) => isIP(host) === 0),
    ipAddresses: hosts.filter((host) => isIP(host) !== 0),
    server: true,
    notAfter: new Date(ends),
  });
  return { 'tls.crt': certPem, 'tls.key': key, 'ca.crt': authority.caPem };
}

/** Refuses to go on with a certificate that clients would refuse. */
function refuseUnusable(secret: string, pem: string, hosts: readonly string[], now: number): void {
  const certificate = new X509Certificate(pem);
  const isFor = (host: string) =>
    (isIP(host) === 0 ? certificate.checkHost(host) : certificate.checkIP(host)) !== undefined;
  const foreign = hosts.filter((host) => !isFor(host));
  const fault =
    certificate.validToDate.getTime() <= now
      ? 'has expired'
      : foreign.length > 0
        ? `is not valid for ${foreign.join(' and ')}`
        : undefined;
  if (fault !== undefined)
    throw new Error(
      `the certificate in the Secret ${secret} ${fault}. Delete this Secret and upgrade again, so that a new one is issued: kubectl delete secret ${secret}`,
    );
}

async function makeCertificates(request: SecretsRequest, secrets: KeptSecrets): Promise<void> {
  const { name, namespace, make, gatewayHosts, now } = request;
  const authority = await openAuthority(request, secrets);
  const ensure = async (secret: string, hosts: readonly string[], days: number, checked = hosts) => {
    const entries = ['tls.crt', 'tls.key', 'ca.crt'];
    const make = () => issue(authority, hosts, days, now());
    const made = await secrets.ensure(secret, entries, make, 'kubernetes.io/tls');
    refuseUnusable(secret, made['tls.crt']!, checked, now());
    return made;
  };
  if (make.has('internal-tls'))
    for (const service of ['authenticate', 'authorize', 'audit'])
      await ensure(`${name}-${service}-tls`, [`${name}-${service}`], internalDays);
  if (make.has('gateway-tls')) {
    // The last two are for clients in the cluster.
    const hosts = [...gatewayHosts, `${name}-proxy`, `${name}-proxy.${namespace}.svc`];
    const made = await ensure(`${name}-gateway-tls`, hosts, gatewayDays, gatewayHosts);
    await secrets.publish(`${name}-gateway-ca`, { 'ca.crt': made['ca.crt']! });
  }
}

async function makeEvaluation({ name }: SecretsRequest, secrets: KeptSecrets): Promise<void> {
  const password = () => randomBytes(24).toString('base64url');
  const entries = ['oidc-client-secret', 'redis-password', 'redis-url', 'postgres-password', 'postgres-url'];
  await secrets.ensure(`${name}-evaluation`, entries, () => {
    const [redis, postgres] = [password(), password()];
    return {
      'oidc-client-secret': password(),
      'redis-password': redis,
      'redis-url': `redis://:${redis}@${name}-redis:6379/0`,
      'postgres-password': postgres,
      'postgres-url': `postgres://sallyport:${postgres}@${name}-postgres:5432/sallyport`,
    };
  });
}

/** Creates the Secrets of an installation that do not exist, and the ConfigMaps that follow from them. */
export async function createSecrets(request: SecretsRequest, secrets: KeptSecrets): Promise<void> {
  const { make } = request;
  if (make.has('keys')) await makeKeys(request, secrets);
  if (make.has('internal-tls') || make.has('gateway-tls')) await makeCertificates(request, secrets);
  if (make.has('evaluation')) await makeEvaluation(request, secrets);
}
