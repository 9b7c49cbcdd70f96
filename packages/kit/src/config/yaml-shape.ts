import { EVENT_ID, getScalarValue, type Event as YamlEvent, type ScalarEvent } from 'js-yaml';
import { startOf } from './yaml-places.ts';

/** A fault, and where in the text it stands. */
export type ShapeFault = { message: string; offset: number };

const maxAliases = 1000;
/** Whoever walks through the data meets what an alias stands for once for each of them. */
const mostAliased = 100_000;
const forbidden = new Set(['__proto__', 'constructor', 'prototype']);

/**
 * A collection that is being read: how many values are in it, those that aliases stand for included, and the keys so
 * far of a mapping.
 */
type Frame = { count: number; open: boolean; keys: Set<string> | undefined; atKey: boolean };

const nameIn = (text: string, { anchorStart, anchorEnd }: { anchorStart: number; anchorEnd: number }) =>
  text.slice(anchorStart, anchorEnd);

function keyFault(text: string, keys: Set<string>, event: ScalarEvent): string | undefined {
  const key = getScalarValue(text, event);
  if (forbidden.has(key)) return `the name ${key} is not allowed`;
  if (keys.has(key)) return 'this key is there already';
  keys.add(key);
  return undefined;
}

/** Goes through the events of a text once and keeps count. */
function createExaminer(text: string) {
  const faults: ShapeFault[] = [];
  const stack: Frame[] = [];
  const anchors = new Map<string, Pick<Frame, 'count' | 'open'>>();
  let [aliases, aliased, documents] = [0, 0, 0];

  const note = (offset: number, message: string | undefined) => {
    if (message !== undefined) faults.push({ message, offset: Math.max(0, offset) });
  };
  /** One more value in the collection around it, which was a key or comes after one. */
  const take = (count: number) => {
    const around = stack.at(-1);
    if (!around) return;
    around.count += count;
    around.atKey = !around.atKey;
  };
  const open = (event: { anchorStart: number; anchorEnd: number }, keys: Set<string> | undefined) => {
    const frame: Frame = { count: 1, open: true, keys, atKey: true };
    if (event.anchorStart >= 0) anchors.set(nameIn(text, event), frame);
    stack.push(frame);
  };
  const alias = (event: { anchorStart: number; anchorEnd: number }) => {
    const meant = anchors.get(nameIn(text, event));
    aliases += 1;
    aliased += meant?.count ?? 0;
    if (aliases === maxAliases + 1) note(event.anchorStart, `has more than ${maxAliases} aliases`);
    if (aliased > mostAliased) note(event.anchorStart, `has aliases that stand for more than ${mostAliased} values`);
    if (meant?.open) note(event.anchorStart, 'an alias contains itself');
    take(meant?.count ?? 1);
  };
  const scalar = (event: ScalarEvent) => {
    const around = stack.at(-1);
    if (around?.keys && around.atKey) note(startOf(event), keyFault(text, around.keys, event));
    if (event.anchorStart >= 0) anchors.set(nameIn(text, event), { count: 1, open: false });
    take(1);
  };
  return {
    faults,
    /** Returns false when it has seen enough. */
    see(event: YamlEvent): boolean {
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
          alias(event);
          break;
        case EVENT_ID.POP: {
          const frame = stack.pop()!;
          frame.open = false;
          take(frame.count);
          break;
        }
      }
      return aliases <= maxAliases && aliased <= mostAliased && documents <= 1;
    },
  };
}

/**
 * What a text says that YAML allows and a configuration must not: a key twice, names of JavaScript's own, aliases
 * without measure, several documents.
 */
export function shapeFaults(text: string, events: readonly YamlEvent[]): ShapeFault[] {
  const examiner = createExaminer(text);
  for (const event of events) if (!examiner.see(event)) break;
  return examiner.faults;
}
