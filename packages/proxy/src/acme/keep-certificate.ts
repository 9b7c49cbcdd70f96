import type { KeyObject } from 'node:crypto';
import { runEvery, type Logger, type Metrics } from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import { AcmeFailure } from './acme-failure.ts';
import { covers, type CertificateFiles, type KeptCertificate } from './certificate-files.ts';
import { createRetryPlan } from './retry-plan.ts';
import { createKey } from './x509.ts';

/** A certificate that is requested, and renewed in time. */
export type CertificateKeeper = {
  /** Requests a certificate as soon as these names are not all in the one that is kept. */
  use(domains: readonly string[]): void;
  /** Whether there is a certificate, valid or expired. */
  hasCertificate(): boolean;
  /** Begins. `onRenewed` is called whenever there is a new certificate. */
  start(onRenewed: () => void): void;
  /** Says why clients cannot connect now: there is no certificate, or it has expired. Undefined if they can. */
  fault(): string | undefined;
  close(): Promise<void>;
};

type KeeperDeps = {
  files: Pick<CertificateFiles, 'read' | 'write' | 'refusals' | 'writeRefusals'>;
  domains: readonly string[];
  /** Requests a certificate for a key, and returns it with its chain, PEM. */
  request(domains: readonly string[], key: KeyObject, signal: AbortSignal): Promise<string>;
  /** Says what the operator can do about a failure. */
  advise(failure: AcmeFailure): string;
  /** How the log names the ACME server. */
  server: string;
  logger: Logger;
  metrics: Metrics;
  now: () => number;
  /** Returns a number from 0 to 1. */
  random: () => number;
  /** How often it is checked whether something is due, in milliseconds. The default is a second. */
  everyMs?: number;
};

/** How long one attempt may take, in milliseconds. A server may validate many names one after the other. */
const attemptMs = 15 * 60_000;

const beginOf = ({ leaf }: KeptCertificate) => leaf.validFromDate.getTime();
const endOf = ({ leaf }: KeptCertificate) => leaf.validToDate.getTime();
const lifetimeOf = (kept: KeptCertificate) => endOf(kept) - beginOf(kept);

function createKeeperMetrics(metrics: Metrics) {
  const registers = [metrics];
  const expiry = new Gauge({
    name: 'sallyport_acme_certificate_expiry_timestamp_seconds',
    help: 'When the certificate that was requested by ACME expires, in seconds since 1970. 0: there is none yet',
    registers,
  });
  const attempts = new Counter({
    name: 'sallyport_acme_attempts_total',
    help: 'Attempts to get a certificate from the ACME server, by outcome: issued, refused (by the server) or failed',
    labelNames: ['outcome'],
    registers,
  });
  for (const outcome of ['issued', 'refused', 'failed']) attempts.inc({ outcome }, 0);
  return {
    show: (kept: KeptCertificate | undefined) => expiry.set(kept ? endOf(kept) / 1000 : 0),
    count: (outcome: 'issued' | 'refused' | 'failed') => attempts.inc({ outcome }),
  };
}

/**
 * Keeps a certificate: requests one if there is none, renews it when two thirds of its lifetime have passed, and requests
 * another when it lacks a name. The one that it has stays in use meanwhile.
 */
export function keepCertificate(deps: KeeperDeps): CertificateKeeper {
  const { files, logger, now, server } = deps;
  const shown = createKeeperMetrics(deps.metrics);
  const plan = createRetryPlan({ kept: files, now, random: deps.random });
  const ending = new AbortController();
  let { domains } = deps;
  let kept = files.read();
  let onRenewed = () => {};
  shown.show(kept);
  /** Before this time a new certificate is not renewed: with a wrong clock, it would be for ever due. */
  let renewedUntil = 0;
  const dueAt = () =>
    kept && covers(kept, domains) ? Math.max(beginOf(kept) + (lifetimeOf(kept) * 2) / 3, renewedUntil) : 0;
  const iso = (time: number) => new Date(time).toISOString();
  const report = async (error: unknown) => {
    const failure = error instanceof AcmeFailure ? error : undefined;
    const remembered = plan.failed(failure, kept && lifetimeOf(kept));
    const reason = error instanceof Error ? error.message : String(error);
    const what = failure ? deps.advise(failure) : 'check the directory data, its free space and its permissions';
    logger.error(
      {
        acmeServer: server,
        domains,
        problem: failure?.problem,
        retryAt: iso(plan.notBefore()),
        expiresAt: kept && iso(endOf(kept)),
      },
      `no certificate from the ACME server ${server}: ${reason}. What to do: ${what}`,
    );
    await remembered.catch((err: unknown) =>
      logger.warn(
        { err },
        'what the ACME server refused cannot be written down, so after a restart it may be asked too often',
      ),
    );
    shown.count(failure?.isRefusal ? 'refused' : 'failed');
  };
  const attempt = async () => {
    const wanted = domains;
    logger.info({ acmeServer: server, domains: wanted }, 'requesting a certificate');
    const key = createKey();
    const signal = AbortSignal.any([ending.signal, AbortSignal.timeout(attemptMs)]);
    const chain = await deps.request(wanted, key, signal);
    kept = await files.write(chain, key, wanted);
    renewedUntil = now() + lifetimeOf(kept) / 3;
    plan.succeeded();
    shown.count('issued');
    shown.show(kept);
    logger.info({ acmeServer: server, domains: wanted, expiresAt: iso(endOf(kept)) }, 'there is a new certificate');
    onRenewed();
  };
  const run = async () => {
    if (now() < Math.max(dueAt(), plan.notBefore())) return;
    try {
      await attempt();
    } catch (error) {
      if (!ending.signal.aborted) await report(error);
    }
  };
  let interval: ReturnType<typeof runEvery> | undefined;
  return {
    use(wanted) {
      domains = wanted;
    },
    hasCertificate: () => kept !== undefined,
    start(callback) {
      onRenewed = callback;
      interval = runEvery(deps.everyMs ?? 1000, run);
      interval.now();
    },
    fault() {
      if (!kept) return `there is no certificate from the ACME server ${server} yet`;
      return endOf(kept) < now() ? `the certificate expired at ${iso(endOf(kept))}` : undefined;
    },
    async close() {
      ending.abort();
      await interval?.close();
    },
  };
}
