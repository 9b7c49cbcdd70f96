import { describe, expect, it } from '@jest/globals';
import { canonicalJson, createSealer } from '@sallyport/audit-proof';
import { auditStages } from '@sallyport/contracts';
import fc from 'fast-check';
import { createAuditRecord } from './create-audit-record.ts';
import { createCallerTexts, DraftInParts, joinDraft, type CallerDraft, type RequestDraft } from './draft-in-parts.ts';

const deps = { now: () => 1_700_000_000_000, randomId: () => 'id-"1"' };
const about = { type: 'k8s.request', source: 'sallyport/proxy', key: 'dev/s' } as const;
const create = (data: Parameters<typeof createAuditRecord>[0]['data']) => createAuditRecord({ ...about, data }, deps);

// Any UTF-16, with lone surrogates, control characters and what looks like members of the event itself.
const text = fc.oneof(
  fc.string({ unit: 'binary' }),
  fc.string(),
  fc.constantFrom('"hash":"', ',"seq":1', '\ud800', '\u2028', 'x'.repeat(70)),
);
const number = fc.oneof(fc.double({ noNaN: true, noDefaultInfinity: true }), fc.constantFrom(-0, 1e21));
const texts = fc.array(text, { maxLength: 3 });
const maybe = <T>(arbitrary: fc.Arbitrary<T>) => fc.option(arbitrary, { nil: undefined });
const named = fc.record({ id: text, name: text });
const person = fc.record({
  extra: maybe(fc.dictionary(text, texts, { maxKeys: 3 })),
  groups: maybe(texts),
  uid: maybe(text),
  username: maybe(text),
});
const callers = fc.record({
  annotations: maybe(fc.dictionary(text, text, { maxKeys: 2 })),
  sallyport: fc.record({
    agent: maybe(named),
    alert: maybe(fc.constant({ kind: 'x' } as never)),
    application: maybe(text),
    cluster: maybe(named),
    credentialKind: maybe(text),
    decision: maybe(
      fc.record({
        effect: fc.constantFrom('allow' as const, 'deny' as const),
        policyVersion: text,
        reasons: texts,
        rule: text,
        ruleName: maybe(text),
      }),
    ),
    droppedGroups: maybe(texts),
    elevations: maybe(fc.array(named, { maxLength: 2 })),
    identity: maybe(fc.record({ authTime: maybe(number), groups: texts, iss: text, sub: text })),
    notification: maybe(fc.constant({} as never)),
    route: maybe(text),
    sessionId: maybe(text),
    workload: maybe(fc.record({ name: text })),
  }),
  user: person,
}) satisfies fc.Arbitrary<CallerDraft>;
const requests = fc.record({
  auditID: text,
  impersonatedUser: maybe(person),
  objectRef: maybe(fc.record({ apiVersion: maybe(text), name: maybe(text), namespace: maybe(text) })),
  requestReceivedTimestamp: text,
  requestURI: text,
  responseStatus: maybe(fc.record({ code: maybe(number), message: maybe(text), reason: maybe(text) })),
  sallyport: fc.record({
    bytesIn: maybe(number),
    bytesOut: maybe(number),
    clientAddress: text,
    durationMs: maybe(number),
    exec: maybe(fc.record({ command: texts, container: text, stdin: fc.boolean(), tty: fc.boolean() })),
    forwardedFor: maybe(text),
    invocation: maybe(fc.record({ kubectlCommand: maybe(text), kubectlSession: maybe(text) })),
    policyVerb: maybe(text),
    policyVerbs: maybe(texts),
    portForward: maybe(
      fc.record({
        ports: fc.array(fc.record({ connections: number, fromClient: number, fromServer: number, port: number })),
      }),
    ),
    protocol: maybe(text),
    request: maybe(fc.record({ method: text, query: maybe(text), targetLength: maybe(number) })),
    // Out of order, as others may write it.
    stream: maybe(fc.record({ kind: text, id: text, detail: maybe(text) })),
    upstreamMs: maybe(number),
  }),
  sourceIPs: maybe(texts),
  stage: fc.constantFrom(...auditStages),
  stageTimestamp: text,
  userAgent: maybe(text),
  verb: text,
}) satisfies fc.Arbitrary<RequestDraft>;

describe('an event that is written from its parts', () => {
  it('has the text, the hash and the data of one that is written from an object', () => {
    const cache = createCallerTexts();
    const [sealer, oracle] = [createSealer({ producer: 'proxy/"ü"' }), createSealer({ producer: 'proxy/"ü"' })];
    fc.assert(
      fc.property(
        fc.array(callers, { minLength: 1, maxLength: 3 }),
        fc.array(requests, { maxLength: 4 }),
        (some, all) => {
          for (const [index, request] of all.entries()) {
            const draft = { caller: some[index % some.length]!, request };
            const record = create(new DraftInParts(cache, 's', draft));
            const plain = create(joinDraft(draft));
            const bytes = String(sealer.seal(record));
            expect(bytes).toBe(String(oracle.seal(plain)));
            expect(bytes).toBe(canonicalJson(record.data));
            expect(sealer.head).toEqual(oracle.head);
            expect({ ...record, data: record.data }).toStrictEqual(plain);
          }
        },
      ),
      { numRuns: 300 },
    );
  });

  const draft = (username = 'alice'): { caller: CallerDraft; request: RequestDraft } => ({
    caller: { sallyport: { sessionId: 's' }, user: { username } },
    request: {
      auditID: 'a',
      requestReceivedTimestamp: '',
      requestURI: '/',
      sallyport: { bytesOut: 1, clientAddress: '10.0.0.1' },
      stage: 'ResponseComplete',
      stageTimestamp: '',
      verb: 'get',
    },
  });

  it('is written as its data is, once someone has it and could have changed it', () => {
    const record = create(new DraftInParts(createCallerTexts(), 's', draft()));
    record.data.user.username = 'bob';
    const sealer = createSealer({ producer: 'p' });
    expect(String(sealer.seal(record))).toBe(canonicalJson(record.data));
    expect(record.data).toMatchObject({ user: { username: 'bob' }, sallyport: { producer: 'p', seq: 1 } });
    expect(String(sealer.seal(record))).toBe(canonicalJson(record.data));
    expect(record.data.sallyport).toMatchObject({ seq: 2, hash: sealer.head!.hash });
  });

  it('leaves nothing behind, and the chain where it was, if it is not JSON', () => {
    const cache = createCallerTexts();
    const [sealer, other] = [createSealer({ producer: 'p' }), createSealer({ producer: 'p' })];
    const broken = draft('mallory');
    broken.request.sallyport.bytesOut = Number.NaN;
    expect(() => sealer.seal(create(new DraftInParts(cache, 's', broken)))).toThrow(TypeError);
    expect(sealer.head).toBeUndefined();
    const next = () => create(new DraftInParts(cache, 's', draft()));
    expect(String(sealer.seal(next()))).toBe(String(other.seal(next())));
  });
});
