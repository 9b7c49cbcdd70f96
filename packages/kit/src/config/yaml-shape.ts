import { EVENT_ID, getScalarValue, type Event as YamlEvent, type ScalarEvent } from 'js-yaml';
import { startOf } from './yaml-places.ts';

/** A fault and its offset in the text. */
type ShapeFault = { message: string; offset: number };

const maxAliases = 1000;
/** Code that walks the data visits the values of an anchor once per alias. */
const maxAliasedValues = 100_000;
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A collection that is being read. `count` is the number of its values, including those that aliases stand for; `keys`
 * are the keys of a mapping so far.
 */
type Frame = { count: number; open: boolean; keys: Set<string> | undefined; atKey: boolean };

type AnchorSpan = { anchorStart: number; anchorEnd: number };
type NoteFault = (offset: number, message: string | undefined) => void;

function keyFault(text: string, keys: Set<string>, event: ScalarEvent): string | undefined {
  const key = getScalarValue(text, event);
  if (forbidden.has(key)) return `the key ${key} is not allowed`;
  if (keys.has(key)) return 'duplicate key';
  keys.add(key);
  return undefined;
}

/** Counts the aliases of a text and the values that they stand for. */
function createAliasCounter(text: string, note: NoteFault) {
  const anchors = new Map<string, Pick<Frame, 'count' | 'open'>>();
  const nameOf = ({ anchorStart, anchorEnd }: AnchorSpan) => text.slice(anchorStart, anchorEnd);
  let [aliases, values] = [0, 0];
  return {
    define(event: AnchorSpan, frame: Pick<Frame, 'count' | 'open'>) {
      if (event.anchorStart >= 0) anchors.set(nameOf(event), frame);
    },
    /** Counts an alias and returns how many values it stands for. */
    use(event: AnchorSpan): number {
      const target = anchors.get(nameOf(event));
      aliases += 1;
      values += target?.count ?? 0;
      if (aliases === maxAliases + 1) note(event.anchorStart, `has more than ${maxAliases} aliases`);
      if (values > maxAliasedValues)
        note(event.anchorStart, `has aliases that expand to more than ${maxAliasedValues} values`);
      if (target?.open) note(event.anchorStart, 'an alias contains itself');
      return target?.count ?? 1;
    },
    isWithinBounds: () => aliases <= maxAliases && values <= maxAliasedValues,
  };
}

/** Checks the events of a text one by one. */
function createExaminer(text: string) {
  const faults: ShapeFault[] = [];
  const stack: Frame[] = [];
  let documents = 0;
  const note: NoteFault = (offset, message) => {
    if (message !== undefined) faults.push({ message, offset: Math.max(0, offset) });
  };
  const aliases = createAliasCounter(text, note);
  /** Adds values to the enclosing collection; in a mapping, keys and values alternate. */
  const take = (count: number) => {
    const around = stack.at(-1);
    if (!around) return;
    around.count += count;
    around.atKey = !around.atKey;
  };
  const open = (event: AnchorSpan, keys: Set<string> | undefined) => {
    const frame: Frame = { count: 1, open: true, keys, atKey: true };
    aliases.define(event, frame);
    stack.push(frame);
  };
  const scalar = (event: ScalarEvent) => {
    const around = stack.at(-1);
    if (around?.keys && around.atKey) note(startOf(event), keyFault(text, around.keys, event));
    aliases.define(event, { count: 1, open: false });
    take(1);
  };
  return {
    faults,
    /** Returns false when the rest of the text need not be checked. */
    check(event: YamlEvent): boolean {
      switch (event.type) {
        case EVENT_ID.DOCUMENT:
          documents += 1;
          if (documents > 1) note(text.length, 'has more than one document');
          stack.push({ count: 0, open: true, keys: undefined, atKey: true });
          break;
        case EVENT_ID.SEQUENCE:
          open(event, undefined);
          break;
        case EVENT_ID.MAPPING:
          open(event, new Set());
          break;
        case EVENT_ID.SCALAR:
          scalar(event);
          break;
        case EVENT_ID.ALIAS:
          take(aliases.use(event));
          break;
        case EVENT_ID.POP: {
          const frame = stack.pop()!;
          frame.open = false;
          take(frame.count);
          break;
        }
      }
      return aliases.isWithinBounds() && documents <= 1;
    },
  };
}

/**
 * Returns what YAML allows and a configuration does not: duplicate keys, names of JavaScript's own, too many aliases,
 * several documents.
 */
export function shapeFaults(text: string, events: readonly YamlEvent[]): ShapeFault[] {
  const examiner = createExaminer(text);
  for (const event of events) if (!examiner.check(event)) break;
  return examiner.faults;
}
