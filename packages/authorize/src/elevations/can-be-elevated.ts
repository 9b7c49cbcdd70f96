import { isLogin, type Check, type LoginKind, type Session } from '@sallyport/contracts';

/**
 * Reports whether an elevation can give anything to a request. It belongs to a person: sessions of other kinds never have
 * one, nor do applications that act for a person. All of them are for clusters.
 */
export function canBeElevated(
  { credential, target }: Pick<Check, 'credential' | 'target'>,
  session: Session,
): session is Session & { kind: LoginKind } {
  const isOfApplication = credential.kind === 'token' && credential.application !== undefined;
  return isLogin(session) && target.kind === 'cluster' && !isOfApplication;
}
