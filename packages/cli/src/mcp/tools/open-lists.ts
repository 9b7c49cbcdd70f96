import { randomBytes } from 'node:crypto';
import { CliError } from '../../terminal/cli-error.ts';

/** A list that goes on: the rows that were read and not shown yet, and how to read more. */
export type OpenList = {
  cluster: string;
  resource: string;
  columns: readonly string[];
  rows: readonly (readonly string[])[];
  next?: { path: string; query: Record<string, string | undefined>; token: string };
  wide: boolean;
  namespaces: boolean;
};

/** The lists that go on, by the name that continues them. */
export type OpenLists = {
  keep(list: OpenList): string;
  take(page: string, cluster: string, resource: string): OpenList;
};

const maxLists = 50;

/**
 * Creates the memory of lists that go on. The token with which a cluster continues a list stays here: it is long, and a
 * hostile cluster could write instructions into it.
 */
export function createOpenLists(): OpenLists {
  const lists = new Map<string, OpenList>();
  return {
    keep(list) {
      const page = `page-${randomBytes(8).toString('hex')}`;
      lists.set(page, list);
      if (lists.size > maxLists) lists.delete(lists.keys().next().value!);
      return page;
    },
    take(page, cluster, resource) {
      const list = lists.get(page);
      if (list === undefined || list.cluster !== cluster || list.resource !== resource)
        throw new CliError('usage', 'there is no such list to continue', 'List again, without continue.');
      return list;
    },
  };
}
