import {
  describeReply,
  hole,
  judgeIdentity,
  probe,
  readUserInfo,
  review,
  inconclusive,
  held,
  type AttackRow,
  type Attempt,
  type Probe,
} from '../probe/probe.ts';

/** A refusal or a response with the own identity is correct. A server error or another identity is a hole. */
const bytes = (what: string, attempt: Attempt): Probe =>
  probe(what, attempt, (reply, { baseline }) =>
    reply.status >= 500 ? hole(`${describeReply(reply)} instead of a refusal`) : judgeIdentity(reply, baseline),
  );

const lines = (what: string, ...odd: string[]) => bytes(what, review({ lines: odd }));
const paths = (what: string, path: string): Probe =>
  probe(what, { path }, (reply) => {
    if (reply.status >= 500) return hole(`${describeReply(reply)} instead of a refusal`);
    return reply.status >= 200 && reply.status < 400
      ? hole(`${describeReply(reply)}, as for another path`)
      : reply.status === 0 && !reply.closed
        ? inconclusive('no response')
        : held(describeReply(reply));
  });

const odd: AttackRow = {
  row: 'A06',
  attack: 'control characters, other bytes and lengths',
  probes: [
    lines('NUL in a header', 'X-Attack: a\0b'),
    lines('a bare LF, followed by an identity', 'X-Attack: a\nImpersonate-User: sallyport-attack'),
    lines('a bare CR, followed by an identity', 'X-Attack: a\rImpersonate-User: sallyport-attack'),
    lines('a folded line with an identity', 'X-Attack: a', ' Impersonate-User: sallyport-attack'),
    lines('UTF-8 in a header', `X-Attack: ${Buffer.from('日本語').toString('latin1')}`),
    lines('bytes that are not UTF-8', 'X-Attack: \xff\xfe'),
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
      run: async ({ send, baseline }) =>
        readUserInfo(await send(review()))?.username === baseline.username
          ? held('answered with your own identity')
          : hole('it no longer answers as before'),
    },
  ],
};

export const byteRows: readonly AttackRow[] = [odd];
