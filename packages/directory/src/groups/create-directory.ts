import type { EndReason, Identity, ProviderConfig } from '@sallyport/contracts';
import { type DirectoryStore } from '../store/directory-store.ts';
import { ProblemError } from '@sallyport/kit';
import { checkForeignNames, type ForeignPrefixes } from '../claims/check-foreign-names.ts';
import type { GroupSource, Said } from '../sources/group-source.ts';

/** The sources of one provider's people. */
export type ProviderSources = {
  provider: Pick<ProviderConfig, 'id' | 'combineGroups'>;
  sources: readonly GroupSource[];
  foreign: ForeignPrefixes;
};

/** What all sources together say of somebody: who they are now, or why they must not be here. */
export type Verdict =
  | { identity: Identity }
  | { reason: Extract<EndReason, 'deactivated' | 'changed'>; detail: string };

export type Directory = {
  /**
   * Judges somebody. Rejects with `identity-provider-unavailable` where a source cannot be asked, for without it nobody
   * knows.
   */
  judge(identity: Identity, asking: boolean): Promise<Verdict>;
  /** Judges somebody who logs in. Rejects with `login-failed` if they must not. */
  admit(identity: Identity): Promise<Identity>;
  /** Notes that a session of theirs hangs on what sources say of them, until it ends. */
  link(identity: Identity, until: number): Promise<void>;
  /** Whether anything but the provider's own claims plays a part. */
  concerns(providerId: string): boolean;
  /** Whether this source plays a part for that provider. */
  uses(providerId: string, sourceId: string): boolean;
};

/** More would make every request's look at the session dear. */
const mostBytes = 64 * 1024;

function combine(how: ProviderConfig['combineGroups'], said: readonly Said[]): string[] {
  const known = said.filter((one) => one.known);
  return how === 'merge' ? [...new Set(known.flatMap(({ groups }) => groups))] : (known[0]?.groups ?? []);
}

async function judge(
  { provider, sources, foreign }: ProviderSources,
  identity: Identity,
  asking: boolean,
): Promise<Verdict> {
  const said = await Promise.all(sources.map((source) => source.about(identity, asking)));
  const names = (wanted: (one: Said, source: GroupSource) => boolean) =>
    sources.filter((source, index) => wanted(said[index]!, source)).map(({ id }) => id);
  const [inactive] = names((one) => one.known && !one.active);
  if (inactive !== undefined)
    return { reason: 'deactivated', detail: `The directory ${inactive} says that your account is deactivated.` };
  const [missing] = names((one, { required }) => !one.known && required);
  if (missing !== undefined)
    return {
      reason: 'changed',
      detail: `You are not in the directory ${missing}, in which everybody must be who logs in here.`,
    };
  const groups = combine(provider.combineGroups, said);
  if (Buffer.byteLength(JSON.stringify(groups)) > mostBytes)
    return {
      reason: 'changed',
      detail: `You are in too many groups (their names together are longer than ${mostBytes / 1024} KiB).`,
    };
  return { identity: checkForeignNames({ ...identity, groups }, foreign) };
}

/**
 * Creates the directory: for each provider its sources, in their order. A provider of whose people only the claims
 * speak needs none of it.
 */
export function createDirectory(deps: {
  providers: readonly ProviderSources[];
  store: Pick<DirectoryStore, 'link'>;
}): Directory {
  const byProvider = new Map(
    deps.providers
      .filter(({ sources }) => sources.some(({ id }) => id !== 'claims'))
      .map((one) => [one.provider.id, one]),
  );
  const judgeNow: Directory['judge'] = async (identity, asking) => {
    const known = byProvider.get(identity.provider);
    if (!known) return { identity };
    try {
      return await judge(known, identity, asking);
    } catch (error) {
      if (error instanceof ProblemError && error.code === 'login-failed')
        return { reason: 'changed', detail: error.detail };
      throw error;
    }
  };
  return {
    judge: judgeNow,
    async admit(identity) {
      const verdict = await judgeNow(identity, true);
      if ('identity' in verdict) return verdict.identity;
      throw new ProblemError('login-failed', verdict.detail);
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
    concerns: (providerId) => byProvider.has(providerId),
    uses: (providerId, sourceId) => byProvider.get(providerId)?.sources.some(({ id }) => id === sourceId) ?? false,
  };
}
