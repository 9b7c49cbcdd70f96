import { describe, expect, it } from '@jest/globals';
import { parseRequestTarget } from './parse-request-target.ts';
import { readRequestInfo } from './read-request-info.ts';

function read(target: string) {
  const parsed = parseRequestTarget(target);
  if (!parsed.ok) throw new Error(parsed.reason);
  return readRequestInfo({ method: 'GET', ...parsed });
}
const node = '/api/v1/nodes/n/proxy';

describe('a request to the kubelet through nodes/proxy', () => {
  it.each([
    [
      '/exec/prod/web/c?command=cat&command=/etc/passwd&input=1&output=1',
      { action: 'exec', exec: { container: 'c', command: ['cat', '/etc/passwd'], stdin: true, tty: false } },
    ],
    [
      '/exec/prod/web/uid/c?command=sh&tty=1',
      { action: 'exec', exec: { container: 'c', command: ['sh'], stdin: false, tty: true } },
    ],
    [
      '/run/prod/web/c?cmd=ls%20-l',
      { action: 'run', exec: { container: 'c', command: ['ls', '-l'], stdin: false, tty: false } },
    ],
    ['/attach/prod/web/c', { action: 'attach', exec: { container: 'c', command: [], stdin: false, tty: false } }],
    ['/portForward/prod/web', { action: 'portforward' }],
    ['//portForward//prod/web', { action: 'portforward' }],
  ])('is read from %s', (path, kubelet) => {
    expect(read(node + path).kubelet).toEqual(kubelet);
    if (!path.startsWith('//')) expect(read(`/api/v1/proxy/nodes/n${path}`).kubelet).toEqual(kubelet);
  });

  it.each(['', '/', '/pods', '/containerLogs/prod/web/c', '/logs/', '/configz', '/portforward/prod/web', '/x/exec'])(
    '%j does nothing in a pod',
    (path) => {
      expect(read(node + path).kubelet).toBeUndefined();
    },
  );

  it('is read for nodes only', () => {
    expect(read('/api/v1/namespaces/dev/pods/web/proxy/exec/a/b/c?command=x').kubelet).toBeUndefined();
    expect(read('/apis/example.com/v1/nodes/n/proxy/exec/a/b/c?command=x').kubelet).toBeUndefined();
  });
});

describe('the ports of a port-forward', () => {
  it.each([
    [`${node}/portForward/prod/web?port=5432&port=80,443`, [5432, 80, 443]],
    ['/api/v1/namespaces/dev/pods/web/portforward?ports=8080,8080', [8080]],
    [`${node}/portForward/prod/web`, undefined],
    [`${node}/portForward/prod/web?port=0,x,70000,-1`, undefined],
    [`${node}/pods?port=1`, undefined],
  ])('of %s are %j', (target, ports) => {
    expect(read(target).ports).toEqual(ports);
  });

  it('are bounded in number', () => {
    expect(
      read(`${node}/portForward/prod/web?port=${Array.from({ length: 500 }, (_none, index) => index + 1).join(',')}`)
        .ports,
    ).toHaveLength(64);
  });
});
