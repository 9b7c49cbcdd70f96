import type { AuditPage } from '@sallyport/contracts';
import type { OnlyOf } from '../store/audit-store.ts';

/** Who asks, and which events they may see. */
export type Viewer = {
  /** Identifies the person, for limits. */
  person: string;
  /** Undefined: all events. */
  only: OnlyOf | undefined;
  /** What an answer says about this. */
  scope: Pick<AuditPage, 'scope' | 'view'>;
};
