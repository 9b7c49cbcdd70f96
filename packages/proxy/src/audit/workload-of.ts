import { workloadNameOf, type CheckAnswer, type SallyportPart } from '@sallyport/contracts';

/** Returns the workload whose session makes a request, for the event of the request. */
export function workloadOf(answer: CheckAnswer | undefined): SallyportPart['workload'] {
  const { session, identity } = answer ?? {};
  const name = session && identity && workloadNameOf({ kind: session.kind, provider: identity.provider });
  return name === undefined ? undefined : { name };
}
