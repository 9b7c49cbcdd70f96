import type { Http1Client, Http1Request } from './http1-client.ts';
import type { Http1Flow } from './http1-handler.ts';

/** A response that was read as a whole. `lines` has the names and values of its headers in turn. */
export type WholeResponse = { status: number; lines: readonly string[]; body: Buffer };

/**
 * Sends a request and reads the whole response. Rejects with `late` after `timeoutMs`, and if the response is broken or
 * longer than `maxBytes`.
 */
export function readWhole(
  client: Pick<Http1Client, 'dispatch'>,
  request: Http1Request,
  { timeoutMs, late, maxBytes = Infinity }: { timeoutMs: number; late: string; maxBytes?: number },
): Promise<WholeResponse> {
  return new Promise((resolve, reject) => {
    let flow: Http1Flow | undefined;
    let over = false;
    let [status, lines]: [number, string[]] = [0, []];
    let size = 0;
    const chunks: Buffer[] = [];
    const giveUp = (error: Error) => {
      over = true;
      clearTimeout(timer);
      flow?.abort();
      reject(error);
    };
    const timer = setTimeout(() => giveUp(new Error(late)), timeoutMs);
    client.dispatch(request, {
      onStart(given) {
        flow = given;
        if (over) given.abort();
      },
      onHead(code, raw) {
        [status, lines] = [code, raw];
      },
      onData(chunk) {
        size += chunk.length;
        if (size > maxBytes) giveUp(new Error('the response is too long'));
        else chunks.push(chunk);
      },
      onEnd() {
        clearTimeout(timer);
        resolve({ status, lines, body: chunks.length === 1 ? chunks[0]! : Buffer.concat(chunks) });
      },
      onError: giveUp,
    });
  });
}
