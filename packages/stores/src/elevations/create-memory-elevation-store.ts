import type { Elevation, Notice } from '@sallyport/contracts';
import { createListeners, ProblemError } from '@sallyport/kit';
import { memoryTables, savedStore, type Tables } from '../embedded/tables.ts';
import { createMemoryNoticeOutbox, type MemoryNoticeOutbox } from '../notices/create-memory-notice-outbox.ts';
import { keptAfterEndMs } from '../notices/notice-outbox.ts';
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
  dueAt?: number | undefined;
  /** When it is removed. */
  until?: number | undefined;
  notices: readonly Notice[];
  /** How far each channel is with the notices. */
  deliveries: Readonly<Record<string, string>>;
};

const personKey = ({ issuer, subject }: { issuer: string; subject: string }) => JSON.stringify([issuer, subject]);
const parse = ({ text }: Entry) => JSON.parse(text) as Elevation;

/** Creates the log of changes: the latest ids, and how many there have been. */
function createLog({ isNew }: { isNew: boolean }) {
  const changed = createListeners<void>();
  let log: string[] = [];
  // Of what is on the disk, it is not known how often it has changed.
  let position = isNew ? 0 : 1;
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
function createPut(
  entries: Map<string, Entry>,
  deps: { note(id: string): void; outbox: MemoryNoticeOutbox; now(): number },
) {
  let cleanedAt = -Infinity;
  return (elevation: Elevation, dueAt: number | undefined, added: readonly Notice[]) => {
    const now = deps.now();
    if (now - cleanedAt >= cleanMs) {
      for (const [id, { until }] of entries) if (until !== undefined && until <= now) entries.delete(id);
      cleanedAt = now;
    }
    const before = entries.get(elevation.id);
    entries.set(elevation.id, {
      text: JSON.stringify(elevation),
      revision: elevation.revision,
      person: personKey(elevation.requester),
      createdAt: elevation.createdAt,
      dueAt,
      until: dueAt === undefined ? now + keptAfterEndMs : undefined,
      notices: [...(before?.notices ?? []), ...structuredClone(added)],
      deliveries: before?.deliveries ?? {},
    });
    deps.note(elevation.id);
    for (const channel of new Set(added.flatMap(({ channels }) => channels)))
      deps.outbox.wakeNow(channel, elevation.id);
  };
}

/** Creates a store in memory, for a single replica of authorize, with what `tables` keep on a disk. */
export function createMemoryElevationStore(deps: { now: () => number; tables?: Tables }): ElevationStore {
  const { now, tables = memoryTables } = deps;
  const entries = tables.map<Entry>('elevations');
  const { note, since, onChange } = createLog({ isNew: entries.size === 0 });
  const change = (id: string, to: Partial<Entry>) => {
    const entry = entries.get(id);
    if (entry) entries.set(id, { ...entry, ...to });
  };
  const notices = createMemoryNoticeOutbox({
    find: (id) => entries.get(id),
    deliver: (id, deliveries) => change(id, { deliveries }),
    now,
    tables,
  });
  const put = createPut(entries, { note, outbox: notices, now });
  const newest = (fits: (entry: Entry) => boolean, limit: number) =>
    [...entries.values()]
      .filter(fits)
      .toSorted((a, b) => b.createdAt - a.createdAt)
      .slice(0, limit)
      .map(parse);
  const store: ElevationStore = {
    notices,
    async create(elevation, nextStepAt, added = []) {
      if (entries.has(elevation.id)) throw new ProblemError('conflict', 'This elevation already exists.');
      put(elevation, nextStepAt, added);
    },
    async read(id) {
      const entry = entries.get(id);
      return entry && parse(entry);
    },
    readAll: async (ids) => ids.flatMap((id) => entries.get(id) ?? []).map(parse),
    async replace(elevation, nextStepAt, added = []) {
      if (entries.get(elevation.id)?.revision !== elevation.revision - 1) return false;
      put(elevation, nextStepAt, added);
      return true;
    },
    confirm: async () => {},
    hold: createMemoryHolds(deps),
    open: async () => [...entries.values()].filter(({ dueAt }) => dueAt !== undefined).map(parse),
    due: async (at, limit) =>
      [...entries]
        .filter(([, { dueAt }]) => dueAt !== undefined && dueAt <= at)
        .toSorted(([, a], [, b]) => a.dueAt! - b.dueAt!)
        .slice(0, limit)
        .map(([id]) => id),
    async touch({ id }, nextStepAt) {
      change(id, { dueAt: nextStepAt });
      note(id);
    },
    ofPerson: async (person, limit) => newest((entry) => entry.person === personKey(person), limit),
    latest: async (limit) => newest(() => true, limit),
    changesSince: async (position) => since(position),
    onChange,
  };
  return savedStore(store, tables, ['create', 'replace', 'confirm', 'touch']);
}
