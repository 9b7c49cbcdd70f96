/** A set of callbacks. One that throws does not affect the others. */
export type Listeners<Event> = {
  add(listener: (event: Event) => void): () => void;
  tell(event: Event): void;
  readonly size: number;
};

/** Creates an empty set of listeners. A function that was added twice is called twice. */
export function createListeners<Event>(onError: (error: unknown) => void = () => {}): Listeners<Event> {
  const all = new Set<{ call: (event: Event) => void }>();
  return {
    add(listener) {
      const entry = { call: listener };
      all.add(entry);
      return () => void all.delete(entry);
    },
    tell(event) {
      for (const entry of all) {
        try {
          entry.call(event);
        } catch (error) {
          onError(error);
        }
      }
    },
    get size() {
      return all.size;
    },
  };
}
