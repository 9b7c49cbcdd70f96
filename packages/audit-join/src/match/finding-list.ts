import { findingKinds, type Finding, type FindingKind } from './finding.ts';

/** Findings, counted by kind, with the first ones of each. */
export type FindingList = {
  add(finding: Finding): void;
  /** Counts findings of a kind of which only the first ones are known. */
  addMany(kind: FindingKind, count: number, first: readonly Finding[]): void;
  counts(): Record<FindingKind, number>;
  findings(): Finding[];
};

/** Creates an empty list. It keeps at most `keep` findings of a kind, and counts all. */
export function createFindingList(keep: number): FindingList {
  const kept = new Map<FindingKind, { count: number; first: Finding[] }>(
    findingKinds.map((kind) => [kind, { count: 0, first: [] }]),
  );
  const addMany = (kind: FindingKind, count: number, first: readonly Finding[]) => {
    const of = kept.get(kind)!;
    of.count += count;
    for (const finding of first) if (of.first.length < keep) of.first.push(finding);
  };
  return {
    add: (finding) => addMany(finding.kind, 1, [finding]),
    addMany,
    counts: () => Object.fromEntries(findingKinds.map((kind) => [kind, kept.get(kind)!.count])) as never,
    findings: () => findingKinds.flatMap((kind) => kept.get(kind)!.first),
  };
}
