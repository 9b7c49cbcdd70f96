/** A response as it arrived. `status` is 0 if there was none. */
export type RawReply = { status: number; lines: string[]; body: string; closed: boolean };

/** Returns the value of the first header with this name. */
export function headerOf({ lines }: Pick<RawReply, 'lines'>, name: string): string | undefined {
  const line = lines.find((one) => one.toLowerCase().startsWith(`${name}:`));
  return line?.slice(name.length + 1).trim();
}

const maxBodyBytes = 1024 * 1024;

/** Returns the content of a chunked body, and whether it is complete. */
function unchunk(text: string): { body: string; whole: boolean } {
  let body = '';
  for (let at = 0; ;) {
    const end = text.indexOf('\r\n', at);
    const size = end < 0 ? Number.NaN : Number.parseInt(text.slice(at, end), 16);
    if (Number.isNaN(size)) return { body, whole: false };
    if (size === 0) return { body, whole: true };
    body += text.slice(end + 2, end + 2 + size);
    at = end + 2 + size + 2;
    if (at > text.length) return { body, whole: false };
  }
}

/**
 * Reads the first final response in the received bytes (one character per byte). `whole` reports whether it is
 * complete. `bodiless` is true after HEAD.
 */
export function readReply(text: string, closed: boolean, bodiless: boolean): { reply: RawReply; whole: boolean } {
  const end = text.indexOf('\r\n\r\n');
  const status = Number(/^HTTP\/1\.[01] (\d{3})/.exec(text)?.[1] ?? 0);
  if (end < 0 || status === 0) return { reply: { status: 0, lines: [], body: '', closed }, whole: closed };
  const rest = text.slice(end + 4);
  if (status < 200 && status !== 101) return readReply(rest, closed, bodiless);
  const lines = text.slice(0, end).split('\r\n').slice(1);
  const reply = (body: string): RawReply => ({
    status,
    lines,
    body: Buffer.from(body, 'latin1').toString('utf8'),
    closed,
  });
  if (bodiless || status === 101 || status === 204 || status === 304) return { reply: reply(''), whole: true };
  if (/chunked/i.test(headerOf({ lines }, 'transfer-encoding') ?? '')) {
    const { body, whole } = unchunk(rest);
    return { reply: reply(body), whole: whole || closed };
  }
  const length = headerOf({ lines }, 'content-length');
  const wanted = length === undefined ? maxBodyBytes : Math.min(Number(length), maxBodyBytes);
  return { reply: reply(rest.slice(0, wanted)), whole: closed || rest.length >= wanted };
}
