import { createPublicKey, generateKeyPairSync, randomBytes, X509Certificate } from 'node:crypto';
import { isIP } from 'node:net';
import {
  createCertificateAuthority,
  openCertificateAuthority,
  type CertificateAuthority,
} from '@sallyport/bed/certificates';
import { serviceNames } from '@sallyport/contracts';
import { makeIdentityKey } from '../settings/make-identity-key.ts';
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

const day = 86_400_000;
/** As long as the authority itself. The services trust no one else's, and read theirs only at the start. */
const internalDays = 10 * 365 - 1;
/** What browsers and macOS accept of an authority that was added by hand. */
const gatewayDays = 825;

const keyPem = () => generateKeyPairSync('ed25519').privateKey.export({ type: 'pkcs8', format: 'pem' }).toString();

async function makeKeys({ name }: SecretsRequest, secrets: KeptSecrets): Promise<void> {
  const published: Record<string, string> = {};
  for (const service of serviceNames) {
    const { 'private.pem': key } = await secrets.ensure(`${name}-${service}-key`, ['private.pem'], () => ({
      'private.pem': keyPem(),
    }));
    const publicKey = createPublicKey(key!).export({ type: 'spki', format: 'der' });
    published[`${service}.pub`] = publicKey.toString('base64');
  }
  const { 'checkpoints.pem': checkpoints } = await secrets.ensure(
    `${name}-checkpoint-key`,
    ['checkpoints.pem'],
    () => ({
      'checkpoints.pem': keyPem(),
    }),
  );
  published['checkpoints-public.pem'] = createPublicKey(checkpoints!)
    .export({ type: 'spki', format: 'pem' })
    .toString();
  await secrets.ensure(`${name}-session-key`, ['key'], () => ({ key: randomBytes(32).toString('base64') }));
  await secrets.ensure(`${name}-identity-key`, ['identity.pem'], () => ({ 'identity.pem': makeIdentityKey() }));
  await secrets.publish(`${name}-public-keys`, published);
}

async function openAuthority({ name }: SecretsRequest, secrets: KeptSecrets): Promise<CertificateAuthority> {
  const kept = await secrets.ensure(`${name}-ca`, ['ca.crt', 'ca.key'], async () => {
    const made = await createCertificateAuthority({ name });
    return { 'ca.crt': made.caPem, 'ca.key': made.keyPem };
  });
  return openCertificateAuthority({ caPem: kept['ca.crt']!, keyPem: kept['ca.key']! });
}

const certificateEntries = ['tls.crt', 'tls.key', 'ca.crt'];

type Issue = { hosts: readonly string[]; days: number };

async function issue(authority: CertificateAuthority, { now }: SecretsRequest, { hosts, days }: Issue) {
  const ends = Math.min(now() + days * day, new X509Certificate(authority.caPem).validToDate.getTime());
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
  if (make.has('internal-tls'))
    for (const service of ['authenticate', 'authorize', 'audit']) {
      const [secret, hosts] = [`${name}-${service}-tls`, [`${name}-${service}`]];
      const made = await secrets.ensure(
        secret,
        certificateEntries,
        () => issue(authority, request, { hosts, days: internalDays }),
        'kubernetes.io/tls',
      );
      refuseUnusable(secret, made['tls.crt']!, hosts, now());
    }
  if (make.has('gateway-tls')) {
    const secret = `${name}-gateway-tls`;
    // The last two are for clients in the cluster.
    const hosts = [...gatewayHosts, `${name}-proxy`, `${name}-proxy.${namespace}.svc`];
    const made = await secrets.ensure(
      secret,
      certificateEntries,
      () => issue(authority, request, { hosts, days: gatewayDays }),
      'kubernetes.io/tls',
    );
    refuseUnusable(secret, made['tls.crt']!, gatewayHosts, now());
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
