import { accessSync, constants, existsSync, realpathSync, statSync } from 'node:fs';
import path from 'node:path';
import { usesKafka, type ServiceName } from '@sallyport/contracts';
import type { ConfigFault, LoadedConfig } from '@sallyport/kit';

/** The services that have a spool. What the audit service publishes is in its database until it is on the topic. */
const spooling = ['authenticate', 'authorize', 'proxy'] as const satisfies readonly ServiceName[];
type SpoolingService = (typeof spooling)[number];

const smallest = 4 * 1024 * 1024;

const hints: Record<string, (place: string) => string> = {
  EACCES: (place) => `let the user that this runs as write to ${place}, or name another directory`,
  EPERM: (place) => `let the user that this runs as write to ${place}, or name another directory`,
  EROFS: (place) => `${place} is on a read-only file system; mount a volume there that can be written`,
};

/** Returns the directory if it exists, or the nearest one above it that does, in which it would be created. */
function nearestExisting(directory: string): string {
  let place = directory;
  while (!existsSync(place) && path.dirname(place) !== place) place = path.dirname(place);
  return place;
}

/** Checks that files can be written into a directory, or that it can be created. Creates nothing. */
export function checkDirectory(directory: string): Pick<ConfigFault, 'message' | 'hint'> | undefined {
  const place = nearestExisting(directory);
  try {
    if (!statSync(place).isDirectory())
      return { message: 'cannot be created', hint: `${place} is not a directory; name one, or move the file away` };
    accessSync(place, constants.W_OK | constants.X_OK);
    return undefined;
  } catch (error) {
    const { code = 'unknown reason' } = error as NodeJS.ErrnoException;
    return { message: `cannot be written (${code})`, hint: hints[code]?.(place) };
  }
}

/** Returns a service whose directory is the same as that of `service`, by a link or a mount. */
function findSharer(directoryOf: (service: SpoolingService) => string, service: SpoolingService) {
  const idOf = (name: SpoolingService) => {
    const directory = directoryOf(name);
    if (!existsSync(directory)) return undefined;
    const { dev, ino } = statSync(realpathSync(directory));
    return `${dev}:${ino}`;
  };
  const own = idOf(service);
  return own === undefined ? undefined : spooling.find((other) => other !== service && idOf(other) === own);
}

/**
 * Checks `audit.spool` for one service: its directory can be written or created, belongs to this service alone, and may
 * hold enough. Without Kafka, all services of a single process share one. Creates nothing.
 */
export function checkSpool(loaded: LoadedConfig, service: SpoolingService): ConfigFault[] {
  const { config, resolvePath, place, forOneProcess } = loaded;
  const { spool, kafka } = config.audit;
  const isShared = forOneProcess === true && !kafka;
  if (!spool || !(isShared || usesKafka(kafka))) return [];
  const fault = (field: 'dir' | 'maxBytes', found: Omit<ConfigFault, 'path'>): ConfigFault => ({
    path: `audit.spool.${field}`,
    ...found,
    ...place(['audit', 'spool', field]),
  });
  const directoryOf = (name: string) => path.join(resolvePath(spool.dir), name);
  const unusable = checkDirectory(directoryOf(isShared ? 'sallyport' : service));
  const sharer = isShared ? undefined : findSharer(directoryOf, service);
  return [
    ...(spool.maxBytes < smallest
      ? [fault('maxBytes', { message: 'is too small for a spool', hint: 'write at least 4MiB' })]
      : []),
    ...(unusable ? [fault('dir', unusable)] : []),
    ...(sharer
      ? [
          fault('dir', {
            message: `leads ${service} and ${sharer} to the same directory`,
            hint: `give each service a directory of its own: ${directoryOf(service)} must not link to another one`,
          }),
        ]
      : []),
  ];
}
