import { readFile } from 'node:fs/promises';
import { sallyportVersion } from '@sallyport/contracts';
import {
  createConcurrencyLimiter,
  type ConcurrencyLimiter,
  type LoadedConfig,
  type Logger,
  type Metrics,
} from '@sallyport/kit';
import { Counter, Gauge } from 'prom-client';
import { readCertificates } from './read-certificates.ts';
import { readRelease, type Release } from './read-release.ts';

/** How a download ended: completely, early, or before it began because there were too many. */
type Outcome = 'complete' | 'ended' | 'refused';

/** The files that the gateway serves. */
export type ServedRelease = {
  /** The files whose checksums match. Undefined while they are being checked. */
  release(): Release | undefined;
  limiter: ConcurrencyLimiter;
  /** A client that takes fewer bytes than this in each span of so many milliseconds is ended. */
  slowest: { bytes: number; ms: number };
  count(outcome: Outcome): void;
};

/** Where users get the command line: from the gateway, below a URL, or from the operator. */
export type Downloads = {
  served?: ServedRelease | undefined;
  url?: string | undefined;
  /** Reads the CA of the gateway's certificate, PEM. Undefined if programs trust it by themselves. */
  authority?: (() => Promise<string>) | undefined;
};

/** How many downloads run at once on one replica, over all clients and for one block of addresses. */
const most = { total: 32, perKey: 6 };
/** That is 70 kbit/s, with which 45 MB take an hour and a half. */
const slowest = { bytes: 256 * 1024, ms: 30_000 };

function createDownloadMetrics(metrics: Metrics) {
  const ended = new Counter({
    name: 'sallyport_proxy_downloads_total',
    help: 'Downloads of the command line, by how they ended: complete, ended (early), refused (too many at once).',
    labelNames: ['outcome'],
    registers: [metrics],
  });
  const files = new Gauge({
    name: 'sallyport_proxy_download_files',
    help: 'Files of the command line that are offered, and that are not because of a fault.',
    labelNames: ['state'],
    registers: [metrics],
  });
  return { ended, files };
}

/** Begins to check the files of a directory. Those with a fault are logged and not offered. */
export function serveDirectory(
  directory: string,
  { logger, metrics }: { logger: Logger; metrics: Metrics },
): ServedRelease {
  const { ended, files } = createDownloadMetrics(metrics);
  let release: Release | undefined;
  void readRelease(directory, sallyportVersion).then((found) => {
    release = found;
    files.set({ state: 'offered' }, found.files.size);
    files.set({ state: 'faulty' }, found.faults.length);
    for (const fault of found.faults) logger.warn({ directory, fault }, 'a download is not offered');
    if (found.files.size > 0) logger.info({ directory, files: [...found.files.keys()] }, 'downloads are offered');
  });
  return {
    release: () => release,
    limiter: createConcurrencyLimiter({
      ...most,
      message: 'Too many downloads are in progress, here or from your address. Try again in a minute.',
      retryAfterSeconds: 60,
    }),
    slowest,
    count: (outcome) => ended.inc({ outcome }),
  };
}

/** Reads the file again for each request, so that a new CA needs no restart. */
function createReadAuthority(file: string): () => Promise<string> {
  return async () => {
    const certificates = readCertificates(await readFile(file, 'latin1'));
    if (certificates.length === 0) throw new Error(`${file} has no certificate`);
    return certificates.map((one) => one.toString()).join('');
  };
}

/** Opens what the configuration says about downloads. Checks of files go on in the background. */
export function openDownloads({
  loaded: { config, resolvePath },
  ...observed
}: {
  loaded: LoadedConfig;
  logger: Logger;
  metrics: Metrics;
}): Downloads {
  const { directory, url } = config.downloads;
  const { caFile } = config.gateway;
  return {
    served: directory == null ? undefined : serveDirectory(resolvePath(directory), observed),
    url: url ?? undefined,
    authority: caFile == null ? undefined : createReadAuthority(resolvePath(caFile)),
  };
}
