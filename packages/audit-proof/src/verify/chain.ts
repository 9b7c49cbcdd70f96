import { ChainSlots, prefixOf, slotFlags, type PlaceIndex } from './chain-slots.ts';
import type { Link } from './read-link.ts';
import type { Neighbor, TrailPlace } from './trail.ts';

/** An event as the chain sees it: its place, and where it was read. `id` is unknown if only its hash is kept. */
export type ChainEvent = { link: Link; place: TrailPlace; part?: string; id?: string; time?: string };

type Known = { seq: number; id: string | undefined; place: TrailPlace };
/** The order within one source: the highest number, and the one before it. */
type Order = { last: Known; prior: number };

/** A second event with the number of another. */
export type Fork = { seq: number; hash: string; id: string | undefined; place: TrailPlace };
/** An event whose hash is not the one that the next event names. */
export type BrokenLink = { expected: string; id: string | undefined; nextId: string | undefined };
/** What is remembered of the event after a gap, and of the event before it in the same source. */
export type Edge = { id: string | undefined; before: Known | undefined };
export type Displaced = { event: Known; before: number };

/** How many edges, forks and broken links are remembered for one producer. Beyond that, faults are named without ids. */
const mostDetails = 10_000;

/** How far from a gap an event is looked for whose time is known. */
const nearby = 1000;

const orderOf = ({ source }: TrailPlace, part = ''): string => `${source}\n${part}`;

/** The chain of one producer, as far as it was read, in whatever order its events came. */
export class Chain {
  readonly producer: string;
  readonly slots = new ChainSlots();
  readonly forks: Fork[] = [];
  readonly broken = new Map<number, BrokenLink>();
  readonly edges = new Map<number, Edge>();
  /** The lowest and the highest number of an event that was read. */
  first = Infinity;
  last = 0;
  events = 0;
  repeated = 0;
  hashOnly = 0;
  closedAt = 0;
  readonly #orders = new Map<string, Order>();
  readonly #places: PlaceIndex;

  constructor(producer: string, places: PlaceIndex) {
    this.producer = producer;
    this.#places = places;
  }

  /** Adds an event whose content has its hash. Returns the event that is out of order because of it, if there is one. */
  add(event: ChainEvent): { isNew: boolean; displaced?: Displaced } {
    const { seq, hash } = event.link;
    if (this.slots.has(seq, slotFlags.seen)) {
      // The place of an event may be kept in addition to the event.
      if (event.id !== undefined) this.slots.unmark(seq, slotFlags.kept);
      if (this.slots.hash(seq) === prefixOf(hash)) this.repeated += event.id === undefined ? 0 : 1;
      else if (this.forks.length < mostDetails) this.forks.push({ seq, hash, id: event.id, place: event.place });
      return { isNew: false };
    }
    this.#link(event);
    this.events += 1;
    if (event.id === undefined) {
      this.hashOnly += 1;
      this.slots.mark(seq, slotFlags.kept);
    }
    [this.first, this.last] = [Math.min(this.first, seq), Math.max(this.last, seq)];
    const displaced = this.#order({ seq, id: event.id, place: event.place }, event);
    return displaced ? { isNew: true, displaced } : { isNew: true };
  }

  /** Returns an event next to a fault as far as it is known. `next` is the next event that is there. */
  neighbor(seq: number, next = seq + 1): Neighbor | undefined {
    const place = this.placeOf(seq);
    if (place === undefined) return undefined;
    const edge = this.edges.get(seq);
    const before = this.edges.get(next)?.before;
    const id = edge?.id ?? (before?.seq === seq ? before.id : undefined);
    return { seq, ...(id === undefined ? {} : { id }), place };
  }

  /** Returns the times of the events before and after a range, as far as they are known. Altered events have none. */
  timesAround(from: number, to: number): [before: number | undefined, after: number | undefined] {
    let [before, after]: [number | undefined, number | undefined] = [undefined, undefined];
    for (let away = 1; away <= nearby && before === undefined && from - away >= this.first; away += 1)
      before = this.slots.time(from - away);
    for (let away = 1; away <= nearby && after === undefined && to + away <= this.last; away += 1)
      after = this.slots.time(to + away);
    return [before, after];
  }

  /** Returns where an event was read, or undefined if it was not. */
  placeOf(seq: number): TrailPlace | undefined {
    const packed = seq < 1 ? -1 : this.slots.place(seq);
    return packed < 0 ? undefined : this.#places.unpack(packed);
  }

  /** Puts an altered event at its place, so that the place is not empty. */
  putAltered(seq: number, place: TrailPlace): void {
    this.slots.mark(seq, slotFlags.altered);
    this.slots.setPlace(seq, this.#places.pack(place));
    [this.first, this.last] = [Math.min(this.first, seq), Math.max(this.last, seq)];
  }

  /** Compares the hashes of an event and its neighbors, whichever of them came first. */
  #link({ link, place, part, id, time }: ChainEvent): void {
    const { slots } = this;
    const { seq, hash, prevHash } = link;
    if (slots.has(seq, slotFlags.expected) && slots.hash(seq) !== prefixOf(hash))
      this.#break(seq, { expected: slots.hash(seq), id, nextId: this.edges.get(seq + 1)?.id });
    slots.mark(seq, slotFlags.seen);
    slots.setHash(seq, hash);
    slots.setPlace(seq, this.#places.pack(place));
    if (time !== undefined) slots.setTime(seq, Date.parse(time));
    if (seq === 1) return;
    if (!slots.has(seq - 1, slotFlags.seen)) {
      slots.mark(seq - 1, slotFlags.expected);
      slots.setHash(seq - 1, prevHash);
    } else if (slots.hash(seq - 1) !== prefixOf(prevHash)) {
      const before = this.#orders.get(orderOf(place, part))?.last;
      this.#break(seq - 1, {
        expected: prefixOf(prevHash),
        id: before?.seq === seq - 1 ? before.id : undefined,
        nextId: id,
      });
    }
  }

  #break(seq: number, link: BrokenLink): void {
    this.slots.mark(seq, slotFlags.broken);
    if (this.broken.size < mostDetails) this.broken.set(seq, link);
  }

  /** Follows the order within a source, where numbers must grow. */
  #order(event: Known, { part, place }: ChainEvent): Displaced | undefined {
    const name = orderOf(place, part);
    const order = this.#orders.get(name);
    this.#rememberEdge(event, order?.last);
    if (!order) {
      this.#orders.set(name, { last: event, prior: 0 });
      return undefined;
    }
    const { last, prior } = order;
    if (event.seq > last.seq) {
      [order.prior, order.last] = [last.seq, event];
      return undefined;
    }
    // Either this event came too late, or the one before it too early: then this one follows the one before that.
    if (event.seq < prior) return { event, before: last.seq };
    order.last = event;
    return { event: last, before: event.seq };
  }

  #rememberEdge({ seq, id }: Known, before: Known | undefined): void {
    this.edges.delete(seq + 1);
    if (seq > 1 && !this.slots.has(seq - 1, slotFlags.seen) && this.edges.size < mostDetails)
      this.edges.set(seq, { id, before });
  }
}
