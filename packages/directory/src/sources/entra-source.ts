import type { Identity, ProviderConfig, SourceConfigOf } from '@sallyport/contracts';
import { ProblemError, type Logger } from '@sallyport/kit';
import type { Graph } from '../api/create-graph.ts';
import { ApiFailure } from '../api/create-requester.ts';
import { claimAt } from '../claims/copy-claims.ts';
import { nameGroups, type GroupSource, type SourceAnswer } from '../groups/group-source.ts';
import { keyOf } from '../groups/keys.ts';
import type { DirectoryStore } from '../store/directory-store.ts';

type EntraSourceDeps = {
  provider: ProviderConfig;
  source: SourceConfigOf<'entra'>;
  store: DirectoryStore;
  graph: Graph;
  logger: Logger;
  now: () => number;
};

const objectIdForm = /^[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}$/i;
const maxTries = 5;

/**
 * Reports whether Entra left the groups out of a token because there are too many. Entra then adds a reference, or
 * `hasgroups`. The address in the reference is never followed: a token must not choose where requests go.
 */
function isOverage({ claims }: Identity, groupsClaim: string): boolean {
  const names = claimAt(claims, '_claim_names');
  const hasGroups = claimAt(claims, 'hasgroups');
  return (
    (typeof names === 'object' && names !== null && Object.hasOwn(names, groupsClaim)) ||
    hasGroups === true ||
    hasGroups === 'true'
  );
}

function objectId({ claims }: Pick<Identity, 'claims'>): string | undefined {
  const id = claimAt(claims, 'oid');
  return typeof id === 'string' && objectIdForm.test(id) ? id.toLowerCase() : undefined;
}

/** Returns the key of the person who logs in as this identity: their object ID, which is the same for every client. */
export function entraKey(identity: Pick<Identity, 'claims'>): string | undefined {
  const id = objectId(identity);
  return id === undefined ? undefined : keyOf.id(id);
}

function groupsOfToken({ claims }: Identity, groupsClaim: string): string[] | undefined {
  const value = claimAt(claims, groupsClaim);
  return Array.isArray(value) && value.every((group) => typeof group === 'string') ? value : undefined;
}

/** Stores the answer of Graph for evaluations between logins. */
async function storeAnswer(
  { store, source, now }: EntraSourceDeps,
  id: string,
  groups: string[] | undefined,
): Promise<void> {
  for (let tries = 0; tries < maxTries; tries += 1) {
    const [before] = await store.get(source.id, 'people', [id]);
    const next = { active: groups !== undefined, body: { groups: groups ?? [] } };
    if (before && JSON.stringify([before.active, before.body]) === JSON.stringify([next.active, next.body])) return;
    const entry = {
      id,
      keys: [keyOf.id(id)],
      ...next,
      version: (before?.version ?? 0) + 1,
      createdAt: before?.createdAt ?? now(),
      changedAt: now(),
    };
    if (
      (await store.put(source.id, 'people', entry, { expected: before?.version, touched: [keyOf.id(id)] })) ===
      'written'
    )
      return;
  }
  throw new ProblemError('conflict', 'Other logins are writing your groups at the same time. Try again.');
}

async function queryGraph(deps: EntraSourceDeps, id: string): Promise<void> {
  const { graph, source, logger } = deps;
  const groups = await graph.memberObjects(id).catch((error: unknown) => {
    if (!(error instanceof ApiFailure)) throw error;
    logger.warn({ source: source.id, detail: error.message }, 'cannot get the groups of a user from Microsoft Graph');
    throw new ProblemError(
      'identity-provider-unavailable',
      `The directory ${source.id}, which supplies your groups, cannot be reached at the moment. Try again shortly.`,
    );
  });
  await storeAnswer(deps, id, groups);
}

/**
 * Creates the source for Entra's groups: from the token, or from Microsoft Graph if the token cannot hold them all (or
 * always). Graph is queried at logins and refreshes. In between, its last answer stays in force.
 */
export function createEntraSource(deps: EntraSourceDeps): GroupSource {
  const { provider, source, store } = deps;
  const needsGraph = (identity: Identity) => source.when === 'always' || isOverage(identity, source.groupsClaim);
  return {
    id: source.id,
    required: source.required,
    async lookUp(identity, mayQuery): Promise<SourceAnswer> {
      if (!needsGraph(identity)) {
        const groups = groupsOfToken(identity, source.groupsClaim);
        return groups ? { known: true, active: true, groups: nameGroups(provider, groups) } : { known: false };
      }
      const id = objectId(identity);
      if (id === undefined)
        throw new ProblemError(
          'login-failed',
          'The token from the identity provider has no valid object id (oid), so your groups in Entra cannot be looked up.',
        );
      if (mayQuery) await queryGraph(deps, id);
      const [person] = await store.get(source.id, 'people', [id]);
      if (!person)
        throw new ProblemError(
          'identity-provider-unavailable',
          `The directory ${source.id} has not been queried for your groups yet. Log in again.`,
        );
      return { known: true, active: person.active, groups: nameGroups(provider, person.body['groups'] as string[]) };
    },
    keyOf: entraKey,
  };
}
