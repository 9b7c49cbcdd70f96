import { randomBytes } from 'node:crypto';
import { canonicalJson, type ChainPlace, type JsonBytes } from '@sallyport/audit-proof';
import type { AuditEvent, SallyportPart } from '@sallyport/contracts';
import type { AuditEventDraft, SallyportDraft } from './audit-event-draft.ts';
import { createTextCache, type TextCache } from './text-cache.ts';

/** The members of a request, in which the events of one caller differ. */
const eventNames = [
  'auditID',
  'impersonatedUser',
  'objectRef',
  'requestReceivedTimestamp',
  'requestURI',
  'responseStatus',
  'sourceIPs',
  'stage',
  'stageTimestamp',
  'userAgent',
  'verb',
] as const satisfies (keyof AuditEvent)[];
const partNames = [
  'bytesIn',
  'bytesOut',
  'clientAddress',
  'durationMs',
  'exec',
  'forwardedFor',
  'invocation',
  'policyVerb',
  'policyVerbs',
  'portForward',
  'protocol',
  'request',
  'stream',
  'upstreamMs',
] as const satisfies (keyof SallyportPart)[];
const placeNames = ['hash', 'prevHash', 'producer', 'seq'] as const satisfies (keyof SallyportPart)[];

type EventName = (typeof eventNames)[number];
type PartName = (typeof partNames)[number];

/** What an event says of who makes a request and what the policy decided, which is the same in many events. */
export type CallerDraft = Omit<AuditEventDraft, EventName | 'sallyport'> & {
  sallyport: Omit<SallyportDraft, PartName>;
};

/** What an event says of the request itself. */
export type RequestDraft = Pick<AuditEvent, EventName> & {
  sallyport: Pick<SallyportPart, PartName> & { clientAddress: string };
};

/**
 * The text of a caller, cut where the members of a request go. For each of these, there is what precedes it, with its own
 * name and without. The last one is what follows them all.
 */
type Cut = { withName: readonly Uint8Array[]; without: readonly Uint8Array[] };

/** Keeps the texts of callers. */
export type CallerTexts = TextCache<CallerDraft, Cut>;

/** Everything that is cut out, in the order of RFC 8785. */
const names: readonly string[] = [
  ...eventNames.filter((name) => name < 'sallyport'),
  ...[...partNames, ...placeNames].sort(),
  ...eventNames.filter((name) => name > 'sallyport'),
];
const hashAt = names.indexOf('hash');
const isOfPart = (name: string) => (partNames as readonly string[]).concat(placeNames).includes(name);

/**
 * Returns on which side of a member its comma is. `clientAddress` and `prevHash` are always there: in `sallyport`, what
 * is before the one, or between the hash and the other, has its comma behind it. Anything else has it in front.
 */
function commaOf(name: string): 'before' | 'behind' | 'none' {
  if (!isOfPart(name)) return 'before';
  if (name === 'clientAddress' || name === 'prevHash') return 'none';
  return name < 'clientAddress' || (name >= 'hash' && name < 'prevHash') ? 'behind' : 'before';
}
const heads = names.map((name) => `${commaOf(name) === 'before' ? ',' : ''}"${name}":`);
const tails = names.map((name) => (commaOf(name) === 'behind' ? ',' : ''));
const comma = Buffer.from(',');

/** Writes what the events of a caller have in common, and cuts out the rest. */
function cut(caller: CallerDraft): Cut {
  // Stands for each value. Nothing that a client sends can contain it.
  const mark = randomBytes(16).toString('hex');
  const marked = (some: readonly string[]) => Object.fromEntries(some.map((name) => [name, mark]));
  const text = canonicalJson({
    apiVersion: 'audit.k8s.io/v1',
    kind: 'Event',
    level: 'Metadata',
    ...caller,
    ...marked(eventNames),
    sallyport: { ...caller.sallyport, ...marked([...partNames, ...placeNames]) },
  });
  const gaps: string[] = [];
  let from = 0;
  for (const [index, head] of heads.entries()) {
    const member = `${head}"${mark}"${tails[index]}`;
    const at = text.indexOf(member, from);
    gaps.push(text.slice(from, at));
    from = at + member.length;
  }
  gaps.push(text.slice(from));
  return {
    without: gaps.map((gap) => Buffer.from(gap)),
    withName: gaps.map((gap, index) => Buffer.from(`${gap}${heads[index] ?? ''}`)),
  };
}

/** Creates the cache of the texts of callers. Beyond a thousand of them, or 8 MiB, it forgets the oldest. */
export const createCallerTexts = (): CallerTexts =>
  createTextCache({
    make: cut,
    lengthOf: ({ withName }) => 2 * withName.reduce((sum, { length }) => sum + length, 0),
    maxTexts: 1000,
    maxLength: 8 * 1024 * 1024,
  });

/**
 * A draft in two parts. Its text is that of the caller, which is kept because it is long and the same in many events, with
 * the members of the request in it: byte for byte what `canonicalJson` writes. It is about twice as quick.
 */
export class DraftInParts {
  readonly #text: Cut;
  readonly #caller: CallerDraft;
  readonly #request: RequestDraft;

  /** `key` names the text of the caller in `texts`. It need not be unique. */
  constructor(texts: CallerTexts, key: string, { caller, request }: { caller: CallerDraft; request: RequestDraft }) {
    [this.#text, this.#caller, this.#request] = [texts.of(key, caller), caller, request];
  }

  /** Writes the canonical form of the event at this place in the chain. Returns where its hash goes. */
  writeUnhashed(target: JsonBytes, { producer, seq, prevHash }: ChainPlace): number {
    const event = this.#request;
    const part = event.sallyport;
    // In the order of their names.
    const values = [
      event.auditID,
      event.impersonatedUser,
      event.objectRef,
      event.requestReceivedTimestamp,
      event.requestURI,
      event.responseStatus,
      part.bytesIn,
      part.bytesOut,
      part.clientAddress,
      part.durationMs,
      part.exec,
      part.forwardedFor,
      undefined,
      part.invocation,
      part.policyVerb,
      part.policyVerbs,
      part.portForward,
      prevHash,
      producer,
      part.protocol,
      part.request,
      seq,
      part.stream,
      part.upstreamMs,
      event.sourceIPs,
      event.stage,
      event.stageTimestamp,
      event.userAgent,
      event.verb,
    ];
    const { withName, without } = this.#text;
    let hashPlace = 0;
    for (let at = 0; at < values.length; at += 1) {
      const value = values[at];
      if (value === undefined) {
        if (without[at]!.length > 0) target.copy(without[at]!);
        if (at === hashAt) hashPlace = target.length;
      } else {
        target.copy(withName[at]!);
        target.json(value);
        if (tails[at] !== '') target.copy(comma);
      }
    }
    target.copy(without.at(-1)!);
    return hashPlace;
  }

  /** Returns the draft as one object. */
  whole(): AuditEventDraft {
    return joinDraft({ caller: this.#caller, request: this.#request });
  }
}

/** Returns both parts of a draft as one. */
export function joinDraft({ caller, request }: { caller: CallerDraft; request: RequestDraft }): AuditEventDraft {
  return { ...caller, ...request, sallyport: { ...caller.sallyport, ...request.sallyport } };
}
