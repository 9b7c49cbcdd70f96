import { Http1Error } from './http1-error.ts';

/** How the end of a body is found (RFC 9112, 6.3). */
export type BodyFraming = 'none' | 'length' | 'chunked' | 'until-close';

export type ResponseHead = {
  readonly status: number;
  /** Names and values in turn, as they came, one character a byte; repeated names stay apart. */
  readonly lines: string[];
  readonly framing: BodyFraming;
  /** Of the body, where `framing` is `length`. */
  readonly length: number;
  /** Whether another request may follow on the connection. */
  readonly keepAlive: boolean;
  /** Seconds after which the other side says it will close an idle connection. */
  readonly idleSeconds: number | undefined;
};

const statusLine = /^HTTP\/1\.([01]) ([1-9]\d\d)(?: [\t\x20-\x7e\x80-\xff]*)?$/;
/**
 * A field line begins with a token and a colon at once (RFC 9110, 5.6.2); its value has no control characters (5.5). No
 * continuation lines.
 */
const fieldName = /^[!#$%&'*+.^_`|~0-9A-Za-z-]+$/;
const fieldValue = /^[\t\x20-\x7e\x80-\xff]*$/;
const digits = /^\d{1,15}$/;

const malformed = (what: string) => new Http1Error('MALFORMED', `the answer ${what}`);

/** What the lines that matter for the connection say. */
type Said = {
  length: string | undefined;
  chunked: boolean;
  close: boolean;
  keepAlive: boolean;
  idleSeconds: number | undefined;
};

function listen(said: Said, name: string, value: string): void {
  switch (name) {
    case 'content-length':
      if (!digits.test(value)) throw malformed('has a Content-Length that is no number');
      // Twice the same is refused as well: it would go on as it came, and the next reader may not take it.
      if (said.length !== undefined) throw malformed('has two lengths');
      said.length = value;
      return;
    case 'transfer-encoding':
      if (said.chunked || value.toLowerCase() !== 'chunked')
        throw malformed('has a Transfer-Encoding other than chunked');
      said.chunked = true;
      return;
    case 'connection':
      for (const token of value.toLowerCase().split(',')) {
        const word = token.trim();
        if (word === 'close') said.close = true;
        else if (word === 'keep-alive') said.keepAlive = true;
      }
      return;
    case 'keep-alive': {
      const timeout = /(?:^|[ ,])timeout=(\d{1,6})(?:$|[ ,])/i.exec(value);
      if (timeout) said.idleSeconds = Number(timeout[1]);
      return;
    }
    default:
  }
}

/** Lengths of the four names above: all other lines are not looked at. */
const isHeard = (length: number) => length === 10 || length === 14 || length === 17;

const isBlank = (code: number) => code === 0x20 || code === 0x09;

/** The value without the blanks around it; String.trim knows more of them than HTTP does. */
function trimBlanks(text: string, from: number): string {
  let [start, end] = [from, text.length];
  while (start < end && isBlank(text.charCodeAt(start))) start += 1;
  while (end > start && isBlank(text.charCodeAt(end - 1))) end -= 1;
  return text.slice(start, end);
}

/**
 * Reads one field line into `lines`; returns its name in lower case if it is as long as one of those that matter.
 * Throws Http1Error.
 */
export function readFieldLine(line: string, lines: string[]): string | undefined {
  const colon = line.indexOf(':');
  const name = line.slice(0, Math.max(colon, 0));
  const value = trimBlanks(line, colon + 1);
  if (!fieldName.test(name) || !fieldValue.test(value)) throw malformed('has a header line that is none');
  lines.push(name, value);
  return isHeard(name.length) ? name.toLowerCase() : undefined;
}

function framingOf(said: Said, status: number, method: string): Pick<ResponseHead, 'framing' | 'length'> {
  if (said.chunked && said.length !== undefined) throw malformed('has a length and is chunked');
  if (method === 'HEAD' || status < 200 || status === 204 || status === 304) return { framing: 'none', length: 0 };
  if (said.chunked) return { framing: 'chunked', length: 0 };
  if (said.length === undefined) return { framing: 'until-close', length: 0 };
  const length = Number(said.length);
  return { framing: length === 0 ? 'none' : 'length', length };
}

/**
 * Reads the head of an answer to a request of `method`, without the empty line that ends it. Throws Http1Error for
 * whatever two readers could understand differently.
 */
export function readResponseHead(text: string, method: string): ResponseHead {
  let end = text.indexOf('\r\n');
  const first = statusLine.exec(end < 0 ? text : text.slice(0, end));
  if (!first) throw malformed('does not begin as HTTP/1.1 does');
  const status = Number(first[2]);
  const lines: string[] = [];
  const said: Said = { length: undefined, chunked: false, close: false, keepAlive: false, idleSeconds: undefined };
  while (end >= 0) {
    const start = end + 2;
    end = text.indexOf('\r\n', start);
    const heard = readFieldLine(end < 0 ? text.slice(start) : text.slice(start, end), lines);
    if (heard !== undefined) listen(said, heard, lines.at(-1)!);
  }
  // HTTP/1.0 knows no codings (RFC 9112, 6.1): one reader would take the chunks apart, another would take them for the
  // body.
  if (first[1] === '0' && said.chunked) throw malformed('of HTTP/1.0 has a Transfer-Encoding');
  const { framing, length } = framingOf(said, status, method);
  const stays = first[1] === '1' ? !said.close : said.keepAlive && !said.close;
  return {
    status,
    lines,
    framing,
    length,
    keepAlive: stays && framing !== 'until-close',
    idleSeconds: said.idleSeconds,
  };
}
