import {
  blockSize,
  readLongName,
  readPax,
  readTarHeader,
  TarFault,
  withHints,
  type EntryHints,
  type TarHeader,
} from './tar-header.ts';

/** The longest header of pax and name of GNU that is kept. */
const maxKept = 65_536;
const slash = 0x2f;
const zeros = Buffer.alloc(blockSize);

/** Is given the files of an archive. `bytes` are valid until the call returns. */
export type TarSink = {
  file(path: Buffer): void;
  data(bytes: Uint8Array): void;
  fileEnd(bytes: number): void;
};

/** What follows a header. */
type Content = { left: number; take(bytes: Uint8Array): void; end(): void };

/** Reads a tar archive in pieces, and gives up at whatever two readers could read differently. It keeps no content. */
export class TarReader {
  readonly #sink: TarSink;
  readonly #block = Buffer.alloc(blockSize);
  #filled = 0;
  #content: Content | undefined;
  #padding = 0;
  #zeroBlocks = 0;
  #hints: EntryHints | undefined;
  #fault: string | undefined;

  constructor(sink: TarSink) {
    this.#sink = sink;
  }

  /** Why nothing more is read. */
  get fault(): string | undefined {
    return this.#fault;
  }

  /** Whether the end of the archive was read. */
  get isWhole(): boolean {
    return this.#fault === undefined && this.#zeroBlocks >= 2;
  }

  /** Reads the next bytes. Never throws. */
  push(bytes: Uint8Array): void {
    try {
      for (let at = 0; at < bytes.length && this.#fault === undefined;) at += this.#take(bytes, at);
    } catch (error) {
      this.#fault = error instanceof TarFault ? error.message : 'the reader failed';
    }
  }

  /** Takes bytes from a position, and returns how many. */
  #take(bytes: Uint8Array, at: number): number {
    const here = bytes.length - at;
    const content = this.#content;
    if (content) {
      const count = Math.min(content.left, here);
      content.take(bytes.subarray(at, at + count));
      content.left -= count;
      if (content.left === 0) this.#endContent(content);
      return count;
    }
    if (this.#padding > 0) {
      const count = Math.min(this.#padding, here);
      this.#padding -= count;
      return count;
    }
    const count = Math.min(blockSize - this.#filled, here);
    this.#block.set(bytes.subarray(at, at + count), this.#filled);
    this.#filled += count;
    if (this.#filled === blockSize) {
      this.#filled = 0;
      this.#readBlock();
    }
    return count;
  }

  #readBlock(): void {
    if (this.#block.equals(zeros)) {
      if (this.#hints) throw new TarFault('a header without its entry');
      this.#zeroBlocks += 1;
      return;
    }
    if (this.#zeroBlocks > 0) throw new TarFault('more behind the end of the archive');
    const header = readTarHeader(this.#block);
    if (header.type === 'L' || header.type === 'K' || header.type === 'x' || header.type === 'g')
      this.#keep(header, header.type);
    else this.#readEntry(withHints(header, this.#hints ?? {}));
  }

  /** Keeps what is about the next entry. */
  #keep({ size }: TarHeader, type: 'L' | 'K' | 'x' | 'g'): void {
    if (size > maxKept) throw new TarFault('a header that is too long');
    const kept = Buffer.alloc(size);
    let filled = 0;
    this.#begin(size, {
      take(bytes) {
        kept.set(bytes, filled);
        filled += bytes.length;
      },
      end: () => {
        if (type === 'g') return this.#readGlobal(kept);
        this.#hints ??= {};
        // The target of a link is not used.
        if (type === 'L') readLongName(kept, this.#hints);
        else if (type === 'x') readPax(kept, this.#hints);
      },
    });
  }

  /** Refuses a name or a size for all entries, which only some readers would use. */
  #readGlobal(bytes: Buffer): void {
    const hints: EntryHints = {};
    readPax(bytes, hints);
    if (Object.keys(hints).length > 0) throw new TarFault('a name or a size for all entries');
  }

  #readEntry({ type, path, size }: TarHeader): void {
    this.#hints = undefined;
    const isDirectory = path.at(-1) === slash;
    if ((type === '0' || type === '\0' || type === '7') && !isDirectory) {
      this.#sink.file(path);
      this.#begin(size, { take: (bytes) => this.#sink.data(bytes), end: () => this.#sink.fileEnd(size) });
      return;
    }
    if (!/[0-7\0]/.test(type))
      throw new TarFault('an entry of another type than files, directories, links and devices');
    if (size !== 0) throw new TarFault('a link, directory or device with content');
  }

  #begin(size: number, content: Omit<Content, 'left'>): void {
    this.#padding = (blockSize - (size % blockSize)) % blockSize;
    if (size === 0) content.end();
    else this.#content = { ...content, left: size };
  }

  #endContent(content: Content): void {
    this.#content = undefined;
    content.end();
  }
}
