import type { KeyObject } from 'node:crypto';
import { runEvery, type Interval, type Logger, type Metrics } from '@sallyport/kit';
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
  /** Ends an attempt that takes too long. */
  deadline?: () => AbortSignal;
  /** Checks again and again whether something is due. */
  every?: typeof runEvery;
};

const minute = 60_000;
/** How long one attempt may take, in minutes. A server may validate many names one after the other. */
const attemptMinutes = 15;

/** What the ACME server has issued, while it is not on the disk, and when that is tried again. */
type Issued = { chain: string; key: KeyObject; domains: readonly string[]; writeAt: number };

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

/** Requests a certificate with a new key. Throws an AcmeFailure, or an Error if this process is at fault. */
async function order(deps: KeeperDeps, domains: readonly string[], ending: AbortSignal): Promise<Issued> {
  const { logger, request, server, deadline = () => AbortSignal.timeout(attemptMinutes * minute) } = deps;
  logger.info({ acmeServer: server, domains }, 'requesting a certificate');
  const key = createKey();
  const late = deadline();
  try {
    return { chain: await request(domains, key, AbortSignal.any([ending, late])), key, domains, writeAt: 0 };
  } catch (error) {
    if (!late.aborted) throw error;
    throw new AcmeFailure(`it was not done within ${attemptMinutes} minutes`, { isLate: true });
  }
}

const iso = (time: number) => new Date(time).toISOString();

/** Creates what tells the operator of failures, each in a line that says what to do. */
function createReports({ logger, server, advise }: KeeperDeps) {
  const checkDisk = 'check the directory data, its free space and its permissions';
  const reasonOf = (error: unknown) => (error instanceof Error ? error.message : String(error));
  return {
    failed(error: unknown, facts: { domains: readonly string[]; retryAt: string; expiresAt: string | undefined }) {
      const failure = error instanceof AcmeFailure ? error : undefined;
      logger.error(
        { acmeServer: server, ...facts, problem: failure?.problem },
        `no certificate from the ACME server ${server}: ${reasonOf(error)}. What to do: ${failure ? advise(failure) : checkDisk}`,
      );
    },
    unwritten(error: unknown, facts: { domains: readonly string[]; retryAt: string }) {
      logger.error(
        { acmeServer: server, ...facts },
        `the certificate that the ACME server ${server} issued cannot be written: ${reasonOf(error)}. What to do: ${checkDisk}, and do not restart the gateway before, because it would request another one`,
      );
    },
    /** Waits until a restart would know of what happened. */
    remembered: (written: Promise<void>) =>
      written.catch((err: unknown) =>
        logger.warn(
          { err },
          'what the ACME server answered cannot be written down, so after a restart it may be asked too often',
        ),
      ),
  };
}

/**
 * Keeps a certificate: requests one if there is none, renews it when two thirds of its lifetime have passed, and requests
 * another when it lacks a name. The one that it has stays in use meanwhile.
 */
export function keepCertificate(deps: KeeperDeps): CertificateKeeper {
  const { files, logger, now, server, every = runEvery } = deps;
  const shown = createKeeperMetrics(deps.metrics);
  const reports = createReports(deps);
  const plan = createRetryPlan({ kept: files, now, random: deps.random });
  const ending = new AbortController();
  let { domains } = deps;
  let kept = files.read();
  // Kept until it is written: the server counts every order, so a full disk must not lead to another one.
  let issued: Issued | undefined;
  let onRenewed = () => {};
  shown.show(kept);
  const dueAt = () => {
    if (!kept || !covers(kept, domains)) return 0;
    const third = lifetimeOf(kept) / 3;
    // With a clock that is ahead, a certificate that was issued just now would be due already.
    return Math.max(beginOf(kept) + 2 * third, plan.issuedAt() + third);
  };
  const failed = async (error: unknown) => {
    const failure = error instanceof AcmeFailure ? error : undefined;
    const written = plan.failed(failure, kept && lifetimeOf(kept));
    reports.failed(error, { domains, retryAt: iso(plan.notBefore()), expiresAt: kept && iso(endOf(kept)) });
    await reports.remembered(written);
    shown.count(failure?.isRefusal ? 'refused' : 'failed');
  };
  /** Writes what was issued, and keeps it for the next time unless no disk could help. */
  const write = async (one: Issued): Promise<KeptCertificate> => {
    try {
      return await files.write(one.chain, one.key, one.domains);
    } catch (error) {
      issued = error instanceof AcmeFailure ? undefined : { ...one, writeAt: now() + minute };
      throw error;
    }
  };
  const attempt = async () => {
    const one = (issued ??= await order(deps, domains, ending.signal));
    kept = await write(one);
    issued = undefined;
    const written = plan.succeeded();
    shown.count('issued');
    shown.show(kept);
    logger.info(
      { acmeServer: server, domains: one.domains, expiresAt: iso(endOf(kept)) },
      'there is a new certificate',
    );
    onRenewed();
    await reports.remembered(written);
  };
  const run = async () => {
    if (now() < (issued ? issued.writeAt : Math.max(dueAt(), plan.notBefore()))) return;
    try {
      await attempt();
    } catch (error) {
      if (issued) {
        reports.unwritten(error, { domains: issued.domains, retryAt: iso(issued.writeAt) });
        shown.count('failed');
      } else if (!ending.signal.aborted) await failed(error);
    }
  };
  let interval: Interval | undefined;
  return {
    use(wanted) {
      domains = wanted;
    },
    hasCertificate: () => kept !== undefined,
    start(callback) {
      onRenewed = callback;
      interval = every(1000, run);
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
