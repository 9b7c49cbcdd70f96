import { canonicalJson } from './canonical-json.ts';

/** Up to this length, a text is written in a loop. For longer ones, `JSON.stringify` takes less time. */
const shortText = 64;

/** Writes the RFC 8785 form of values into memory that is used again and again. */
export class JsonBytes {
  #bytes = Buffer.allocUnsafe(16 * 1024);
  /** How many bytes are written. What is written next goes behind them. */
  length = 0;

  /** The memory. Another one takes its place when it is too small. */
  get bytes(): Buffer {
    return this.#bytes;
  }

  /** Makes sure that so many bytes more fit. */
  room(more: number): void {
    if (this.length + more <= this.#bytes.length) return;
    const larger = Buffer.allocUnsafe(Math.max(2 * this.#bytes.length, this.length + more));
    this.#bytes.copy(larger, 0, 0, this.length);
    this.#bytes = larger;
  }

  /** Writes bytes as they are. */
  copy(bytes: Uint8Array): void {
    this.room(bytes.length);
    this.#bytes.set(bytes, this.length);
    this.length += bytes.length;
  }

  /** Writes a text as it is. */
  raw(text: string): void {
    // A UTF-16 code unit takes at most three bytes.
    this.room(3 * text.length);
    this.length += this.#bytes.write(text, this.length, 'utf8');
  }

  /** Writes a value as `canonicalJson` does. */
  json(value: unknown): void {
    if (typeof value === 'string') this.#text(value);
    else if (typeof value === 'number' && Number.isFinite(value)) this.#ascii(`${value}`);
    else if (typeof value !== 'object' || value === null) this.raw(canonicalJson(value as never));
    else if (Array.isArray(value)) this.#list(value);
    else this.#object(value);
  }

  #text(text: string): void {
    this.room(shortText + 2);
    const start = this.length;
    this.#bytes[start] = 0x22;
    if (!this.#plain(text, start + 1)) return this.raw(JSON.stringify(text.toWellFormed()));
    const end = start + 1 + text.length;
    this.#bytes[end] = 0x22;
    this.length = end + 1;
  }

  /** Writes a short text at `start` if none of it has to be escaped. Returns whether it did. */
  #plain(text: string, start: number): boolean {
    if (text.length > shortText) return false;
    const bytes = this.#bytes;
    for (let at = 0; at < text.length; at += 1) {
      const code = text.charCodeAt(at);
      if (code < 0x20 || code > 0x7e || code === 0x22 || code === 0x5c) return false;
      bytes[start + at] = code;
    }
    return true;
  }

  #ascii(text: string): void {
    this.room(text.length);
    const bytes = this.#bytes;
    for (let at = 0; at < text.length; at += 1) bytes[this.length + at] = text.charCodeAt(at);
    this.length += text.length;
  }

  #byte(code: number): void {
    this.room(1);
    this.#bytes[this.length] = code;
    this.length += 1;
  }

  #list(items: readonly unknown[]): void {
    this.#byte(0x5b);
    for (let at = 0; at < items.length; at += 1) {
      if (at > 0) this.#byte(0x2c);
      this.json(items[at] ?? null);
    }
    this.#byte(0x5d);
  }

  #object(value: object): void {
    const start = this.length;
    this.#byte(0x7b);
    let last = '';
    for (const name in value) {
      const member: unknown = value[name as keyof typeof value];
      if (member === undefined) continue;
      if (last !== '') this.#byte(0x2c);
      this.room(shortText + 3);
      const at = this.length;
      if (name <= last || !this.#plain(name, at + 1)) {
        this.length = start;
        return this.raw(canonicalJson(value));
      }
      this.#bytes[at] = this.#bytes[at + name.length + 1] = 0x22;
      this.#bytes[at + name.length + 2] = 0x3a;
      this.length = at + name.length + 3;
      this.json(member);
      last = name;
    }
    this.#byte(0x7d);
  }
}
