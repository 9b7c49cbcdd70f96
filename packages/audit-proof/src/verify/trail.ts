import type { AuditCheckpoint, ChainHead } from '@sallyport/contracts';
import type { AbsentPeriod } from './absent-times.ts';

/** Where an event was read: a file and its line, or a partition and its offset. */
export type TrailPlace = { source: string; position: number };

/** Returns a place in a line. */
export const show = ({ source, position }: TrailPlace): string => `${source}:${position}`;

/** An event of the trail. `data` is parsed JSON and not trusted. */
export type TrailEvent = {
  id: string;
  type: string;
  time: string;
  data: unknown;
  place: TrailPlace;
  /** The events of a producer are in order in each source, or in each of these parts of it. */
  part?: string;
  /** The data as it was on the wire, if this is known. It must be the canonical form. */
  text?: string;
  /** Why the source does not show the event as it is, although its content may have its hash. */
  fault?: string;
  /** The place in the chain that the source keeps next to the event, if the event itself cannot tell it. */
  kept?: Omit<KeptPlace, 'place'>;
};

/** An event of which only the place in its chain is kept. */
export type KeptPlace = {
  producer: string;
  seq: number;
  prevHash: string;
  hash: string;
  time?: string;
  place: TrailPlace;
};

/** A checkpoint that was kept in a second place. */
export type AnchoredCheckpoint = { checkpoint: AuditCheckpoint; place: TrailPlace };

export type FaultKind =
  | 'missing'
  | 'altered'
  | 'reordered'
  | 'unchained'
  | 'forged-checkpoint'
  | 'truncated'
  | 'producer-missing';

/** An event next to a fault. */
export type Neighbor = { seq: number; id?: string; place?: TrailPlace };

/** What is wrong with a trail. For several events in a row, `seq` is the first and `to` the last of them. */
export type TrailFault = {
  kind: FaultKind;
  /** A sentence for people. */
  detail: string;
  producer?: string;
  seq?: number;
  to?: number;
  /** `ce_id`, if it is known. */
  id?: string;
  place?: TrailPlace;
  before?: Neighbor;
  after?: Neighbor;
  /** The number of a checkpoint. */
  checkpoint?: number;
  /** Why events are missing, if an `audit.gap` event announced it. */
  announced?: string;
};

/** What was found of one producer. */
export type ProducerSummary = {
  producer: string;
  first?: number;
  last?: number;
  events: number;
  /** Events that were there more than once, with the same content. */
  repeated: number;
  /** Events of which only the hash is kept. */
  hashOnly: number;
  closed: boolean;
  /** The last event that a valid checkpoint attests. */
  attested?: number;
};

export type TrailReport = {
  /** RFC 3339. Nothing is demanded of what happened before, because the source no longer has it. */
  since?: string;
  /** Periods after that of which nothing is demanded either. */
  absent?: AbsentPeriod[];
  /** At most `maxFaults` of them. */
  faults: TrailFault[];
  faultCount: number;
  events: number;
  repeated: number;
  /** Events without a place in a chain. Nothing proves them. */
  unchained: number;
  /** Events that are not what their hashes say, and texts that are not events. `events` does not count them. */
  damaged: number;
  hashOnly: number;
  earliest?: string;
  latest?: string;
  producers: ProducerSummary[];
  checkpoints: {
    /** Whether keys were given, so that signatures were checked. */
    checked: boolean;
    count: number;
    first?: { number: number; time: string };
    last?: { number: number; time: string };
  };
  /** Events after the last one that a checkpoint attests. Nothing shows if some of them were removed at the end. */
  unattested: number;
};

/** Events that an `audit.gap` event says are lost. */
export type AnnouncedGap = { producer: string; from: number; to: number; reason: string };

/** The ranges of events that checkpoints attest, by producer. */
export type Attested = ReadonlyMap<string, ChainHead[]>;
