import { createHash } from 'node:crypto';
import { describe, expect, it } from '@jest/globals';
import { parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import { auditUri, describeRequest, fitsEvent, maxLength } from './describe-request.ts';
import { createHiddenText } from './hidden-text.ts';

const clear = createHiddenText('clear', Buffer.from('k'))('alice');
const hashed = createHiddenText('hashed', Buffer.from('k'))('alice');
const node = '/api/v1/nodes/n/proxy';

function asked(rawTarget: string, method = 'GET') {
  const parsed = parseRequestTarget(rawTarget);
  return { method, rawTarget, kube: parsed.ok ? readRequestInfo({ method, ...parsed }) : undefined };
}

describe('what an event contains about a request', () => {
  it('has each part of the target in its own member, wherever it is in the target', () => {
    const pads = `${'pad=x&'.repeat(400)}`;
    const described = describeRequest(
      asked(`/api/v1/secrets?${pads}labelSelector=app%3Dvault&fieldSelector=metadata.namespace%3Dprod`),
      clear,
      maxLength.part,
    );
    expect(described).toMatchObject({
      method: 'GET',
      labelSelector: 'app=vault',
      fieldSelector: 'metadata.namespace=prod',
    });
    expect(described.query).toMatch(/fieldSelector=metadata\.namespace%3Dprod$/);
    const proxied = describeRequest(
      asked(`${node}/${'a/'.repeat(2000)}../etc`.replace('../', 'run/')),
      clear,
      maxLength.part,
    );
    expect(proxied.proxyPath).toMatch(/\/run\/etc$/);
  });

  it('is the head and the tail of what is too long, with length and hash', () => {
    const target = `/api/v1/pods?a=${'x'.repeat(10_000)}&end=1`;
    const { query, targetLength, targetSha256 } = describeRequest(asked(target), clear, maxLength.part);
    expect(query).toHaveLength(maxLength.part + 1);
    expect(query).toMatch(/^a=x{2046}…x+&end=1$/);
    expect(targetLength).toBe(target.length);
    expect(targetSha256).toBe(createHash('sha256').update(target).digest('hex'));
  });

  it('is short for an ordinary request', () => {
    expect(describeRequest(asked('/api/v1/namespaces/dev/pods/web'), clear, maxLength.part)).toEqual({ method: 'GET' });
    expect(describeRequest(asked('/api/v1/pods?limit=500'), clear, maxLength.part)).toEqual({
      method: 'GET',
      query: 'limit=500',
    });
  });

  it('shows control characters as escapes, and no tokens', () => {
    const described = describeRequest(
      asked(`/api/v1/pods?labelSelector=a%3D%1b[2J&x=spt_${'a'.repeat(43)}`),
      clear,
      maxLength.part,
    );
    expect(described.labelSelector).toBe('a=\\u001b[2J');
    expect(JSON.stringify(described)).not.toContain('aaaa');
    expect(describeRequest(asked(`${node}/logs/spt_${'a'.repeat(43)}`), clear, maxLength.part).proxyPath).toMatch(
      /^\/logs\/spt_\[redacted:hmac-sha256:[\w-]{43}\]$/,
    );
  });

  it('shows equal tokens as equal hashes, however they are spelled, with another key as others', () => {
    const other = createHiddenText('clear', Buffer.from('other'))('alice');
    const jwt = ['{"alg":"RS256"}', '{"iss":"https://ci.example.com"}', 'a signature of 32 bytes or more']
      .map((part) => Buffer.from(part).toString('base64url'))
      .join('.');
    const shown = [jwt, jwt.replaceAll('.', '%2E'), `%65${jwt.slice(1)}`].flatMap((spelled) =>
      [clear, hashed].map((text) => describeRequest(asked(`/x?t=${spelled}`), text, maxLength.part).query),
    );
    expect(new Set(shown)).toEqual(new Set([`t=jwt_[redacted:${clear.ofToken(jwt)}]`]));
    expect(other.ofToken(jwt)).not.toBe(clear.ofToken(jwt));
  });

  it('has the hash of the target without those of its tokens, so that anyone can compute it', () => {
    const target = `/x?t=spt_${'a'.repeat(43)}&${'p'.repeat(2000)}`;
    const { targetSha256 } = describeRequest(asked(target), clear, maxLength.part);
    const plain = target.replace(/spt_a{43}/, 'spt_[redacted]');
    expect(targetSha256).toBe(createHash('sha256').update(plain).digest('hex'));
  });
});

describe('a command in a query', () => {
  it.each([
    '/api/v1/namespaces/dev/pods/web/exec?command=secret&container=c',
    `${node}/exec/prod/web/c?command=secret&container=c`,
    `${node}/run/prod/web/c?cmd=secret&container=c`,
    `${node}/run/prod/web/c?c%6dd=secret&container=c`,
  ])('of %s is in exec.command, and not in the query', (target) => {
    for (const text of [clear, hashed])
      expect(describeRequest(asked(target, 'POST'), text, maxLength.whole).query).toBe('container=c');
    expect(auditUri(target)).toBe(`${target.slice(0, target.indexOf('?'))}?container=c`);
  });

  it('of very many words costs a thousand hashes, and its event is not large', () => {
    const words = asked(`${node}/run/prod/web/c?cmd=${'+'.repeat(60_000)}secret`, 'POST').kube!.kubelet!.exec!.command;
    expect(words).toHaveLength(60_001);
    const shown = hashed.ofAll(words);
    expect(shown).toHaveLength(1001);
    expect(shown.at(-1)).not.toBe(hashed.ofAll([...words.slice(0, -1), 'other']).at(-1));
    expect(hashed.ofAll(words.slice(-3))).toEqual(words.slice(-3).map(hashed.of));
    expect(clear.ofAll(words)).toEqual(words);
  });

  it('in a query with more parameters than a request may have is hashed a thousand times at most', () => {
    const { query } = describeRequest(
      asked(`/api/v1/pods?${'command=x&'.repeat(6000)}`),
      hashed,
      Number.MAX_SAFE_INTEGER,
    );
    expect(query!.match(/hmac-sha256/g)).toHaveLength(1000);
  });

  it('that only looks like one is not hidden, but shown as commands are', () => {
    const target = '/api/v1/namespaces/dev/services/web/proxy/x?command=secret&a=1';
    expect(describeRequest(asked(target), clear, maxLength.part).query).toBe('command=secret&a=1');
    expect(describeRequest(asked(target), hashed, maxLength.part).query).toMatch(/^command=hmac-sha256:[\w-]{43}&a=1$/);
  });

  it.each(['services/https:kubelet:10250', 'pods/https:agent:10250'])(
    'for a kubelet behind %s is hashed where commands are',
    (backend) => {
      const target = `/api/v1/namespaces/dev/${backend}/proxy/run/prod/web/c?cmd=secret&a=1`;
      expect(describeRequest(asked(target), clear, maxLength.part).query).toBe('cmd=secret&a=1');
      expect(describeRequest(asked(target), hashed, maxLength.part).query).toMatch(/^cmd=hmac-sha256:[\w-]{43}&a=1$/);
      expect(auditUri(target)).not.toContain('secret');
    },
  );

  it.each([
    '/api/v1/namespaces/dev/pods/web//exec?command=secret',
    `${node}/../run/prod/web/c?cmd=secret`,
    '/api/v1/namespaces/dev/pods/web/exec?%63ommand=secret&%zz',
  ])('of a target that cannot be parsed (%s) is hashed where commands are', (target) => {
    expect(asked(target).kube).toBeUndefined();
    expect(JSON.stringify(describeRequest(asked(target), hashed, maxLength.part))).not.toContain('secret');
    expect(auditUri(target)).not.toContain('secret');
  });

  it.each([
    `${node}/run/prod/web/c?command=secret`,
    `${node}/exec/prod/web/c?cmd=secret`,
    `${node}?cmd=secret`,
    '/api/v1/namespaces/dev/services/https:kubelet:10250/proxy?cmd=secret',
    '/api/v1/namespaces/dev/services/web/proxy/x?CMD=secret',
    '/api/v1/namespaces/dev/services/web/proxy/x?cmd%5B%5D=secret',
    '/api/v1/namespaces/dev/services/web/proxy/x?+cmd=secret',
    '/api/v1/namespaces/dev/services/web/proxy/x?%2563md=secret',
    '/api/v1/namespaces/dev/services/web/proxy/x?a=1%26cmd%3Dsecret',
    `${node}/run/prod/web/c%3Fcmd=secret`,
    `${node}/run/prod/web/c%253Fcmd=secret`,
    `${node}/run/prod/web/c;cmd=secret`,
    `${node}/run/prod/web/c?a=1;cmd=secret`,
    `${node}/run/prod/web/c?a=1#cmd=secret`,
    '/api/v1/namespaces/dev/pods/web/exec?cmd=secret',
    '/api/v1/namespaces/dev/pods/web/exec%3Fcommand=secret',
    '/api/v1/proxy/nodes/n/run/prod/web/c?command=secret',
  ])('spelled as in %s is hashed where commands are, and never in the request URI', (target) => {
    expect(JSON.stringify(describeRequest(asked(target), hashed, maxLength.part))).not.toContain('secret');
    expect(auditUri(target)).not.toContain('secret');
  });

  it('with any marks in it is hashed to its end', () => {
    const target = '/api/v1/namespaces/dev/services/web/proxy/x?command=a?secret&b=1';
    expect(describeRequest(asked(target), hashed, maxLength.part).query).toMatch(/^command=hmac-sha256:[\w-]{43}&b=1$/);
  });

  it('is left out of the hash of the target, because a short command could be guessed from it', () => {
    const target = (command: string) =>
      `/api/v1/namespaces/dev/pods/web/exec?command=${command}&pad=${'x'.repeat(2000)}`;
    expect(describeRequest(asked(target('ls')), hashed, maxLength.part).targetSha256).toBe(
      describeRequest(asked(target('rm')), hashed, maxLength.part).targetSha256,
    );
  });
});

describe('the event of a write or a shell', () => {
  it('contains the script of an exec, up to a request head of 64 KiB', () => {
    expect(
      fitsEvent(asked(`/api/v1/namespaces/dev/pods/web/exec?command=${'x'.repeat(64_000)}&container=c`, 'POST'), clear),
    ).toBe(true);
    expect(fitsEvent(asked(`/api/v1/namespaces/dev/pods?pad=${'x'.repeat(64_000)}`, 'POST'), clear)).toBe(true);
  });

  it('does not contain what is longer once it is decoded', () => {
    expect(fitsEvent(asked(`/api/v1/namespaces/dev/pods?labelSelector=${'%1b'.repeat(20_000)}`, 'DELETE'), clear)).toBe(
      false,
    );
    expect(fitsEvent(asked(`/api/v1/namespaces/dev/pods?pad=${'x'.repeat(66_000)}`, 'POST'), clear)).toBe(false);
  });
});
