import { readFileSync } from 'node:fs';
import { describe, expect, it } from '@jest/globals';
import fc from 'fast-check';
import { parseRequestTarget } from './parse-request-target.ts';

/** Any character. The one of fast-check first builds a table of all characters. */
const character = fc
  .integer({ min: 0, max: 0x10_f7ff })
  .map((code) => String.fromCodePoint(code < 0xd800 ? code : code + 0x800));

const refused: { target: string }[] = JSON.parse(
  readFileSync(new URL('../../testdata/refused-targets.json', import.meta.url), 'utf8'),
);

describe('a target that can be read in two ways is refused', () => {
  it.each(refused)('refuses $target', ({ target }) => {
    expect(parseRequestTarget(target)).toEqual({
      ok: false,
      reason: expect.stringMatching(/^The request target is refused: .+\.$/),
    });
  });

  it('as are spaces, tabs, line ends, NUL and raw bytes above ASCII', () => {
    for (const bad of [' ', '\t', '\r', '\n', '\0', '\u007f', '\u0085', '\u00fc', '\u{1f6a2}']) {
      expect(parseRequestTarget(`/api/v1/pods/a${bad}b`).ok).toBe(false);
      expect(parseRequestTarget(`/api/v1/pods?a=${bad}`).ok).toBe(false);
    }
  });

  it.each([
    '..;',
    '.;',
    '..;x',
    '..;x=y',
    '.;a/b',
    '..;/..;',
    '%2e%2e;',
    '%2E.;x',
    '.%2e%3b',
    '..%3Bx',
    '%2e;',
    '..%20',
    '.%20',
    '..%20;x',
    '..;%2e',
    '..%09',
    '..%0a',
    '..%00',
    '..%5c',
    '..%c0%af',
  ])('as is a dot segment after removing a parameter, a blank or a control character: %s', (segment) => {
    for (const before of [
      '/api/v1/namespaces/dev',
      '/api/v1/nodes/n/proxy',
      '/api/v1/namespaces/dev/services/web/proxy/a',
      '/apis/example.com/v1',
      '',
    ]) {
      for (const after of ['', '/', '/secrets', '?x=y'])
        expect(parseRequestTarget(`${before}/${segment}${after}`)).toMatchObject({ ok: false });
    }
  });

  it('as is a parameter of a segment, which some readers remove, except after a proxy subresource', () => {
    for (const bad of [
      '/apis/example.com/v1/namespaces/prod;x/things',
      '/apis/example.com/v1/namespaces/prod%3bx/things',
      '/api/v1/namespaces/dev/services/;',
      '/api;v1/v1',
      '/version;x',
      '/api/v1/nodes/n;x/proxy/a',
    ])
      expect(parseRequestTarget(bad).ok).toBe(false);
    for (const good of [
      '/api/v1/namespaces/dev/services/web/proxy/login;jsessionid=1',
      '/api/v1/nodes/n/proxy/...;x',
      '/api/v1/nodes/n/proxy/;a/b',
      '/api/v1/nodes/n/proxy/a..;x',
    ])
      expect(parseRequestTarget(good).ok).toBe(true);
  });

  it('as is a query with too many parameters', () => {
    expect(parseRequestTarget(`/exec?${'command=a&'.repeat(900)}`).ok).toBe(true);
    expect(parseRequestTarget(`/exec?${'command=a&'.repeat(1001)}`).ok).toBe(false);
  });

  it('without echoing the target', () => {
    expect(JSON.stringify(parseRequestTarget('/api/v1/pods/a%00secret'))).not.toContain('secret');
  });
});

