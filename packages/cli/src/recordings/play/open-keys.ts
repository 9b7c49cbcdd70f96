import type { Environment } from '../../environment/environment.ts';

/** The keys of a person who watches. */
export type Keys<Key extends string> = {
  /** Resolves with the next key. */
  next(): Promise<Key>;
  /** Gives the keyboard back, so that the program can end. */
  close(): void;
};

/** Reads single keys, by what the terminal sends for each. Without a terminal, there are none. */
export function openKeys<Key extends string>(
  { stdin }: Pick<Environment, 'stdin'>,
  names: Readonly<Record<string, Key>>,
): Keys<Key> {
  const keyboard = stdin as AsyncIterable<Uint8Array> & Partial<NodeJS.ReadStream>;
  const pressed: Key[] = [];
  let take: ((key: Key) => void) | undefined;
  const next = () =>
    new Promise<Key>((resolve) => {
      const first = pressed.shift();
      if (first === undefined) take = resolve;
      else resolve(first);
    });
  if (keyboard.isTTY !== true) return { next, close: () => {} };
  keyboard.setRawMode?.(true);
  keyboard.on?.('data', (chunk: Uint8Array) => {
    for (const [text] of Buffer.from(chunk)
      .toString('latin1')
      .matchAll(/\u001b[[O].|[^]/g)) {
      const key = Object.hasOwn(names, text) ? names[text] : undefined;
      if (key === undefined) continue;
      const waiting = take;
      take = undefined;
      if (waiting) waiting(key);
      else pressed.push(key);
    }
  });
  return {
    next,
    close() {
      keyboard.setRawMode?.(false);
      keyboard.destroy?.();
    },
  };
}
