import type { Elevation, Notice } from '@sallyport/contracts';
import { createListeners, ProblemError } from '@sallyport/kit';
import { createMemoryNoticeOutbox } from '../notices/create-memory-notice-outbox.ts';
import { type NoticeOutbox, keptAfterEndMs } from '../notices/notice-outbox.ts';
import type { ElevationStore, ElevationChanges } from './elevation-store.ts';

/** Creates the holds in memory. */
function createMemoryHolds({ now }: { now: () => number }): ElevationStore['hold'] {
  const holds = new Map<string, { until: number }>();
  return async (what, forMs) => {
    const key = JSON.stringify('eventsOf' in what ? [what.eventsOf] : [what.issuer, what.subject]);
    const held = holds.get(key);
    if (held && now() < held.until) return undefined;
    const mine = { until: now() + forMs };
    holds.set(key, mine);
    return async () => {
      if (holds.get(key) === mine) holds.delete(key);
    };
  };
}

const maxLog = 4096;
/** How often what is over for long is removed, in milliseconds. */
const cleanMs = 60_000;

type Entry = {
  text: string;
  revision: number;
  person: string;
  createdAt: number;
  dueAt: number | undefined;
  until: number;
  notices: readonly Notice[];
  /** How far each channel is with the notices. */
  deliveries: Map<string, string>;
};

const personKey = ({ issuer, subject }: { issuer: string; subject: string }) => JSON.stringify([issuer, subject]);
const parse = ({ text }: Entry) => JSON.parse(text) as Elevation;

/** Creates the log of changes: the latest ids, and how many there have been. */
function createLog() {
  const changed = createListeners<void>();
  let log: string[] = [];
  let position = 0;
  return {
    note(id: string) {
      position += 1;
      log = [...log, id].slice(-maxLog);
      changed.tell();
    },
    since(since: number): ElevationChanges {
      const missed = position - since;
      return { position, ids: missed < 0 || missed > log.length ? undefined : log.slice(log.length - missed) };
    },
    onChange: (listener: () => void) => changed.add(listener),
  };
}

/** Writes entries, removes those that are over for long, and wakes the channels of new notices. */
function createPut(entries: Map<string, Entry>, deps: { note(id: string): void; outbox: NoticeOutbox; now(): number }) {
  let cleanedAt = -Infinity;
  return async (elevation: Elevation, dueAt: number | undefined, added: readonly Notice[]) => {
    const now = deps.now();
    if (now - cleanedAt >= cleanMs) {
      for (const [id, { until }] of entries) if (until <= now) entries.delete(id);
      cleanedAt = now;
    }
    const before = entries.get(elevation.id);
    entries.set(elevation.id, {
      text: JSON.stringify(elevation),
      revision: elevation.revision,
      person: personKey(elevation.requester),
      createdAt: elevation.createdAt,
      dueAt,
      until: dueAt === undefined ? now + keptAfterEndMs : Infinity,
      notices: [...(before?.notices ?? []), ...structuredClone(added)],
      deliveries: before?.deliveries ?? new Map(),
    });
    deps.note(elevation.id);
    for (const channel of new Set(added.flatMap(({ channels }) => channels)))
      await deps.outbox.wake(channel, elevation.id);
  };
}

/** Creates a store in memory, for a single replica of authorize. */
export function createMemoryElevationStore(deps: { now: () => number }): ElevationStore {
  const entries = new Map<string, Entry>();
  const { note, since, onChange } = createLog();
  const notices = createMemoryNoticeOutbox({ find: (id) => entries.get(id), now: deps.now });
  const put = createPut(entries, { note, outbox: notices, now: deps.now });
  const newest = (fits: (entry: Entry) => boolean, limit: number) =>
    [...entries.values()]
      .filter(fits)
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .slice(0, limit)
      .map(parse);
  return {
    notices,
    async create(elevation, nextStepAt, added = []) {
      if (entries.has(elevation.id)) throw new ProblemError('conflict', 'This elevation already exists.');
      await put(elevation, nextStepAt, added);
    },
    async read(id) {
      const entry = entries.get(id);
      return entry && parse(entry);
    },
    readAll: async (ids) => ids.flatMap((id) => entries.get(id) ?? []).map(parse),
    async replace(elevation, nextStepAt, added = []) {
      if (entries.get(elevation.id)?.revision !== elevation.revision - 1) return false;
      await put(elevation, nextStepAt, added);
      return true;
    },
    confirm: async () => {},
    hold: createMemoryHolds(deps),
    open: async () => [...entries.values()].filter(({ dueAt }) => dueAt !== undefined).map(parse),
    due: async (now, limit) =>
      [...entries]
        .filter(([, { dueAt }]) => dueAt !== undefined && dueAt <= now)
        .toSorted(([, a], [, b]) => a.dueAt! - b.dueAt!)
        .slice(0, limit)
        .map(([id]) => id),
    async touch({ id }, nextStepAt) {
      const entry = entries.get(id);
      if (entry) entry.dueAt = nextStepAt;
      note(id);
    },
    ofPerson: async (person, limit) => newest((entry) => entry.person === personKey(person), limit),
    latest: async (limit) => newest(() => true, limit),
    changesSince: async (position) => since(position),
    onChange,
  };
}
