import {
  ConfigFaults,
  createFileFollower,
  formatFaults,
  readTextFile,
  type Logger,
  type Metrics,
} from '@sallyport/kit';
import { Gauge } from 'prom-client';
import { readPeopleMap, type PeopleMap } from './read-people-map.ts';

/** A file of people and groups that is followed while the service runs. */
export type WatchedPeopleFile = {
  now(): PeopleMap;
  /** Calls back with the map before and the one now; one listener. */
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

/** Reads the file once, to say what is wrong with it. Throws ConfigFaults. */
export function checkPeopleFile(file: string): void {
  const outcome = read(file);
  if ('faults' in outcome) throw new ConfigFaults(file, outcome.faults);
}

/**
 * Reads the file, and again whenever it changes. Throws ConfigFaults if it is faulty now; a faulty one later is
 * refused, and the one before stays.
 */
export function watchPeopleFile(
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
      name: `sallyport_directory_file_refused`,
      help: 'Whether a file of people and groups was refused when it was last read; the one before is in force.',
      labelNames: ['source'],
      registers: [deps.metrics],
    });
  refused?.set({ source }, 0);

  const reconciler = createFileFollower({
    ...(deps.everyMs === undefined ? {} : { everyMs: deps.everyMs }),
    onChange() {
      const outcome = read(file);
      reconciler.follow(new Map([[file, outcome.identity]]));
      refused?.set({ source }, 'faults' in outcome ? 1 : 0);
      if ('faults' in outcome) {
        logger.error(
          { source, faults: formatFaults(file, outcome.faults) },
          'the file of people and groups was refused; the one before stays in force',
        );
        return;
      }
      const before = map;
      ({ map } = outcome);
      logger.info({ source, people: map.byUser.size }, 'the file of people and groups was read');
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
