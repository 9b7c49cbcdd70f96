import type { EndReason, Identity, ProviderConfig } from '@sallyport/contracts';
import { ProblemError } from '@sallyport/kit';
import { checkForeignNames, type ForeignPrefixes } from '../claims/check-name.ts';
import type { DirectoryStore } from '../store/directory-store.ts';
import type { GroupSource, SourceAnswer } from './group-source.ts';

/** The sources of one provider, in the order of the configuration. */
export type ProviderSources = {
  provider: Pick<ProviderConfig, 'id' | 'combineGroups'>;
  sources: readonly GroupSource[];
  foreign: ForeignPrefixes;
};

/** The combined answer of all sources: the identity with its current groups, or the reason to refuse it. */
type Evaluation = { identity: Identity } | { reason: Extract<EndReason, 'deactivated' | 'changed'>; detail: string };

export type Directory = {
  /**
   * Looks an identity up in the sources of its provider. `mayQuery` allows requests to other services. Rejects with
   * `identity-provider-unavailable` if a source cannot be reached: without its answer the groups are not known.
   */
  evaluate(identity: Identity, mayQuery: boolean): Promise<Evaluation>;
  /** Evaluates a user who logs in. Rejects with `login-failed` if the directory refuses them. */
  admit(identity: Identity): Promise<Identity>;
  /** Records, until `until`, that the user has a session that changes in the sources may affect. */
  link(identity: Identity, until: number): Promise<void>;
  /** Reports whether a provider has any source besides its own claims. */
  appliesTo(providerId: string): boolean;
  /** Reports whether a provider uses this source. */
  uses(providerId: string, sourceId: string): boolean;
};

/** Every request reads the session. More than this would slow all of them down. */
const maxBytes = 64 * 1024;

function combine(how: ProviderConfig['combineGroups'], answers: readonly SourceAnswer[]): string[] {
  const known = answers.filter((answer) => answer.known);
  return how === 'merge' ? [...new Set(known.flatMap(({ groups }) => groups))] : (known[0]?.groups ?? []);
}

async function evaluateSources(
  { provider, sources, foreign }: ProviderSources,
  identity: Identity,
  mayQuery: boolean,
): Promise<Evaluation> {
  const answers = await Promise.all(sources.map((source) => source.lookUp(identity, mayQuery)));
  const idsWhere = (isWanted: (answer: SourceAnswer, source: GroupSource) => boolean) =>
    sources.filter((source, index) => isWanted(answers[index]!, source)).map(({ id }) => id);
  const [inactive] = idsWhere((answer) => answer.known && !answer.active);
  if (inactive !== undefined)
    return { reason: 'deactivated', detail: `Your account is deactivated in the directory ${inactive}.` };
  const [missing] = idsWhere((answer, { required }) => !answer.known && required);
  if (missing !== undefined)
    return {
      reason: 'changed',
      detail: `You are not in the directory ${missing}. Only people in that directory may log in.`,
    };
  const groups = combine(provider.combineGroups, answers);
  if (Buffer.byteLength(JSON.stringify(groups)) > maxBytes)
    return {
      reason: 'changed',
      detail: `You are in too many groups: their names take more than ${maxBytes / 1024} KiB.`,
    };
  return { identity: checkForeignNames({ ...identity, groups }, foreign) };
}

/** Creates the directory. Providers whose only source is their own claims are left alone. */
export function createDirectory(deps: {
  providers: readonly ProviderSources[];
  store: Pick<DirectoryStore, 'link'>;
}): Directory {
  const byProvider = new Map(
    deps.providers
      .filter(({ sources }) => sources.some(({ id }) => id !== 'claims'))
      .map((one) => [one.provider.id, one]),
  );
  const evaluate: Directory['evaluate'] = async (identity, mayQuery) => {
    const known = byProvider.get(identity.provider);
    if (!known) return { identity };
    try {
      return await evaluateSources(known, identity, mayQuery);
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'login-failed')
        return { reason: 'changed', detail: error.detail };
      throw error;
    }
  };
  return {
    evaluate,
    async admit(identity) {
      const evaluation = await evaluate(identity, true);
      if ('identity' in evaluation) return evaluation.identity;
      throw new ProblemError('login-failed', evaluation.detail);
    },
    async link(identity, until) {
      const { issuer, subject } = identity;
      await Promise.all(
        (byProvider.get(identity.provider)?.sources ?? []).map(async (source) => {
          const key = source.keyOf?.(identity);
          if (key !== undefined) await deps.store.link(source.id, key, { issuer, subject }, until);
        }),
      );
    },
    appliesTo: (providerId) => byProvider.has(providerId),
    uses: (providerId, sourceId) => byProvider.get(providerId)?.sources.some(({ id }) => id === sourceId) ?? false,
  };
}
