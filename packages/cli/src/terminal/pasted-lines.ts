import type { Environment } from '../environment/environment.ts';

/** Lines that the user pastes. Something else may end the wait first. */
export type PastedLines = ReturnType<typeof openPastedLines>;

const maxLength = 4096;
const never = () => new Promise<never>(() => {});

async function* readLines(input: AsyncIterable<Uint8Array>, empty: boolean): AsyncGenerator<string> {
  let text = '';
  for await (const chunk of input) {
    text += Buffer.from(chunk).toString('utf8');
    const lines = text.split(/\r\n|\r|\n/);
    text = lines.pop()!.slice(0, maxLength);
    for (const line of lines) if (empty || line.trim() !== '') yield line.trim().slice(0, maxLength);
  }
  if (text.trim() !== '') yield text.trim();
}

/** Starts to read standard input. `empty`: an empty line is one too. */
export function openPastedLines(environment: Pick<Environment, 'stdin'>, { empty = false } = {}) {
  const input = environment.stdin;
  const lines = readLines(input, empty);
  return {
    /** Resolves with the next line. Never resolves once the input has ended. */
    async next(): Promise<string> {
      try {
        const { value, done } = await lines.next();
        return done ? await never() : value;
      } catch {
        // The input is closed or cannot be read, so no line will come.
        return never();
      }
    },
    /** Closes the input, so that the program can end. */
    close(): void {
      if ('destroy' in input && typeof input.destroy === 'function') (input as { destroy(): void }).destroy();
    },
  };
}
