import type { IncomingMessage } from 'node:http';
import { parseDuration } from '@sallyport/contracts/text';
import { ProblemError, readBody } from '@sallyport/kit';
import {
  formatDuration,
  hasVisibleText,
  isDnsLabel,
  type ElevationOption,
  type ElevationRequest,
} from '@sallyport/contracts';

/** Enough for a reason and a ticket of the greatest length, with every byte escaped. */
const maxBodyBytes = 16 * 1024;

/** The fields of a form by name, as one line each. Empty fields are missing. */
export type FormFields = ReadonlyMap<string, string>;

/**
 * Reads a form with these fields and no others. Line breaks become spaces. Throws for another type, for more than 16
 * KiB, and for unknown or repeated fields.
 */
export async function readForm(request: IncomingMessage, names: readonly string[]): Promise<FormFields> {
  if (!/^application\/x-www-form-urlencoded\s*(?:;|$)/i.test(request.headers['content-type'] ?? ''))
    throw new ProblemError('unsupported-media-type', 'This address accepts only the form of its page.');
  const text = (await readBody(request, maxBodyBytes)).toString('latin1');
  const fields = new URLSearchParams(text);
  // The form of a browser is ASCII, with everything else escaped (URL standard, 5.2).
  const isPlain = /^[\x21-\x7e]*$/.test(text) && new Set(fields.keys()).size === fields.size;
  if (!isPlain || [...fields.keys()].some((name) => !names.includes(name)))
    throw new ProblemError('bad-request', 'This form cannot be read. Open its page again, and send it from there.');
  return new Map(
    [...fields]
      .map(([name, value]) => [name, value.replaceAll(/\s+/g, ' ').trim()] as const)
      .filter(([, value]) => value !== ''),
  );
}

/** The fields of the form that asks for an elevation. */
export const requestFields = ['cluster', 'namespace', 'for', 'reason', 'ticket', 'start'] as const;
/** The longest text of each field. */
export const longest = { namespace: 63, reason: 1024, ticket: 200 } as const;

/** Reads a length of time such as `30m` or `1h30m`. A number alone means minutes. Undefined if it is none. */
export function readSpan(text: string): number | undefined {
  const compact = text.toLowerCase().replaceAll(' ', '');
  return parseDuration(/^\d{1,6}$/.test(compact) ? `${compact}m` : compact);
}

/** Reads a time of the form, which is in UTC. */
function readStart(text: string): number | undefined {
  if (!/^\d{4}-\d{2}-\d{2}T\d{2}:\d{2}(:\d{2})?$/.test(text)) return undefined;
  const at = Date.parse(`${text}Z`);
  return Number.isNaN(at) ? undefined : at;
}

/** Returns why a field is not filled in well; undefined if it is. Authorize checks everything again. */
function faultOf(
  fields: FormFields,
  { namespaces, ...option }: ElevationOption & { namespaces: boolean },
): string | undefined {
  const { ticket, reason, maxDurationMs } = option;
  const span = readSpan(fields.get('for') ?? '');
  const start = fields.get('start');
  const tooLong = Object.entries(longest).find(([name, most]) => (fields.get(name) ?? '').length > most);
  if (!fields.has('cluster')) return 'Choose a cluster.';
  if (namespaces && !isDnsLabel(fields.get('namespace') ?? ''))
    return 'Enter a namespace. This elevation is for a single one.';
  if (span === undefined || span < 1000) return 'Enter for how long you need it, such as 30m or 1h30m.';
  if (span > maxDurationMs) return `It lasts for ${formatDuration(maxDurationMs)} at most. Ask for less.`;
  if (reason === 'required' && !hasVisibleText(fields.get('reason') ?? '')) return 'Enter a reason.';
  if (ticket.required && !hasVisibleText(fields.get('ticket') ?? '')) return 'Enter a ticket.';
  if (tooLong) return `The ${tooLong[0]} is too long. It can have ${tooLong[1]} characters.`;
  if (start !== undefined && readStart(start) === undefined) return 'Enter the start like 2026-11-01T08:00, in UTC.';
  return undefined;
}

/** What a person asks for with the form, or what they have to change in it. */
export function readRequestFields(
  fields: FormFields,
  option: ElevationOption,
): { asked: ElevationRequest } | { fault: string } {
  const namespaces = option.places.some((place) => place.namespaces !== undefined);
  const fault = faultOf(fields, { ...option, namespaces });
  if (fault !== undefined) return { fault };
  const [namespace, reason, ticket, start] = ['namespace', 'reason', 'ticket', 'start'].map((name) => fields.get(name));
  return {
    asked: {
      name: option.name,
      cluster: fields.get('cluster')!,
      durationMs: readSpan(fields.get('for')!)!,
      ...(namespace === undefined || !namespaces ? {} : { namespace }),
      reason,
      ticket,
      ...(start === undefined ? {} : { startsAt: readStart(start)! }),
    },
  };
}
