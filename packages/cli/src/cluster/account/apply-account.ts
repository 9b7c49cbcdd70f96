import { isDeepStrictEqual } from 'node:util';
import { CliError } from '../../terminal/cli-error.ts';
import { madeForCluster, type KubeObject } from './account-objects.ts';
import type { KubeClient } from '../kube/kube-client.ts';
import { createObject, objectName, patchObject, readObject, resourceOf } from './kube-objects.ts';
import type { Right } from '../kube/require-rights.ts';

/** What is to be done about one object. `differs` has the fields to correct. */
type Step = {
  object: KubeObject;
  change: 'created' | 'updated' | 'unchanged';
  stored: Awaited<ReturnType<typeof readObject>>;
  differs: Record<string, unknown>;
};
export type AccountPlan = Step[];

const isFields = (value: unknown): value is Record<string, unknown> =>
  typeof value === 'object' && value !== null && !Array.isArray(value);

/** Reports whether a stored value has everything that is wanted. The API server adds defaults. */
function covers(stored: unknown, wanted: unknown): boolean {
  if (Array.isArray(wanted))
    return (
      Array.isArray(stored) &&
      stored.length === wanted.length &&
      wanted.every((one, index) => covers(stored[index], one))
    );
  if (isFields(wanted))
    return isFields(stored) && Object.entries(wanted).every(([name, value]) => covers(stored[name], value));
  return isDeepStrictEqual(stored, wanted);
}

/**
 * Returns the fields in which the stored object differs. A role without rules is stored without the field. Rights and data
 * are compared exactly.
 */
function differences(object: KubeObject, stored: KubeObject): Record<string, unknown> {
  const { apiVersion: _version, kind: _kind, metadata: _metadata, ...fields } = object;
  const plain = (value: unknown): unknown => JSON.parse(JSON.stringify(value ?? null));
  const annotations = object.metadata.annotations ?? {};
  const noted = Object.entries(annotations).every(([name, value]) => stored.metadata.annotations?.[name] === value);
  return {
    ...Object.fromEntries(
      Object.entries(fields).filter(([name, value]) =>
        name === 'spec' ? !covers(stored[name], value) : !isDeepStrictEqual(plain(value), plain(stored[name])),
      ),
    ),
    ...(noted ? {} : { metadata: { annotations } }),
  };
}

function refuseForeign(object: KubeObject, stored: KubeObject, cluster: string): void {
  const owner = madeForCluster(stored);
  // An existing namespace is used as it is, and never changed or removed.
  if (owner === cluster || object.kind === 'Namespace') return;
  throw new CliError(
    'refused',
    owner === undefined
      ? `the ${objectName(object)} exists already and was not made by "sallyport cluster add", so it is not changed`
      : `the ${objectName(object)} was made for the cluster "${owner}", so it is not changed`,
    'Choose other names with --account and --namespace, or delete it if nothing needs it.',
  );
}

async function planObject(client: KubeClient, object: KubeObject, cluster: string): Promise<Step> {
  const stored = await readObject(client, object);
  if (stored === undefined) return { object, change: 'created', stored, differs: {} };
  refuseForeign(object, stored, cluster);
  if (stored.metadata.deletionTimestamp !== undefined)
    throw new CliError(
      'refused',
      `the ${objectName(object)} is being deleted`,
      'Wait until it is gone, then try again.',
    );
  const differs = differences(object, stored);
  // Kubernetes lets no one change these.
  const fixed = ['roleRef', 'type'].find((field) => Object.hasOwn(differs, field));
  if (fixed !== undefined)
    throw new CliError(
      'refused',
      `the ${objectName(object)} has another ${fixed} than "sallyport cluster add" gave it`,
      'Run sallyport cluster remove, then add the cluster again.',
    );
  return { object, change: Object.keys(differs).length > 0 ? 'updated' : 'unchanged', stored, differs };
}

/**
 * Reads all objects of an account and returns what is to be done. Throws a CliError if one of them belongs to someone
 * else.
 */
export async function planAccount(
  client: KubeClient,
  objects: readonly KubeObject[],
  cluster: string,
): Promise<AccountPlan> {
  const steps: AccountPlan = [];
  for (const object of objects) steps.push(await planObject(client, object, cluster));
  return steps;
}

/** Returns the rights that carrying out a plan takes. */
export function rightsFor(plan: AccountPlan): Right[] {
  return plan
    .filter(({ change }) => change !== 'unchanged')
    .map(({ object, change }) => ({
      verb: change === 'created' ? 'create' : 'patch',
      ...resourceOf(object),
      ...(object.metadata.namespace === undefined ? {} : { namespace: object.metadata.namespace }),
    }));
}

/** Makes the objects that do not exist, and corrects those that differ. */
export async function applyAccount(client: KubeClient, plan: AccountPlan): Promise<void> {
  for (const { object, stored, differs } of plan) {
    if (stored === undefined) await createObject(client, object);
    else if (Object.keys(differs).length > 0) await patchObject(client, stored, differs);
  }
}
