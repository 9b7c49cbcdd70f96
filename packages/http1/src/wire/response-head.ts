import { Http1Error } from './http1-error.ts';

/** How the end of a body is determined (RFC 9112, 6.3). */
type BodyFraming = 'none' | 'length' | 'chunked' | 'until-close';

export type ResponseHead = {
  readonly status: number;
  /** Names and values in turn, as received, one character per byte. Repeated names stay separate. */
  readonly lines: string[];
  readonly framing: BodyFraming;
  /** The length of the body if `framing` is `length`. */
  readonly length: number;
  /** Whether another request may follow on the connection. */
  readonly keepAlive: boolean;
  /** Seconds after which the server will close an idle connection, as it announced. */
  readonly idleSeconds: number | undefined;
};

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/**
 * A field line begins with a token that a colon follows directly (RFC 9110, 5.6.2). Its value has no control characters
 * (5.5). Continuation lines are refused.
 */
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const digits = /^\d{1,15}$/;

const malformed = (what: string) => new Http1Error('MALFORMED', `the response ${what}`);

/** The content of the lines that matter for framing and the connection. */
type Framing = {
  length: string | undefined;
  chunked: boolean;
  close: boolean;
  keepAlive: boolean;
  idleSeconds: number | undefined;
};

function readFraming(framing: Framing, name: string, value: string): void {
  switch (name) {
    case 'content-length':
      if (!digits.test(value)) throw malformed('has a Content-Length that is not a number');
      // The same length twice is refused too: it would be passed on, and the next reader might refuse or misread it.
      if (framing.length !== undefined) throw malformed('has two lengths');
      framing.length = value;
      return;
    case 'transfer-encoding':
      if (framing.chunked || value.toLowerCase() !== 'chunked')
        throw malformed('has a Transfer-Encoding other than chunked');
      framing.chunked = true;
      return;
    case 'connection':
      for (const token of value.toLowerCase().split(',')) {
        const word = token.trim();
        if (word === 'close') framing.close = true;
        else if (word === 'keep-alive') framing.keepAlive = true;
      }
      return;
    case 'keep-alive': {
      const timeout = /(?:^|[ ,])timeout=(\d{1,6})(?:$|[ ,])/i.exec(value);
      if (timeout) framing.idleSeconds = Number(timeout[1]);
      return;
    }
    default:
  }
}

/** Compares with the lengths of the four names above, so that most lines need no further check. */
const mayMatter = (length: number) => length === 10 || length === 14 || length === 17;

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/** Removes the blanks around a value. String.trim would remove more than HTTP allows. */
function trimBlanks(text: string, from: number): string {
  let [start, end] = [from, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/**
 * Reads one field line into `lines`. Returns its name in lower case if its length is that of a name that matters. Throws
 * Http1Error.
 */
export function readFieldLine(line: string, lines: string[]): string | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  const value = trimBlanks(line, colon + 1);
  if (!fieldName.test(name) || !fieldValue.test(value)) throw malformed('has an invalid header line');
  lines.push(name, value);
  return mayMatter(name.length) ? name.toLowerCase() : undefined;
}

function framingOf(lines: Framing, status: number, method: string): Pick<ResponseHead, 'framing' | 'length'> {
  if (lines.chunked && lines.length !== undefined) throw malformed('has a length and is chunked');
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { framing: 'none', length: 0 };
  if (lines.chunked) return { framing: 'chunked', length: 0 };
  if (lines.length === undefined) return { framing: 'until-close', length: 0 };
  const length = Number(lines.length);
  return { framing: length === 0 ? 'none' : 'length', length };
}

/**
 * Reads the head of a response to a `method` request, without the empty line that ends it. Throws Http1Error for anything
 * that two readers could understand differently.
 */
export function readResponseHead(text: string, method: string): ResponseHead {
  let end = text.indexOf('\r\n');
  const first = statusLine.exec(end < 0 ? text : text.slice(0, end));
  if (!first) throw malformed('does not begin like HTTP/1.1');
  const status = Number(first[2]);
  const lines: string[] = [];
  const framingLines: Framing = {
    length: undefined,
    chunked: false,
    close: false,
    keepAlive: false,
    idleSeconds: undefined,
  };
  while (end >= 0) {
    const start = end + 2;
    end = text.indexOf('\r\n', start);
    const relevant = readFieldLine(end < 0 ? text.slice(start) : text.slice(start, end), lines);
    if (relevant !== undefined) readFraming(framingLines, relevant, lines.at(-1)!);
  }
  // HTTP/1.0 has no codings (RFC 9112, 6.1): one reader would decode the chunks, another would take them for the body.
  if (first[1] === '0' && framingLines.chunked) throw malformed('is HTTP/1.0 and has a Transfer-Encoding');
  const { framing, length } = framingOf(framingLines, status, method);
  const stays = first[1] === '1' ? !framingLines.close : framingLines.keepAlive && !framingLines.close;
  return {
    status,
    lines,
    framing,
    length,
    keepAlive: stays && framing !== 'until-close',
    idleSeconds: framingLines.idleSeconds,
  };
}
