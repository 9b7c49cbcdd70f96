import type { Identity } from '@sallyport/contracts';

/** What a source says of somebody; groups as policies know them. */
export type SourceAnswer = { known: false } | { known: true; active: boolean; groups: string[] };

/** One source of the groups of one provider's people. */
export type GroupSource = {
  id: string;
  /** Only people whom it knows may log in. */
  required: boolean;
  /**
   * What it says of somebody now. `asking`: at a login or a refresh, when it may ask others. Rejects with
   * `identity-provider-unavailable`, or `login-failed` where what it says is ambiguous.
   */
  lookUp(identity: Identity, asking: boolean): Promise<SourceAnswer>;
  /** By what changes of somebody are noted in the store; undefined where nothing is. */
  keyOf?(identity: Identity): string | undefined;
};
