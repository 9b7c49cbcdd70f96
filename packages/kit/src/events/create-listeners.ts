/** A set of callbacks; one that throws does not keep the others from hearing. */
export type Listeners<Heard> = {
  add(listener: (heard: Heard) => void): () => void;
  tell(heard: Heard): void;
  readonly size: number;
};

/** Creates an empty set of listeners; the same function added twice is called twice. */
export function createListeners<Heard>(onError: (error: unknown) => void = () => {}): Listeners<Heard> {
  const all = new Set<{ call: (heard: Heard) => void }>();
  return {
    add(listener) {
      const entry = { call: listener };
      all.add(entry);
      return () => void all.delete(entry);
    },
    tell(heard) {
      for (const entry of all) {
        try {
          entry.call(heard);
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
