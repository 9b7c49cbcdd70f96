import * as z from 'zod/mini';
import { CarrierError } from '../shared/carrier-error.ts';
import type { SentToken } from './carrier.ts';

const longestLine = 16 * 1024;
const noticeSchema = z.union([
  z.strictObject({
    // What may be in an Authorization header (RFC 6750, 2.1).
    token: z.string().check(z.regex(/^[\w.~+/=-]{1,16000}$/)),
    secondsLeft: z.number().check(z.positive(), z.maximum(86_400)),
  }),
  z.strictObject({ leaving: z.literal(true) }),
]);

type NoticeEvents = {
  onToken(token: SentToken): void;
  /** It serves what it has, and wants nothing new. */
  onLeaving(): void;
};

/** Creates what reads the lines that a connector sends of its own accord. `push` throws for what is not valid. */
export function createNoticeReader(now: () => number, events: NoticeEvents): { push(chunk: Buffer): void } {
  let rest = '';
  const read = (line: string): void => {
    let notice: z.infer<typeof noticeSchema>;
    try {
      notice = noticeSchema.parse(JSON.parse(line));
    } catch {
      throw new CarrierError('protocol', 'it sent an unknown notice'); // without the text, which may be a token
    }
    if ('leaving' in notice) events.onLeaving();
    else events.onToken({ token: notice.token, until: now() + notice.secondsLeft * 1000 });
  };
  return {
    push(chunk) {
      const lines = (rest + chunk.toString('latin1')).split('\n');
      rest = lines.pop()!;
      if (rest.length > longestLine) throw new CarrierError('protocol', 'it sent a notice that is too long');
      for (const line of lines) read(line);
    },
  };
}
