import { EVENT_ID, getScalarValue, SCALAR_STYLE, type Event as YamlEvent, type ScalarEvent } from 'js-yaml';
import type { ConfigFault } from './config-faults.ts';

/** A position in a text. `file` is set only for a file other than the main one. */
export type Place = { line: number; column: number; file?: string };

/** Finds the position of a path: its key or list item, or the nearest ancestor if the path is missing. */
export type FindPlace = (path: readonly PropertyKey[]) => Place | undefined;

/** A value in the text. The entries of a mapping also have the offsets of their keys. */
type Node = { offset: number; entries?: Map<string, { key: number; node: Node }>; items?: Node[] };

/** Returns the offset of a scalar: that of its quote if it is quoted, -1 if it has no text. */
export const startOf = ({ valueStart, style }: ScalarEvent) =>
  style === SCALAR_STYLE.SINGLE_QUOTED || style === SCALAR_STYLE.DOUBLE_QUOTED ? valueStart - 1 : valueStart;

const emptyItem = /^ *(?:- +)*-[ \t]*(?:#.*)?\r?$/;

/** Returns the dash of the first empty list item after an offset, which the parser does not report, or -1. */
function emptyItemAfter(text: string, offset: number): number {
  for (let start = text.lastIndexOf('\n', offset - 1) + 1; start < text.length;) {
    const next = text.indexOf('\n', start);
    const line = text.slice(start, next < 0 ? text.length : next);
    const dash = start + line.replace(/#.*/, '').lastIndexOf('-');
    if (dash >= offset && emptyItem.test(line)) return dash;
    if (next < 0) break;
    start = next + 1;
  }
  return -1;
}

function createTree(text: string) {
  let passed = 0;
  // After one search found none, no later search would. Without this, each tag without a value (`- !!null`) would search
  // the rest of the text.
  let mayBeEmpty = true;
  const root: Node = { offset: 0, items: [] };
  const stack: Node[] = [root];
  const keys: ({ text: string; offset: number } | undefined)[] = [undefined];
  const add = (node: Node, keyText: string) => {
    const around = stack.at(-1)!;
    if (!around.entries) return void around.items?.push(node);
    const key = keys.at(-1);
    if (!key) keys[keys.length - 1] = { text: keyText, offset: node.offset };
    else {
      around.entries.set(key.text, { key: key.offset, node });
      keys[keys.length - 1] = undefined;
    }
  };
  const open = (node: Node) => {
    add(node, '');
    stack.push(node);
    keys.push(undefined);
  };
  return {
    root,
    add(event: YamlEvent): void {
      switch (event.type) {
        case EVENT_ID.DOCUMENT:
          open({ offset: 0, items: [] });
          break;
        case EVENT_ID.SEQUENCE:
          open({ offset: event.start, items: [] });
          break;
        case EVENT_ID.MAPPING:
          open({ offset: event.start, entries: new Map() });
          break;
        case EVENT_ID.SCALAR: {
          const isEmptyItem = event.valueStart < 0 && !stack.at(-1)!.entries;
          const offset = isEmptyItem && mayBeEmpty ? emptyItemAfter(text, passed) : startOf(event);
          if (isEmptyItem && offset < 0) mayBeEmpty = false;
          passed = Math.max(passed, event.valueEnd, offset + 1);
          add({ offset }, getScalarValue(text, event));
          break;
        }
        case EVENT_ID.ALIAS:
          add({ offset: event.anchorStart - 1 }, '');
          break;
        case EVENT_ID.POP:
          stack.pop();
          keys.pop();
          break;
      }
    },
  };
}

function readTree(text: string, events: readonly YamlEvent[]): Node | undefined {
  const tree = createTree(text);
  for (const event of events) tree.add(event);
  return tree.root.items?.[0]?.items?.[0];
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (let at = text.indexOf('\n'); at >= 0; at = text.indexOf('\n', at + 1)) starts.push(at + 1);
  return starts;
}

function lastUpTo(starts: readonly number[], offset: number): number {
  let [low, high] = [0, starts.length - 1];
  while (low < high) {
    const middle = (low + high + 1) >> 1;
    if (starts[middle]! <= offset) low = middle;
    else high = middle - 1;
  }
  return low;
}

/** Creates the look-up of positions in a parsed text. It is built on first use, because most texts have no fault. */
export function placesIn(text: string, events: readonly YamlEvent[]): { at(offset: number): Place; find: FindPlace } {
  let starts: number[] | undefined;
  let root: { node: Node | undefined } | undefined;
  const at = (offset: number): Place => {
    starts ??= lineStarts(text);
    const line = lastUpTo(starts, offset);
    return { line: line + 1, column: offset - starts[line]! + 1 };
  };
  return {
    at,
    find(path) {
      root ??= { node: readTree(text, events) };
      let { node } = root;
      let found: number | undefined;
      for (const key of path) {
        const entry = node?.entries?.get(String(key));
        node = entry ? entry.node : node?.items?.[Number(key)];
        if (!node) break;
        const offset = entry ? entry.key : node.offset;
        if (offset >= 0) found = offset;
      }
      return found === undefined ? undefined : at(found);
    },
  };
}

type Path = readonly (string | number)[];
type Fault = {
  readonly path: Path;
  readonly message: string;
  readonly hint?: string;
  readonly code?: string;
  readonly suggestion?: string;
  readonly related?: { readonly path: Path };
};

/** Returns a fault with its place in the file. A rule that it refers to is named by its place in the message. */
export function locateFault({ path, message, hint, code, suggestion, related }: Fault, place: FindPlace): ConfigFault {
  const other = related && place(related.path);
  const where = other ? `, see ${other.file === undefined ? '' : `${other.file}, `}line ${other.line}` : '';
  return {
    path: path.join('.'),
    message: `${message}${where}`,
    ...(hint === undefined ? {} : { hint }),
    ...(code === undefined ? {} : { code }),
    ...(suggestion === undefined ? {} : { suggestion }),
    ...place(path),
  };
}
