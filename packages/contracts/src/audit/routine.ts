/** What decides whether an event is routine. Members that are not in the event are undefined. */
type RoutineFacts = {
  type: string;
  /** How the request ended, as `resultOf` says. */
  result: unknown;
  username: unknown;
  credentialKind: unknown;
  /** The web application that the request was for. */
  route: unknown;
};

/**
 * Reports whether an event only shows that the gateway works, and not what somebody did with it: a call of the gateway's
 * own API, a request that the gateway makes for itself, a checkpoint, or a reservation. A refused call of someone who is
 * logged in is not routine. Nor is what a call changes, because it has an event of its own.
 */
export function isRoutine({ type, result, username, credentialKind, route }: RoutineFacts): boolean {
  if (type === 'k8s.request') return credentialKind === 'gateway';
  if (type === 'http.request') return route === undefined && !(result === 'refused' && username !== undefined);
  return type === 'audit.checkpoint' || type === 'audit.reservation';
}
