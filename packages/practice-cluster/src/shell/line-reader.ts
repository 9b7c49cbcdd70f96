import { createInput, type Input, type Io } from './input.ts';

/** Reads lines from an input. `rest` is the input after them, for a command that reads it. */
export type LineReader = { next: () => Promise<string | undefined>; rest: Input };

const maxLine = 65_536;

/** Creates a line reader. On a terminal it echoes input and handles backspace, ^C, ^D and ^U, like a terminal driver. */
export function createLineReader(io: Io, tty: boolean): LineReader {
  let buffer: Buffer = Buffer.alloc(0);
  const rest: Input = {
    ...createInput(),
    read: async () => {
      if (buffer.length === 0) return io.stdin.read();
      const bytes = buffer;
      buffer = Buffer.alloc(0);
      return bytes;
    },
  };
  const nextByte = async (): Promise<number | undefined> => {
    while (buffer.length === 0) {
      const chunk = await io.stdin.read();
      if (chunk === undefined) return undefined;
      buffer = chunk;
    }
    const byte = buffer[0]!;
    buffer = buffer.subarray(1);
    return byte;
  };
  return { rest, next: () => (tty ? typedLine(nextByte, io) : pipedLine(nextByte)) };
}

async function pipedLine(nextByte: () => Promise<number | undefined>): Promise<string | undefined> {
  const line: number[] = [];
  for (let byte = await nextByte(); ; byte = await nextByte()) {
    if (byte === undefined) return line.length === 0 ? undefined : Buffer.from(line).toString();
    if (byte === 0x0a) return Buffer.from(line).toString();
    if (line.length < maxLine) line.push(byte);
  }
}

async function typedLine(nextByte: () => Promise<number | undefined>, io: Io): Promise<string | undefined> {
  let line: number[] = [];
  for (let byte = await nextByte(); byte !== undefined; byte = await nextByte()) {
    if (byte === 0x0d || byte === 0x0a) {
      await io.write('stdout', '\n');
      return Buffer.from(line).toString();
    }
    if (byte === 0x04 && line.length === 0) return undefined;
    if (byte === 0x03) {
      await io.write('stdout', '^C\n');
      return '';
    }
    if (byte === 0x15) {
      await io.write('stdout', '\b \b'.repeat(line.length));
      line = [];
    } else if (byte === 0x7f || byte === 0x08) {
      if (line.pop() !== undefined) await io.write('stdout', '\b \b');
    } else if (byte >= 0x20 && line.length < maxLine) {
      line.push(byte);
      await io.write('stdout', Buffer.from([byte]));
    }
  }
  return undefined;
}
