import {
  ConfigFaults,
  createFileFollower,
  formatFaults,
  readTextFile,
  type Logger,
  type Metrics,
} from '@sallyport/kit';
import { Gauge } from 'prom-client';
import type { SourceConfig, SourceConfigOf } from '@sallyport/contracts';
import { readPeopleMap, type PeopleMap } from './read-people-map.ts';

/** A file of people and groups that is watched while the service runs. */
export type WatchedPeopleFile = {
  now(): PeopleMap;
  /** Sets the one listener for changes. */
  onChange(listener: (before: PeopleMap, after: PeopleMap) => void): void;
  close(): void;
};

const maxBytes = 8 * 1024 * 1024;

function read(
  file: string,
):
  | { identity: string; map: PeopleMap }
  | { identity: string; faults: { path: string; message: string; file: string }[] } {
  const { text, fault, identity } = readTextFile(file, maxBytes);
  const outcome = text === undefined ? { faults: [{ path: '', message: fault! }] } : readPeopleMap(text, maxBytes);
  return 'map' in outcome
    ? { identity, map: outcome.map }
    : { identity, faults: outcome.faults.map((one) => ({ ...one, file })) };
}

/** Reads the file once. Throws ConfigFaults if it is faulty. */
export function checkPeopleFile(file: string): void {
  const outcome = read(file);
  if ('faults' in outcome) throw new ConfigFaults(file, outcome.faults);
}

/**
 * Reads the file, and reads it again whenever it changes. Throws ConfigFaults if it is faulty at the start. A faulty
 * version later is rejected, and the previous one stays in force.
 */
function watchPeopleFile(
  file: string,
  deps: { source: string; logger: Logger; metrics?: Metrics | undefined; everyMs?: number },
): WatchedPeopleFile {
  const { source, logger } = deps;
  const first = read(file);
  if ('faults' in first) throw new ConfigFaults(file, first.faults);
  let { map } = first;
  let listener: (before: PeopleMap, after: PeopleMap) => void = () => {};
  const refused =
    deps.metrics &&
    new Gauge({
      name: 'sallyport_directory_file_refused',
      help: 'Whether the current file of people and groups was rejected, so that the previous one stays in force.',
      labelNames: ['source'],
      registers: [deps.metrics],
    });
  refused?.set({ source }, 0);

  const reconciler = createFileFollower({
    everyMs: deps.everyMs,
    onChange() {
      const outcome = read(file);
      reconciler.follow(new Map([[file, outcome.identity]]));
      refused?.set({ source }, 'faults' in outcome ? 1 : 0);
      if ('faults' in outcome) {
        logger.error(
          { source, faults: formatFaults(file, outcome.faults) },
          'the file of people and groups was rejected; the previous version stays in force',
        );
        return;
      }
      const before = map;
      ({ map } = outcome);
      logger.info({ source, people: map.byUser.size }, 'read the file of people and groups');
      listener(before, map);
    },
  });
  reconciler.follow(new Map([[file, first.identity]]));
  return {
    now: () => map,
    onChange: (next) => void (listener = next),
    close: () => reconciler.close(),
  };
}

/** Reads and watches the file of every `map` source. Throws ConfigFaults if one is faulty. */
export function openPeopleFiles(
  sources: readonly SourceConfig[],
  deps: { resolvePath(file: string): string; logger: Logger; metrics?: Metrics | undefined },
): Map<string, WatchedPeopleFile> {
  const { resolvePath, logger, metrics } = deps;
  return new Map(
    sources
      .filter((source): source is SourceConfigOf<'map'> => source.kind === 'map')
      .map(({ id, file }) => [id, watchPeopleFile(resolvePath(file), { source: id, logger, metrics })]),
  );
}
