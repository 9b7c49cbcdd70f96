import type { ClusterObjects, StoredObject } from './cluster-objects.ts';

/** The content of a Secret, as text. */
export type SecretContent = Record<string, string>;

/** Creates Secrets that do not exist, and never changes one that does. */
export type KeptSecrets = {
  /**
   * Returns the content of a Secret, which has these entries. If there is none with this name, creates it with what `make`
   * returns.
   */
  ensure(
    name: string,
    entries: readonly string[],
    make: () => SecretContent | Promise<SecretContent>,
    type?: string,
  ): Promise<SecretContent>;
  /**
   * Creates a ConfigMap, or changes entries that do not have their text, because it follows from Secrets. An entry may have
   * more: while the key of a service is replaced, that is a second public key.
   */
  publish(name: string, content: SecretContent): Promise<void>;
  /** What was created or changed so far. */
  done(): string[];
};

const encode = (content: SecretContent) =>
  Object.fromEntries(Object.entries(content).map(([key, text]) => [key, Buffer.from(text).toString('base64')]));
const decode = ({ data = {} }: StoredObject): SecretContent =>
  Object.fromEntries(Object.entries(data).map(([key, text]) => [key, Buffer.from(text, 'base64').toString('utf8')]));

/** A Secret of another hand is used as it is, so it must have the entries that ours would have. */
function refuseIncomplete(name: string, found: SecretContent, entries: readonly string[]): void {
  const missing = entries.filter((key) => !found[key]);
  if (missing.length > 0)
    throw new Error(
      `the Secret ${name} exists, but has no ${missing.join(' and no ')}. Add what is missing, or delete it so that it is created anew`,
    );
}

/** Creates the store of the Secrets of an installation, all with the same labels. */
export function createKeptSecrets(objects: ClusterObjects, labels: Record<string, string>): KeptSecrets {
  const done: string[] = [];
  const metadata = (name: string) => ({ name, labels });
  return {
    async ensure(name, entries, make, type = 'Opaque') {
      const existing = await objects.read('Secret', name);
      if (existing) {
        const content = decode(existing);
        refuseIncomplete(name, content, entries);
        return content;
      }
      const content = await make();
      const secret: StoredObject = {
        apiVersion: 'v1',
        kind: 'Secret',
        metadata: metadata(name),
        type,
        data: encode(content),
      };
      if (await objects.create(secret)) {
        done.push(`created the Secret ${name}`);
        return content;
      }
      // Another run was faster.
      return decode((await objects.read('Secret', name))!);
    },
    async publish(name, content) {
      const existing = await objects.read('ConfigMap', name);
      const map: StoredObject = { apiVersion: 'v1', kind: 'ConfigMap', metadata: metadata(name), data: content };
      if (!existing) {
        if (await objects.create(map)) done.push(`created the ConfigMap ${name}`);
        return;
      }
      const missing = Object.entries(content).filter(([key, text]) => !existing.data?.[key]?.includes(text));
      if (missing.length === 0) return;
      await objects.update({ ...existing, data: { ...existing.data, ...Object.fromEntries(missing) } });
      done.push(`changed the ConfigMap ${name}`);
    },
    done: () => done,
  };
}
