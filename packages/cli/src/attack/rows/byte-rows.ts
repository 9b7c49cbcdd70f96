import {
  describeReply,
  hole,
  judgeIdentity,
  probe,
  readUserInfo,
  review,
  unjudged,
  held,
  type AttackRow,
  type Attempt,
  type Probe,
} from '../probe/probe.ts';

/** A refusal is right, and so is an answer as oneself; an error of the gateway's own or another identity is not. */
const bytes = (what: string, attempt: Attempt): Probe =>
  probe(what, attempt, (reply, { baseline }) =>
    reply.status >= 500 ? hole(`${describeReply(reply)} where a refusal is due`) : judgeIdentity(reply, baseline),
  );

const lines = (what: string, ...odd: string[]) => bytes(what, review({ lines: odd }));
const paths = (what: string, path: string): Probe =>
  probe(what, { path }, (reply) => {
    if (reply.status >= 500) return hole(`${describeReply(reply)} where a refusal is due`);
    return reply.status >= 200 && reply.status < 400
      ? hole(`${describeReply(reply)}, as if the path were another`)
      : reply.status === 0 && !reply.closed
        ? unjudged('no answer came')
        : held(describeReply(reply));
  });

const odd: AttackRow = {
  row: 'A06',
  attack: 'control characters, other bytes and lengths',
  probes: [
    lines('NUL in a header', 'X-Attack: a\0b'),
    lines('a bare LF, and an identity behind it', 'X-Attack: a\nImpersonate-User: sallyport-attack'),
    lines('a bare CR, and an identity behind it', 'X-Attack: a\rImpersonate-User: sallyport-attack'),
    lines('a folded line with an identity', 'X-Attack: a', ' Impersonate-User: sallyport-attack'),
    lines('UTF-8 in a header', `X-Attack: ${Buffer.from('日本語').toString('latin1')}`),
    lines('bytes that are no UTF-8', 'X-Attack: \xff\xfe'),
    lines('a header of 64 KiB', `X-Attack: ${'a'.repeat(65_536)}`),
    lines(
      '5,000 header lines',
      ...Array.from({ length: 5000 }, (_none, index) => `X-Attack-${index}: ${'v'.repeat(10)}`),
    ),
    paths('%00 in the path', '/version%00'),
    paths('%0d%0a and an identity in the path', '/version%0d%0aImpersonate-User:%20sallyport-attack'),
    paths('a raw byte above 127 in the path', '/version\xff'),
    paths('a tab in the path', '/version\t/x'),
    paths('a path of 64 KiB', `/${'a'.repeat(65_536)}`),
    {
      what: 'all of that, and the gateway still answers',
      judge: async ({ send, baseline }) =>
        readUserInfo(await send(review()))?.username === baseline.username
          ? held('answered as you')
          : hole('it does not answer any more as it did'),
    },
  ],
};

export const byteRows: readonly AttackRow[] = [odd];
