import type { QueryParameters } from './parse-query.ts';
import { isApiTrue } from './read-list-options.ts';

/** What an exec or attach runs, and where. */
export type ExecOptions = { container: string; command: string[]; stdin: boolean; tty: boolean };

/** Reads PodExecOptions from the query. An empty container means the pod's default one. */
export function readExec(query: QueryParameters): ExecOptions {
  return {
    container: query.get('container')?.[0] ?? '',
    command: [...(query.get('command') ?? [])],
    stdin: isApiTrue(query.get('stdin')),
    tty: isApiTrue(query.get('tty')),
  };
}
