import type { SourceConfig, SourceConfigOf } from '@sallyport/contracts';
import type { Logger, Metrics } from '@sallyport/kit';
import { watchPeopleFile, type WatchedPeopleFile } from './people-file.ts';

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
