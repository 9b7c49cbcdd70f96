import { readFileSync } from 'node:fs';
import type { SecureContext } from 'node:tls';
import { acmeDomains, type AcmeConfig, type Config } from '@sallyport/contracts';
import { boundFetch, type LoadedConfig, type Logger, type Metrics, type Readiness } from '@sallyport/kit';
import { createOutboundFetch } from '@sallyport/kit/outbound';
import { holdLock } from '@sallyport/spool';
import { advise } from './advise.ts';
import { acmeDirectoryOf, openCertificateFiles } from './certificate-files.ts';
import { createTlsChallenges, listenForHttpChallenges } from './challenges.ts';
import { keepCertificate } from './keep-certificate.ts';
import { readMacKey } from './read-mac-key.ts';
import { requestCertificate } from './request-certificate.ts';

/** The gateway's certificate from an ACME server. */
export type Acme = {
  /** Returns the certificate for the challenge of a host, while one is pending. Undefined unless it is tls-alpn-01. */
  challengeOf: ((host: string) => SecureContext | undefined) | undefined;
  /** Applies the names of a changed configuration. */
  use(config: Pick<Config, 'gateway' | 'clusters' | 'routes'>): void;
  /** Whether its file has a certificate, valid or expired. */
  hasCertificate(): boolean;
  /** Begins, once the gateway listens. `onRenewed` is called whenever there is a new certificate in its file. */
  start(onRenewed: () => void): void;
  close(): Promise<void>;
};

type AcmeParts = {
  loaded: LoadedConfig;
  logger: Logger;
  metrics: Metrics;
  readiness: Readiness;
  now: () => number;
  /** HTTPS_PROXY and NO_PROXY, for calls to the ACME server. */
  environment?: { httpsProxy?: string; noProxy?: string };
};

/** Opens the files of an ACME server for this process alone, and listens for its challenges. */
async function openLocked(directory: string, { challenge, httpListen }: AcmeConfig, now: () => number) {
  const files = openCertificateFiles(directory);
  const unlock = holdLock(directory);
  if (!unlock)
    throw new Error(
      `another process keeps the certificate in ${directory}: stop it, or give each process a \`data\` of its own`,
    );
  try {
    const accountKey = await files.accountKey();
    const challenges =
      challenge === 'http-01'
        ? await listenForHttpChallenges(httpListen, 'gateway.tls.acme.httpListen')
        : createTlsChallenges(now);
    return { files, accountKey, challenges, unlock };
  } catch (error) {
    unlock();
    throw error;
  }
}

/** Opens what gets the gateway's certificate by ACME, if that is configured. Locks its directory for this process. */
export async function openAcme(parts: AcmeParts): Promise<Acme | undefined> {
  const { loaded, logger, metrics, readiness, now } = parts;
  const { config, resolvePath } = loaded;
  const acme = config.gateway.tls?.acme;
  const directory = acmeDirectoryOf(loaded);
  if (acme == null || directory === undefined) return undefined;
  const { challenge, externalAccount } = acme;
  const read = (file: string) => readFileSync(resolvePath(file), 'utf8');
  const macKey = externalAccount && {
    keyId: externalAccount.keyId,
    macKey: readMacKey(read(externalAccount.macKeyFile)),
  };
  const outbound = createOutboundFetch({
    ...parts.environment,
    ...(acme.caFile == null ? {} : { ca: read(acme.caFile) }),
  });
  const opened = await openLocked(directory, acme, now).catch(async (error: unknown) => {
    await outbound.close();
    throw error;
  });
  const { files, accountKey, challenges, unlock } = opened;
  const session = {
    directory: acme.directory,
    accountKey,
    email: acme.email ?? undefined,
    externalAccount: macKey ?? undefined,
    fetch: boundFetch(outbound.fetch),
    now,
  };
  const hostsOf = (wanted: Parameters<Acme['use']>[0]) => acmeDomains(wanted).map(({ host }) => host);
  const keeper = keepCertificate({
    files,
    domains: hostsOf(config),
    request: (domains, key, signal) =>
      requestCertificate({ ...session, signal }, { domains, key, challenge, present: challenges.present }),
    advise: (failure) => advise(failure, acme),
    server: new URL(acme.directory).host,
    logger,
    metrics,
    now,
    random: Math.random,
  });
  // A gateway that counted as not ready would get no connections, and so no challenges, from what is in front of it.
  readiness.add('certificate', () => keeper.fault());
  return {
    challengeOf: challenge === 'tls-alpn-01' ? challenges.contextOf : undefined,
    // A new way to a certificate needs a restart, but names come with clusters and routes, which do not.
    use: ({ clusters, routes }) => keeper.use(hostsOf({ gateway: config.gateway, clusters, routes })),
    hasCertificate: () => keeper.hasCertificate(),
    start: (onRenewed) => keeper.start(onRenewed),
    async close() {
      await keeper.close();
      await challenges.close();
      await outbound.close();
      unlock();
    },
  };
}
