import { constructFromEvents, parseEvents, YAMLException } from 'js-yaml';
import { maxConfigBytes } from '@sallyport/contracts';
import type { ConfigFault } from './config-faults.ts';
import { placesIn, type FindPlace } from './yaml-places.ts';
import { shapeFaults } from './yaml-shape.ts';

const maxDepth = 64;

/** A parsed YAML text: plain data, and the position of each path. Aliases of one anchor are the same object. */
type ReadYaml = { data: unknown; place: FindPlace };

/** Removes the names and tags that the parser quotes in its errors: they may be part of a secret. */
function withoutSource(reason: string): string {
  if (reason.startsWith('unidentified alias')) return 'an alias refers to an unknown anchor';
  if (reason.startsWith('unknown') || reason.startsWith('cannot resolve')) return 'a tag cannot be resolved';
  if (reason.startsWith('nesting exceeded')) return `is nested more than ${maxDepth} levels deep`;
  return reason.replace(/(["<!]|: ).*$/s, '').trimEnd();
}

function faultOf(error: unknown): ConfigFault {
  if (error instanceof YAMLException)
    return {
      path: '',
      message: withoutSource(error.reason),
      ...(error.mark ? { line: error.mark.line + 1, column: error.mark.column + 1 } : {}),
    };
  return { path: '', message: error instanceof RangeError ? 'is nested too deeply' : 'cannot be read' };
}

type Outcome = { ok: true; yaml: ReadYaml } | { ok: false; faults: ConfigFault[] };

function construct(text: string): Outcome {
  const events = parseEvents(text, { maxDepth });
  const places = placesIn(text, events);
  const faults = shapeFaults(text, events).map(({ message, offset }) => ({ path: '', message, ...places.at(offset) }));
  if (faults.length > 0) return { ok: false, faults };
  const [data] = constructFromEvents(events, { source: text });
  return { ok: true, yaml: { data, place: places.find } };
}

/**
 * Parses YAML 1.2 with its core schema (a superset of JSON) under limits on size, depth and aliases. Returns the faults or
 * the data, which is undefined for a text without a document.
 */
export function readYaml(text: string, maxBytes: number = maxConfigBytes): Outcome {
  if (Buffer.byteLength(text) > maxBytes)
    return { ok: false, faults: [{ path: '', message: `is larger than ${maxBytes} bytes` }] };
  if (text.includes('\0') || text.includes('\uFFFD'))
    return { ok: false, faults: [{ path: '', message: 'is not UTF-8 text' }] };
  try {
    return construct(text.startsWith('\uFEFF') ? text.slice(1) : text);
  } catch (error) {
    return { ok: false, faults: [faultOf(error)] };
  }
}
