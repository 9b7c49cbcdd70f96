/**
 * The columns of an event, and their types. What stores events, what moves them and what verifies them use this list. Add
 * a new column here, and fill it in `toRow`.
 */
const columnTypes = {
  id: 'text',
  type: 'text',
  source: 'text',
  key: 'text',
  audit_id: 'text',
  stage: 'text',
  username: 'text',
  issuer: 'text',
  subject: 'text',
  session: 'text',
  cluster: 'text',
  namespace: 'text',
  resource: 'text',
  subresource: 'text',
  name: 'text',
  verb: 'text',
  effect: 'text',
  rule: 'text',
  address: 'text',
  command: 'text',
  data: 'text',
  reasons: 'text[]',
  elevation: 'text[]',
  time: 'timestamptz',
  code: 'integer',
} as const;

/** The columns with the place of an event in its chain. Hashes are bytes in the table, and hexadecimal in a row. */
const placeTypes = { producer: 'text', seq: 'bigint', prev_hash: 'text', hash: 'text' } as const;

export type EventColumn = keyof typeof columnTypes;
export type PlaceColumn = keyof typeof placeTypes;

export const eventColumnNames = Object.keys(columnTypes) as EventColumn[];
export const placeColumnNames = Object.keys(placeTypes) as PlaceColumn[];

/** The types of the columns of a row, as it is given to a statement. */
export const givenTypes: Readonly<Record<EventColumn | PlaceColumn, string>> = { ...columnTypes, ...placeTypes };

/** The definition of a row as JSON, for `json_to_recordset`. */
export const rowType: string = Object.entries(givenTypes)
  .map(([name, type]) => `${name} ${type}`)
  .join(', ');
