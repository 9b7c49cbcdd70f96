import type { PolicyDocument, Config } from '@sallyport/contracts';

/** Policy documents as concatenated JSON parts of a few rules each. Each part is parsed in well under a millisecond. */
export type PackedDocuments = {
  index: { scope: string; path: PolicyDocument['path']; list: boolean; parts: number[] }[];
  bytes: Uint8Array<ArrayBuffer>;
};

const rulesPerPart = 50;

/** Packs documents for another thread. Copying a large document as an object would block that thread. */
export function packDocuments(documents: readonly PolicyDocument[]): PackedDocuments {
  const parts: Buffer[] = [];
  const add = (value: unknown): number => parts[parts.push(Buffer.from(JSON.stringify(value) ?? 'null')) - 1]!.length;
  const index = documents.map(({ scope, path, document }) => {
    if (!Array.isArray(document)) return { scope, path, list: false, parts: [add(document)] };
    const lengths: number[] = [];
    for (let at = 0; at < document.length; at += rulesPerPart) lengths.push(add(document.slice(at, at + rulesPerPart)));
    return { scope, path, list: true, parts: lengths };
  });
  const bytes = new Uint8Array(parts.reduce((sum, part) => sum + part.length, 0));
  let at = 0;
  for (const part of parts) {
    bytes.set(part, at);
    at += part.length;
  }
  return { index, bytes };
}

/** Unpacks documents part by part. Awaits `turn` after each, which may let other work run. */
export async function unpackDocuments(
  { index, bytes }: PackedDocuments,
  turn: () => Promise<void> | void,
): Promise<PolicyDocument[]> {
  const text = Buffer.from(bytes.buffer, bytes.byteOffset, bytes.length);
  const documents: PolicyDocument[] = [];
  let at = 0;
  for (const { scope, path, list, parts } of index) {
    const rules: unknown[] = [];
    for (const length of parts) {
      const value: unknown = JSON.parse(text.toString('utf8', at, at + length));
      at += length;
      if (list) for (const rule of value as unknown[]) rules.push(rule);
      else rules.push(value);
      await turn();
    }
    documents.push({ scope, path, document: list ? rules : rules[0] });
  }
  return documents;
}

/** Returns a configuration without its policies, which may be most of its size. */
export function withoutDocuments(config: Config): Config {
  return {
    ...config,
    policies: {},
    policy: undefined,
    shadow: undefined,
    api: { ...config.api, policy: {} },
    recordings: { ...config.recordings, rules: config.recordings.rules.map(({ record }) => ({ record })) },
    clusters: config.clusters.map((cluster) => ({
      ...cluster,
      policy: undefined,
      shadow: undefined,
      namespaces: undefined,
    })),
  };
}
