/** Keeps what was made from values, for as long as equal values have the same key. */
export type TextCache<Value, Text> = {
  /** Returns what is made from this value, which is JSON. `key` says only where to look for an equal one. */
  of(key: string, value: Value): Text;
};

type Deps<Value, Text> = {
  make(value: Value): Text;
  /** Returns how long a text is, in characters. */
  lengthOf(text: Text): number;
  maxTexts: number;
  maxLength: number;
};

const [objectBegins, listBegins, ends] = [Symbol('{'), Symbol('['), Symbol('end')];

/** Lists a JSON value and all that is in it. Members that are undefined are left out. */
function listLeaves(value: unknown, leaves: unknown[] = []): unknown[] {
  if (typeof value !== 'object' || value === null) leaves.push(value);
  else if (Array.isArray(value)) {
    leaves.push(listBegins);
    for (const item of value) listLeaves(item, leaves);
    leaves.push(ends);
  } else {
    leaves.push(objectBegins);
    for (const [name, member] of Object.entries(value))
      if (member !== undefined) {
        leaves.push(name);
        listLeaves(member, leaves);
      }
    leaves.push(ends);
  }
  return leaves;
}

/** Returns where the leaves of this value end in a list in which they begin at `start`, or -1 if others are there. */
function matchLeaves(value: unknown, leaves: readonly unknown[], start: number): number {
  if (typeof value !== 'object' || value === null) return leaves[start] === value ? start + 1 : -1;
  let at = start + 1;
  if (Array.isArray(value)) {
    if (leaves[start] !== listBegins) return -1;
    for (const item of value) {
      at = matchLeaves(item, leaves, at);
      if (at === -1) return -1;
    }
  } else {
    if (leaves[start] !== objectBegins) return -1;
    for (const name in value) {
      const member: unknown = value[name as keyof typeof value];
      if (member === undefined) continue;
      if (leaves[at] !== name) return -1;
      at = matchLeaves(member, leaves, at + 1);
      if (at === -1) return -1;
    }
  }
  return leaves[at] === ends ? at + 1 : -1;
}

type Kept<Text> = { leaves: readonly unknown[]; text: Text; length: number };

/** How many values may have one key. A caller has one for each rule that decides about them, on each cluster. */
const maxPerKey = 8;

/**
 * Creates the cache. What it returns was made from a value that is equal in all that it contains, whatever the key: a key
 * that many values have only makes it forget. It keeps no reference to a value, so values may change.
 */
export function createTextCache<Value, Text>(deps: Deps<Value, Text>): TextCache<Value, Text> {
  const kept = new Map<string, Kept<Text>[]>();
  let [texts, length] = [0, 0];
  const forget = (some: readonly Kept<Text>[]) => {
    texts -= some.length;
    for (const one of some) length -= one.length;
  };
  const add = (key: string, made: Kept<Text>) => {
    const known = kept.get(key) ?? [];
    forget(known.splice(maxPerKey - 1));
    kept.set(key, [made, ...known]);
    texts += 1;
    length += made.length;
    for (const [oldest, some] of kept) {
      if (texts <= deps.maxTexts && length <= deps.maxLength) break;
      forget(some);
      kept.delete(oldest);
    }
  };
  return {
    of(key, value) {
      for (const { leaves, text } of kept.get(key) ?? [])
        if (matchLeaves(value, leaves, 0) === leaves.length) return text;
      const text = deps.make(value);
      add(key, { leaves: listLeaves(value), text, length: deps.lengthOf(text) });
      return text;
    },
  };
}
