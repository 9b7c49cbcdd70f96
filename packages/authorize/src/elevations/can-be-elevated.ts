import { isLogin, type Check, type LoginKind, type Session } from '@sallyport/contracts';
import { applicationOf } from '../check/application-of.ts';

/**
 * Reports whether an elevation can give anything to a request. It belongs to a person: sessions of other kinds never have
 * one, nor do applications that act for a person. All of them are for clusters.
 */
export function canBeElevated(
  check: Pick<Check, 'credential' | 'target'>,
  session: Session,
): session is Session & { kind: LoginKind } {
  return isLogin(session) && check.target.kind === 'cluster' && applicationOf(check) === undefined;
}
