import { lackingWords, type ElevationView, type SessionRow, type StreamRow } from '@sallyport/contracts/answers';

/** Describes the object of a stream like the arguments of kubectl. */
export function targetOf({ kind, resource, subresource, name, namespace, container, ports, path }: StreamRow): string {
  if (resource === '') return path;
  const more = subresource === '' || subresource === kind ? '' : `/${subresource}`;
  return [
    `${resource}${name === '' ? '' : `/${name}`}${more}`,
    ...(namespace === '' ? [] : [`-n ${namespace}`]),
    ...(container === undefined ? [] : [`-c ${container}`]),
    ...(ports === undefined || ports.length === 0 ? [] : [`:${ports.join(',')}`]),
  ].join(' ');
}

/** Names where a stream leads: a cluster or a web application. */
export const whereOf = ({ cluster, route }: StreamRow): string => (cluster === '' ? (route ?? '') : cluster);

/** Names the user of a session. */
export const userOf = ({ user, identity }: SessionRow): string => user ?? identity?.user ?? '';

/** Names where an elevation applies. */
export const placeOf = ({ cluster, namespace }: ElevationView): string =>
  namespace === undefined ? cluster : `${cluster}/${namespace}`;

/** Says what an elevation still needs. */
export function neededWords(view: ElevationView): string {
  const { approvals, approvalsNeeded } = view;
  if (approvalsNeeded === 0) return 'without approval';
  const lacking = lackingWords(view);
  return `${approvals.length} of ${approvalsNeeded} approvals${lacking === '' ? '' : `, needs ${lacking}`}`;
}

/** Reports whether some of the texts of a row contain what was typed. */
export const contains = (typed: string, ...texts: (string | null | undefined)[]): boolean =>
  texts.some((text) => text?.toLowerCase().includes(typed.toLowerCase()));
