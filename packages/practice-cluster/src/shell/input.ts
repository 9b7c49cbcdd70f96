/** Bytes that come in and are read later, once. */
export type Input = {
  push: (data: Buffer) => void;
  end: () => void;
  /** The next bytes; undefined after the end. */
  read: () => Promise<Buffer | undefined>;
  /** Bytes that nobody has read yet. */
  waiting: () => number;
};

/** Makes an empty input; `onRead` is called whenever some of it was read. */
export function createInput(onRead?: () => void): Input {
  const chunks: Buffer[] = [];
  let length = 0;
  let ended = false;
  let wake: (() => void) | undefined;
  return {
    push(data) {
      if (ended || data.length === 0) return;
      chunks.push(data);
      length += data.length;
      wake?.();
    },
    end() {
      ended = true;
      wake?.();
    },
    async read() {
      if (chunks.length === 0 && !ended)
        await new Promise<void>((resolve) => {
          wake = resolve;
        });
      wake = undefined;
      const next = chunks.shift();
      length -= next?.length ?? 0;
      onRead?.();
      return next;
    },
    waiting: () => length,
  };
}

/** An input that holds some bytes and nothing more. */
export function inputOf(bytes: Buffer): Input {
  const input = createInput();
  input.push(bytes);
  input.end();
  return input;
}
