import type { AuditCheckpoint } from '@sallyport/contracts';
import type { CheckpointKeys } from '../checkpoint/checkpoint-keys.ts';
import type { AbsentPeriod } from './absent-times.ts';
import { createPlaceIndex, prefixOf, slotFlags, type PlaceIndex } from './chain-slots.ts';
import { Chain, type ChainEvent, type Displaced } from './chain.ts';
import { createCheckpointTrail, type CheckpointTrail } from './checkpoint-trail.ts';
import { concludeTrail, type TrailState } from './conclude-trail.ts';
import { createEventContents } from './event-content.ts';
import { createFaultList } from './fault-list.ts';
import type { Suspect } from './place-suspects.ts';
import { guessLink, readLink } from './read-link.ts';
import type {
  AnchoredCheckpoint,
  AnnouncedGap,
  KeptPlace,
  TrailEvent,
  TrailFault,
  TrailPlace,
  TrailReport,
} from './trail.ts';

export type VerifierDeps = {
  /** The public keys of checkpoints. Without them, only the chains are checked. */
  keys?: CheckpointKeys;
  /**
   * RFC 3339. Nothing is demanded of what happened before: verification starts at the first checkpoint after it. For a
   * trail whose sources begin at different times.
   */
  since?: string;
  /** How many faults are kept; the others are counted. The default is 1000. */
  maxFaults?: number;
  onFault?(fault: TrailFault): void;
};

/** Verifies a trail, event by event. */
export type Verifier = {
  /** Takes the events of each source in its order. Sources may be read one after the other or at once. */
  add(event: TrailEvent): void;
  /** Takes an event of which only its place in the chain is kept. */
  addKept(place: KeptPlace): void;
  /**
   * Takes an event of another copy of the trail, after everything else. If of the trail itself only the place of this event
   * was read, it must be one that may be kept like this.
   */
  compare(event: TrailEvent, mayBeKept: boolean): void;
  /** Takes a text that is not an event. `isCut` says that it is the last of its source and ends in the middle. */
  addUnreadable(text: string, place: TrailPlace, reason: string, isCut?: boolean): void;
  /** Takes a checkpoint from a second place. */
  addAnchored(checkpoint: AnchoredCheckpoint): void;
  /**
   * Names the faults that only the whole trail shows, and returns all of them. `since` may be known only now. `absent`
   * are periods within the trail of which nothing is demanded either.
   */
  finish(read?: { since?: string; absent?: readonly AbsentPeriod[] }): TrailReport;
};

const noPlace = 'it has no place in a chain, so nothing shows that a service of the gateway wrote it';
const onlyPlace = 'only its hash is there, although it is not a request of an anonymous caller';
/** How many damaged events are remembered, to find their places in the chains. */
const mostSuspects = 10_000;

/**
 * Creates the verifier of a trail. It keeps 34 bytes of each event, so that it recognizes events that were delivered
 * again, and so that the events of one producer may come from several sources in any order.
 */
export function createVerifier(deps: VerifierDeps = {}): Verifier {
  const places = createPlaceIndex();
  const faults = createFaultList(deps.maxFaults ?? 1000, deps.onFault);
  const checkpoints = deps.keys ? createCheckpointTrail(deps.keys) : undefined;
  const state = createState(places);
  const contents = createEventContents();

  const place = (event: ChainEvent): boolean => {
    const chain = state.chainOf(event.link.producer);
    const { isNew, displaced } = chain.add(event);
    if (displaced) faults.add(toFault(chain.producer, displaced));
    return isNew;
  };
  const suspect = (one: Suspect): void => {
    const { fault, id, place: at } = one;
    state.damaged += 1;
    if (state.suspects.length < mostSuspects) state.suspects.push(one);
    else faults.add({ kind: 'altered', detail: fault, ...(id === undefined ? {} : { id }), place: at });
  };
  return {
    add(event) {
      const read = readLink(event);
      if ('unchained' in read) {
        state.unchained += 1;
        addLoose(state, event, { kind: 'unchained', detail: noPlace });
        if (event.fault !== undefined) suspect(toSuspect(event, { fault: event.fault, claim: {} }));
        return;
      }
      const { id, time, part } = event;
      if ('fault' in read) return suspect(toSuspect(event, read));
      const { producer, seq } = read.link;
      if (event.fault !== undefined)
        faults.add({ kind: 'altered', detail: event.fault, producer, seq, id, place: event.place });
      else addLoose(state, event, contents.note(event), { producer, seq });
      if (state.earliest === undefined || time < state.earliest) state.earliest = time;
      if (state.latest === undefined || time > state.latest) state.latest = time;
      if (place({ link: read.link, place: event.place, id, time, ...(part === undefined ? {} : { part }) }))
        noteContent(event, state, checkpoints);
    },
    addKept({ place: at, time, ...link }) {
      place({ link, place: at, ...(time === undefined ? {} : { time }) });
    },
    compare(event, mayBeKept) {
      const read = mayBeKept ? undefined : readLink(event);
      if (!read || !('link' in read)) return;
      const { producer, seq, hash } = read.link;
      const slots = state.chains.get(producer)?.slots;
      if (!slots?.has(seq, slotFlags.kept) || slots.hash(seq) !== prefixOf(hash)) return;
      const { id, place: at } = event;
      faults.add({ kind: 'missing', detail: onlyPlace, producer, seq, id, place: at });
    },
    addUnreadable(text, at, reason, isCut = false) {
      if (!isCut) return suspect({ claim: guessLink(text), fault: reason, id: undefined, place: at });
      faults.add({ kind: 'truncated', detail: `${reason}: the source ends in the middle of an event`, place: at });
    },
    addAnchored({ checkpoint, place: at }) {
      checkpoints?.add(checkpoint, { place: at }, false);
    },
    finish: ({ since = deps.since, absent = [] } = {}) => concludeTrail(state, { faults, checkpoints, since, absent }),
  };
}