describe('an unambiguous target is accepted unchanged', () => {
  it('with unnecessary escapes', () => {
    expect(parseRequestTarget('/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Adiscovery')).toMatchObject({
      ok: true,
      rawPath: '/apis/rbac.authorization.k8s.io/v1/clusterroles/system%3Adiscovery',
      path: '/apis/rbac.authorization.k8s.io/v1/clusterroles/system:discovery',
    });
  });

  it('with a plus sign that is a plus in the path and a space in the query', () => {
    const parsed = parseRequestTarget('/api/v1/pods/a+b?x=a+b%2B');
    expect(parsed.ok && [parsed.segments[3], parsed.query.get('x')]).toEqual(['a+b', ['a b+']]);
  });

  it('with empty segments only after a proxy subresource', () => {
    expect(parseRequestTarget('/api/v1/nodes/n/proxy//a//')).toMatchObject({
      ok: true,
      path: '/api/v1/nodes/n/proxy//a//',
      segments: ['api', 'v1', 'nodes', 'n', 'proxy', '', 'a'],
    });
  });

  it.each([
    '/version/',
    '/api/',
    '/apis/',
    '/apis/apps/v1/',
    '/api/v1/namespaces/dev/pods/web/',
    '/api/v1/namespaces/dev/pods/a%20b/',
  ])('with a final slash, which adds no segment (%s)', (target) => {
    const [slash, none] = [parseRequestTarget(target), parseRequestTarget(target.slice(0, -1))];
    if (!slash.ok || !none.ok) throw new Error(JSON.stringify([slash, none]));
    expect(slash.segments).toEqual(none.segments);
    expect([slash.rawPath, slash.path]).toEqual([target, `${none.path}/`]);
  });

  it('with parameters named like properties of every object', () => {
    const parsed = parseRequestTarget('/x?__proto__=1&constructor=2');
    expect(parsed.ok && [...parsed.query.keys()]).toEqual(['__proto__', 'constructor']);
  });
});

describe('for any string', () => {
  const hostile = fc
    .array(
      fc.constantFrom(
        '/',
        '%',
        '2',
        'e',
        'f',
        '.',
        ';',
        '?',
        '&',
        '=',
        '#',
        '\\',
        'a',
        '%2e',
        '%2F',
        '%C3%BC',
        '+',
        '\0',
        'ü',
        'api',
        'v1',
        'proxy',
        'watch',
      ),
      { maxLength: 24 },
    )
    .map((parts) => `/${parts.join('')}`);

  it('an accepted target is returned byte for byte', () => {
    fc.assert(
      fc.property(
        fc.oneof(
          hostile,
          fc.string(),
          fc.string().map((rest) => `http://${rest}`),
        ),
        (target) => {
          const parsed = parseRequestTarget(target);
          if (parsed.ok) expect(parsed.rawPath + parsed.rawQuery).toBe(target);
        },
      ),
      { numRuns: 2000 },
    );
  });

  it('no accepted segment is a dot segment, or contains a slash, a backslash or a control character', () => {
    fc.assert(
      fc.property(hostile, (target) => {
        const parsed = parseRequestTarget(target);
        if (!parsed.ok) return;
        for (const segment of parsed.segments)
          expect(segment).toMatch(/^(?!\.{1,2}$)[^/\\\u0000-\u001f\u007f-\u009f]*$/);
        expect(new URL(target, 'http://h').pathname.split('/').length).toBe(target.split('?')[0]!.split('/').length);
      }),
      { numRuns: 2000 },
    );
  });

  it('a final slash changes neither acceptance (unless there is one already) nor the segments', () => {
    fc.assert(
      fc.property(hostile, (path) => {
        fc.pre(!path.includes('?') && !path.endsWith('/'));
        const [slash, none] = [parseRequestTarget(`${path}/`), parseRequestTarget(path)];
        expect(slash).toMatchObject(none.ok ? { ok: true, segments: none.segments } : none);
        if (!path.includes('/proxy')) expect(parseRequestTarget(`${path}//`).ok).toBe(false);
      }),
      { numRuns: 2000 },
    );
  });

  it('names survive a round trip through encodeURIComponent', () => {
    fc.assert(
      fc.property(fc.string({ minLength: 1, unit: character }), (name) => {
        fc.pre(!/[/\\\u0000-\u001f\u007f-\u009f]/.test(name) && name !== '.' && name !== '..');
        const parsed = parseRequestTarget(`/api/v1/pods/${encodeURIComponent(name)}?n=${encodeURIComponent(name)}`);
        expect(parsed.ok && [parsed.segments[3], parsed.query.get('n')?.[0]]).toEqual([name, name]);
      }),
    );
  });

  // A quadratic scan of these would run into the time limit of the test.
  it.each(['/a', '%41', '/%41', '/.', 'a', '&a=1', '%25'])(
    'two hundred thousand repetitions of %s are answered',
    (piece) => {
      for (const prefix of ['/', '/api/v1/nodes/n/proxy/', '/?']) {
        expect(typeof parseRequestTarget(prefix + piece.repeat(200_000)).ok).toBe('boolean');
      }
    },
  );
});
