import type { ApiCall } from './api-operations.ts';
import { apiPrefix } from './calls-of.ts';

type Parameters<Path> = Path extends `${string}:${infer Name}/${infer Rest}`
  ? Name | Parameters<Rest>
  : Path extends `${string}:${infer Name}`
    ? Name
    : never;

type Query = Readonly<Record<string, string | undefined>> | URLSearchParams;

/** What the address of a call has beside its path: a value for each parameter, and a query. */
export type CallPlace<Call extends ApiCall> = {
  /** Members that are undefined are left out. */
  query?: Query;
} & ([Parameters<Call>] extends [never] ? unknown : { params: Readonly<Record<Parameters<Call>, string>> });

const searchOf = (query: Query): URLSearchParams =>
  query instanceof URLSearchParams
    ? query
    : new URLSearchParams(Object.entries(query).filter((pair): pair is [string, string] => pair[1] !== undefined));

/** Returns the method and the path of a call with its query, from the root of the gateway. */
export function requestOf<Call extends ApiCall>(
  call: Call,
  place: CallPlace<Call>,
): { method: 'GET' | 'POST' | 'DELETE'; path: string } {
  const { params = {}, query = {} } = place as { params?: Readonly<Record<string, string>>; query?: Query };
  const [method, template] = call.split(' ') as ['GET' | 'POST' | 'DELETE', string];
  const path = template.replaceAll(/:(\w+)/g, (_all, name: string) => encodeURIComponent(params[name]!));
  const search = searchOf(query).toString();
  return { method, path: `${apiPrefix}${path}${search === '' ? '' : `?${search}`}` };
}
