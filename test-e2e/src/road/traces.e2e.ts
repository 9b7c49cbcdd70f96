import { afterAll, beforeAll, expect, it } from '@jest/globals';
import { startOtlpReceiver, type OtlpReceiver, type ReceivedSpan } from '@sallyport/kit/testing';
import {
  createNamespace,
  describeWith,
  realClusterAccess,
  startGateway,
  startRecordingUpstream,
  type Gateway,
  type Person,
  type RecordingUpstream,
  type TestNamespace,
} from '../harness/index.ts';

const foreign = { traceId: '4bf92f3577b34da6a3ce929d0e0e4736', spanId: '00f067aa0ba902b7' };

describeWith(
  ['cluster', 'redis', 'kafka', 'postgres', 'kubectl'],
  'a gateway that traces every request, in front of a real cluster and of one that records what it gets',
  () => {
    let collector: OtlpReceiver;
    let recording: RecordingUpstream;
    let gateway: Gateway;
    let alice: Person;
    let namespace: TestNamespace;

    const isOf = (service: string) => (span: ReceivedSpan) => span.service === `sallyport-${service}`;
    /** Waits until the trace of a request to a cluster is complete, and returns its spans. */
    const traceOf = async (cluster: string, path: string) => {
      const first = (spans: ReceivedSpan[]) =>
        spans.find(
          ({ kind, attributes }) =>
            kind === 'server' && attributes['sallyport.cluster'] === cluster && attributes['url.path'] === path,
        );
      const all = await collector.until((spans) => {
        const of = spans.filter(({ traceId }) => traceId === first(spans)?.traceId);
        return of.some(isOf('proxy')) && of.some(isOf('authorize'));
      }, 30_000);
      const request = first(all)!;
      return { request, spans: all.filter(({ traceId }) => traceId === request.traceId) };
    };

    beforeAll(async () => {
      collector = await startOtlpReceiver();
      recording = await startRecordingUpstream();
      namespace = await createNamespace();
      const policy = [{ allow: { or: [{ groups: 'developers' }] } }];
      gateway = await startGateway({
        mode: 'processes',
        clusters: [await realClusterAccess(), { name: 'recording', policy, ...recording.access }],
        more: { tracing: { otlp: collector.url, sample: 1 } },
      });
      alice = await gateway.person('alice@example.com');
    });
    afterAll(async () => {
      await gateway?.stop();
      await recording?.stop();
      await namespace?.remove();
      await collector?.close();
    });

    it('makes one trace of kubectl get, with the check in authorize and the request to the API server', async () => {
      await alice.kubectl(['get', 'pods', '-n', namespace.name]);
      const { request, spans } = await traceOf('dev', `/api/v1/namespaces/${namespace.name}/pods`);
      expect(request).toMatchObject({
        name: 'GET pods',
        parentSpanId: '',
        failed: false,
        attributes: { 'http.response.status_code': 200, 'sallyport.verb': 'list', 'sallyport.effect': 'allow' },
      });
      const childrenOf = ({ spanId }: ReceivedSpan) => spans.filter(({ parentSpanId }) => parentSpanId === spanId);
      const children = childrenOf(request).filter(isOf('proxy'));
      const check = children.find(({ name }) => name === 'check')!;
      const upstream = children.find(({ name }) => name === 'GET')!;
      expect([check.kind, upstream.kind]).toEqual(['client', 'client']);
      expect(upstream.attributes['http.response.status_code']).toBe(200);
      expect(childrenOf(check)).toMatchObject([
        { service: 'sallyport-authorize', name: 'check', kind: 'server', failed: false },
      ]);
      expect(check.startedAt).toBeGreaterThanOrEqual(request.startedAt);
      expect(upstream.endedAt).toBeLessThanOrEqual(request.endedAt);
      const [event] = await gateway.audit.await(
        ({ data }) => data.auditID === request.attributes['sallyport.audit_id'] && data.stage === 'ResponseComplete',
      );
      expect(event!.data.user).toMatchObject({ username: 'alice@example.com' });
    });

    it('tells the cluster of its own span, and of nothing that the client says', async () => {
      const { token } = await gateway.login('alice@example.com');
      await gateway.request('/clusters/recording/version', {
        token,
        headers: { traceparent: `00-${foreign.traceId}-${foreign.spanId}-01`, tracestate: 'vendor=x' },
      });
      const { request, spans } = await traceOf('recording', '/version');
      const upstream = spans.find(({ name, kind }) => name === 'GET' && kind === 'client')!;
      const [received] = recording.requests.filter(({ url }) => url === '/version');
      expect(received!.header('traceparent')).toEqual([`00-${request.traceId}-${upstream.spanId}-01`]);
      expect(received!.header('tracestate')).toEqual([]);
      expect(request.traceId).not.toBe(foreign.traceId);
      expect(request.links).toEqual([foreign]);
    });

    it('traces a login through authenticate, and has no secret and no name in any byte that it sends', async () => {
      const inside = ['-n', namespace.name];
      await alice.tryKubectl(['exec', 'no-such-pod', ...inside, '--', 'planted-command']);
      const proxied = `/api/v1/namespaces/${namespace.name}/services/web/proxy/planted-path?planted-query=1`;
      await alice.tryKubectl(['get', '--raw', proxied]);
      await traceOf('dev', `/api/v1/namespaces/${namespace.name}/services/web/proxy`);
      const { token } = await gateway.login('bob@example.com');
      const spans = await collector.until((all) => all.some((span) => isOf('authenticate')(span)), 30_000);
      const own = spans.filter(isOf('authenticate'));
      expect(own.map(({ name }) => name)).toContain('GET /.sallyport/login');
      for (const span of own) {
        const parent = spans.find(({ spanId }) => spanId === span.parentSpanId);
        expect(parent).toMatchObject({ service: 'sallyport-proxy', kind: 'client', traceId: span.traceId });
      }
      const sent = Buffer.concat(collector.bodies).toString('latin1');
      for (const secret of [token, 'alice', 'bob@', 'code=', 'spt_', 'planted', 'developers'])
        expect(sent).not.toContain(secret);
    });
  },
);