function createState(places: PlaceIndex): TrailState {
  const chains = new Map<string, Chain>();
  return {
    chains,
    chainOf(producer) {
      const known = chains.get(producer);
      if (known) return known;
      const made = new Chain(producer, places);
      chains.set(producer, made);
      return made;
    },
    suspects: [],
    damaged: 0,
    gaps: [],
    unchained: 0,
    loose: [],
    unsignedCheckpoints: 0,
    checkpointProducers: new Set(),
    earliest: undefined,
    latest: undefined,
  };
}

/**
 * Adds a fault that counts only if the event happened after the trail begins, which may not be known yet. Of too many,
 * those of the latest events are kept: if one that is dropped counts, so do they.
 */
function addLoose(
  { loose }: TrailState,
  { id, time, place }: TrailEvent,
  fault: Pick<TrailFault, 'kind' | 'detail'> | undefined,
  link: Pick<TrailFault, 'producer' | 'seq'> = {},
): void {
  if (!fault) return;
  const at = Date.parse(time);
  // An event with an unreadable time always counts.
  loose.push({ time: Number.isNaN(at) ? Infinity : at, fault: { ...fault, ...link, id, place } });
  if (loose.length < 2 * mostSuspects) return;
  loose.sort((one, other) => other.time - one.time);
  loose.length = mostSuspects;
}

function toFault(producer: string, { event: { seq, id, place }, before }: Displaced): TrailFault {
  const detail = seq > before ? `it comes before event ${before}` : `it comes after event ${before}`;
  return { kind: 'reordered', detail, producer, seq, ...(id === undefined ? {} : { id }), place };
}

/** An event that cannot be parsed tells nothing of itself. */
function toSuspect(
  { id, data, place, kept, fault }: TrailEvent,
  read: { fault: string; claim: Suspect['claim'] },
): Suspect {
  return {
    claim: kept ?? read.claim,
    fault: data === undefined && fault !== undefined ? fault : read.fault,
    id,
    place,
  };
}

type ContentOfTrail = { producer: string; seq: number; checkpoint?: AuditCheckpoint | null; gap?: unknown };

const isNumber = (value: unknown): value is number => Number.isSafeInteger(value) && (value as number) > 0;

/** Returns the gap that an event announces. Undefined if it is not one: anyone who can write events can write such. */
function readGap(value: unknown): AnnouncedGap | undefined {
  if (typeof value !== 'object' || value === null) return undefined;
  const { producer, from, to, reason } = value as Record<string, unknown>;
  if (typeof producer !== 'string' || !isNumber(from) || !isNumber(to) || from > to) return undefined;
  return { producer, from, to, reason: typeof reason === 'string' ? reason : '' };
}

/** Notes what an event of the audit trail says about the trail itself. */
function noteContent(
  { type, id, data, place }: TrailEvent,
  state: TrailState,
  checkpoints: CheckpointTrail | undefined,
): void {
  const { producer, seq, checkpoint, gap } = (data as { sallyport: ContentOfTrail }).sallyport;
  const announced = type === 'audit.gap' ? readGap(gap) : undefined;
  if (announced) state.gaps.push(announced);
  if (type !== 'audit.checkpoint') return;
  if (checkpoint?.closing === true) {
    const chain = state.chainOf(producer);
    chain.closedAt = Math.max(chain.closedAt, seq);
    return;
  }
  state.checkpointProducers.add(producer);
  if (!checkpoints) state.unsignedCheckpoints += 1;
  else checkpoints.add(checkpoint ?? {}, { place, producer, seq, id }, true);
}
