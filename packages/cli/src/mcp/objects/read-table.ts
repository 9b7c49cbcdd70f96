import * as z from 'zod/mini';

const metadataSchema = z.object({
  name: z._default(z.string(), ''),
  namespace: z._default(z.string(), ''),
  creationTimestamp: z.optional(z.nullable(z.string())),
});
const pageSchema = z.optional(
  z.object({ continue: z.optional(z.string()), remainingItemCount: z.optional(z.number()) }),
);

// Table of meta.k8s.io/v1: how kubectl lists.
const tableSchema = z.object({
  kind: z.literal('Table'),
  metadata: pageSchema,
  columnDefinitions: z._default(
    z.nullable(z.array(z.object({ name: z.string(), priority: z._default(z.number(), 0) }))),
    [],
  ),
  rows: z._default(
    z.nullable(
      z.array(
        z.object({
          cells: z.array(z.unknown()),
          object: z.optional(z.nullable(z.object({ metadata: z.optional(metadataSchema) }))),
        }),
      ),
    ),
    [],
  ),
});
// What a server answers that has no tables, such as some aggregated APIs.
const listSchema = z.object({ metadata: pageSchema, items: z.array(z.object({ metadata: metadataSchema })) });

/** A page of a list. `next` continues it, and `remaining` is how many objects the cluster says are left. */
export type TablePage = { columns: string[]; rows: string[][]; next?: string; remaining?: number };

const cellText = (cell: unknown) =>
  typeof cell === 'string' ? cell : cell === null || cell === undefined ? '' : JSON.stringify(cell);

function pageOf(metadata: z.infer<typeof pageSchema>): Pick<TablePage, 'next' | 'remaining'> {
  const { continue: next, remainingItemCount: remaining } = metadata ?? {};
  return { next: next || undefined, remaining };
}

/** Reads a list as a table. With `namespaces`, its first column is the namespace. Returns undefined for anything else. */
export function readTable(body: unknown, shown: { wide: boolean; namespaces: boolean }): TablePage | undefined {
  const table = tableSchema.safeParse(body);
  if (table.success) {
    const columns = (table.data.columnDefinitions ?? [])
      .map((column, index) => ({ ...column, index }))
      .filter(({ priority }) => shown.wide || priority === 0);
    const rows = (table.data.rows ?? []).map(({ cells, object }) => [
      ...(shown.namespaces ? [object?.metadata?.namespace ?? ''] : []),
      ...columns.map(({ index }) => cellText(cells[index])),
    ]);
    const heading = [...(shown.namespaces ? ['Namespace'] : []), ...columns.map(({ name }) => name)];
    return { columns: heading, rows, ...pageOf(table.data.metadata) };
  }
  const list = listSchema.safeParse(body);
  if (!list.success) return undefined;
  const rows = list.data.items.map(({ metadata: { name, namespace, creationTimestamp } }) => [
    ...(shown.namespaces ? [namespace] : []),
    name,
    creationTimestamp ?? '',
  ]);
  return {
    columns: [...(shown.namespaces ? ['Namespace'] : []), 'Name', 'Created'],
    rows,
    ...pageOf(list.data.metadata),
  };
}
