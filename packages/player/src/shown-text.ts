import type { RecordingRow } from '@sallyport/contracts/answers';

const units = ['B', 'KiB', 'MiB', 'GiB', 'TiB'];

/** Formats a number of bytes for people. */
export function readableBytes(bytes: number): string {
  let [value, unit] = [bytes, 0];
  for (; value >= 1024 && unit < units.length - 1; unit += 1) value /= 1024;
  return `${unit === 0 ? value : value.toFixed(1)} ${units[unit]!}`;
}

/** Formats a time by the clock of the browser. */
export const readableTime = (ms: number): string => new Date(ms).toLocaleString();

/** Names the container of a recording. */
export const placeOf = ({ cluster, resource, namespace, name, container }: RecordingRow): string =>
  `${cluster}: ${resource === 'pods' ? namespace : resource}/${name}${container ? ` (${container})` : ''}`;

/** Makes text of a recording's description readable: what is invisible or turns text around is shown as its number. */
export const shownText = (text: string): string =>
  text.replace(
    /[\u0000-\u001f\u007f-\u009f\u061c\u200b-\u200f\u2028-\u202e\u2060-\u2069\ufeff\ufff9-\ufffb]/g,
    (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, '0')}`,
  );
