import { join } from 'node:path';
import { dayMs } from '@sallyport/contracts/text';

/** The name of a file of a trail: its number in the order of the trail, and the day (UTC) of all of its events. */
export type TrailFileName = { name: string; number: number; day: string };

const pattern = /^(\d{8,15})-(\d{4}-\d\d-\d\d)\.ndjson$/;

/**
 * Names a file, for example `00000042-2026-12-01.ndjson`. The number comes first, so that names sort in the order in
 * which the files were written, whatever the clock said.
 */
export function nameTrailFile(number: number, day: string): TrailFileName {
  return { name: `${String(number).padStart(8, '0')}-${day}.ndjson`, number, day };
}

/** Returns those of the names in a directory that are files of a trail, in their order. */
export function findTrailFiles(names: readonly string[]): TrailFileName[] {
  return names
    .flatMap((name) => {
      const [, number, day] = pattern.exec(name) ?? [];
      return number === undefined || day === undefined ? [] : [{ name, number: Number(number), day }];
    })
    .sort((one, other) => one.number - other.number || (one.name < other.name ? -1 : 1));
}

/** Returns the directory of the trail below `data`. */
export const trailDirectory = (data: string): string => join(data, 'trail');

/** Reports whether a legal hold touches a day (UTC). Its times are in milliseconds since the epoch. */
export function isHeld(day: string, holds: readonly { from: number; until?: number | undefined }[]): boolean {
  const start = Date.parse(day);
  return holds.some(({ from, until = Infinity }) => from < start + dayMs && until > start);
}
