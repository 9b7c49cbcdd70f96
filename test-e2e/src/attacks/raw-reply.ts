import { dialRaw, type Gateway } from '../harness/index.ts';

/** The gateway that is attacked, and every response that an attacker has received from it. */
export type RawTarget = { gateway: Pick<Gateway, 'url' | 'caPem'>; answers: string[] };

export type Reply = {
  code: number;
  text: string;
  head: string;
  body: string;
  header(name: string): string[];
  closed: boolean;
  auditId: string | undefined;
};

const whole = /^HTTP\/1\.1 (?:101 [\s\S]*\r\n\r\n|(?!10[01])\d+[\s\S]*(?:\r\n\r\n\{[\s\S]*\}\s*|\r\n0\r\n\r\n))$/;

/** Reports whether a final response has as many bytes as it announced. */
function hasItsLength(text: string): boolean {
  const end = text.indexOf('\r\n\r\n');
  if (end === -1 || /^HTTP\/1\.1 10[0-3]/.test(text)) return false;
  const [, length] = /\r\ncontent-length: (\d+)\r\n/i.exec(text.slice(0, end + 2)) ?? [];
  return length !== undefined && Buffer.byteLength(text.slice(end + 4)) >= Number(length);
}

/** Returns the content of a chunked body. */
function unchunk(body: string): string {
  const [size = '', ...rest] = body.split('\r\n');
  const length = Number.parseInt(size, 16);
  const text = rest.join('\r\n');
  return length > 0 ? text.slice(0, length) + unchunk(text.slice(length + 2)) : '';
}

/**
 * Sends bytes and reads until the response is complete (and, if it announces that, the connection has ended), or until
 * nothing has arrived for `firstMs`, or for `quietMs` after the first bytes.
 */
async function exchange(
  { gateway }: RawTarget,
  bytes: string,
  { firstMs, quietMs }: { firstMs: number; quietMs: number },
): Promise<{ text: string; closed: boolean }> {
  const socket = await dialRaw(gateway.url, gateway.caPem);
  const isHead = bytes.startsWith('HEAD ');
  // Behind the response to the first of several requests, another one may come.
  const isSingle = bytes.split(' HTTP/1.1\r\n').length === 2;
  const chunks: Buffer[] = [];
  const text = () => Buffer.concat(chunks).toString('utf8');
  const closed = await new Promise<boolean>((resolve) => {
    const open = () => resolve(false);
    let timer = setTimeout(open, firstMs);
    socket.on('data', (chunk: Buffer) => {
      chunks.push(chunk);
      clearTimeout(timer);
      // After the head of a response to HEAD, any further data would arrive at once.
      timer = setTimeout(open, isHead && text().includes('\r\n\r\n') ? Math.min(quietMs, 300) : quietMs);
      const isWhole = whole.test(text()) || (isSingle && !isHead && hasItsLength(text()));
      if (isWhole && !/\r\nconnection: close\r\n/i.test(text())) open();
    });
    for (const event of ['end', 'close']) {
      socket.on(event, () => {
        clearTimeout(timer);
        resolve(true);
      });
    }
    socket.write(Buffer.from(bytes, 'latin1'));
  });
  socket.destroy();
  return { text: text(), closed };
}

/**
 * Sends the bytes over TLS and reads the response. Without `quietMs`, a busy machine may take fifteen seconds to begin its
 * answer.
 */
export async function sendRaw(target: RawTarget, bytes: string, quietMs?: number): Promise<Reply> {
  const { text, closed } = await exchange(target, bytes, { firstMs: quietMs ?? 15_000, quietMs: quietMs ?? 1500 });
  target.answers.push(text);
  const [head = '', ...rest] = text.split('\r\n\r\n');
  const header = (name: string) =>
    head
      .split('\r\n')
      .slice(1)
      .filter((line) => line.toLowerCase().startsWith(`${name.toLowerCase()}:`))
      .map((line) => line.slice(name.length + 1).trim());
  const body = rest.join('\r\n\r\n');
  return {
    code: Number(/^HTTP\/1\.1 (\d+)/.exec(text)?.[1] ?? 0),
    text,
    head,
    body: header('transfer-encoding')[0] === 'chunked' ? unchunk(body) : body,
    header,
    closed,
    auditId: header('audit-id')[0],
  };
}
