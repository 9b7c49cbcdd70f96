import { expect, it } from '@jest/globals';
import { parseFieldSelector, parseLabelSelector, parseRequestTarget, readRequestInfo } from '@sallyport/kubernetes';
import fc from 'fast-check';
import { fuzzParser } from './fuzz-parser.ts';

const methods = ['GET', 'HEAD', 'POST', 'PUT', 'PATCH', 'DELETE', 'OPTIONS', 'TRACE', ''];
const words = [
  '/',
  '//',
  '.',
  '..',
  '%2e',
  '%2F',
  '%5c',
  '%00',
  '%C3%BC',
  '%',
  '%zz',
  '?',
  '&',
  '=',
  ';',
  '#',
  '\\',
  '+',
  '\t',
  '\u00ff',
  'api',
  'apis',
  'v1',
  'apps',
  'namespaces',
  'dev',
  'pods',
  'web',
  'exec',
  'attach',
  'proxy',
  'watch',
  'status',
  'log',
  'serviceaccounts',
  'token',
  'nodes',
  'services',
  'watch=',
  'watch=true',
  'follow=1',
  'dryRun=All',
  'command=ls',
  'container=c',
  'labelSelector=',
  'fieldSelector=metadata.name%3Dx',
  'a%3Db',
  'in',
  '(a,b)',
  '!',
  '!=',
  ',',
];
const control = /[\u0000-\u001f\u007f]/;

/** The first byte selects the method. The rest is the target. */
function feed(input: Buffer): void {
  const method = methods[(input[0] ?? 0) % methods.length]!;
  const text = input.subarray(1).toString('latin1');
  const target = parseRequestTarget(text);
  if (!target.ok) return expect(target.reason.length).toBeGreaterThan(0);
  const info = readRequestInfo({
    method,
    path: target.path,
    segments: target.segments,
    query: target.query,
    hasBody: text.length % 2 === 0,
  });
  if (info.parts.some((part) => !target.segments.includes(part))) throw new Error('a part that is not a segment');
  const proxied = target.segments.includes('proxy');
  if (!proxied && target.path.length > 1 && target.path.endsWith('/')) {
    const bare = parseRequestTarget(text.replace(/\/(?=\?|$)/, ''));
    if (!bare.ok || bare.segments.join('\n') !== target.segments.join('\n') || bare.path !== target.path.slice(0, -1))
      throw new Error('a trailing slash that changes the path');
  }
  for (const segment of target.segments)
    if (
      segment === '.' ||
      segment === '..' ||
      /[/\\]/.test(segment) ||
      control.test(segment) ||
      (segment === '' && !proxied)
    )
      throw new Error(`an ambiguous segment: ${JSON.stringify(segment)}`);
  if ((info.stream === 'exec' || info.stream === 'attach' || info.stream === 'portforward') && info.verb !== 'create')
    throw new Error('an exec that is authorized as something else');
  if (info.dryRun && method === 'DELETE' && text.length % 2 === 0) throw new Error('a dry run with a body');
  for (const [parse, selector] of [
    [parseLabelSelector, info.labelSelector],
    [parseFieldSelector, info.fieldSelector],
  ] as const) {
    try {
      parse(selector);
    } catch (error) {
      throw new Error(`a selector that throws: ${JSON.stringify(selector)}`, { cause: error });
    }
  }
}

it(
  'request targets are either read or refused',
  () =>
    fuzzParser({
      name: 'request-info',
      tokens: words,
      feed,
      seeds: [
        '\0/api/v1/namespaces/dev/pods/web/exec?command=ls&command=-l&container=c',
        '\x02/apis/apps/v1/namespaces/dev/deployments?dryRun=All',
        '\x05/api/v1/watch/namespaces/dev/pods?watch=true&labelSelector=a%20in%20(b,c)',
        '\0/api/v1/namespaces/dev/services/https:web:443/proxy//a//b/?x=%2F..',
        '\0/version',
        '\0/apis/apps/v1/',
        '\x05/api/v1/namespaces/dev/pods/?dryRun=All',
      ],
      built: fc
        .tuple(
          fc.nat(255),
          fc.array(fc.oneof(fc.constantFrom(...words), fc.string({ unit: 'binary-ascii', maxLength: 6 })), {
            maxLength: 24,
          }),
        )
        .map(([first, parts]) => Buffer.concat([Buffer.from([first]), Buffer.from(`/${parts.join('')}`, 'latin1')])),
    }),
  1_200_000,
);
