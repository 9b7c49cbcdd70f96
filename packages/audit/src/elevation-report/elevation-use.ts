/** What was done under an elevation, on which cluster, and by whom. */
export type ElevationUse = {
  elevation: string;
  user: string;
  cluster: string;
  verb: string;
  resource: string;
  requests: number;
  refused: number;
  failed: number;
  streams: number;
};

/** A period, and whose uses of elevations to find there, on which cluster. Times are in RFC 3339. */
export type UsesQuery = { since: string; until: string; user?: string | undefined; cluster?: string | undefined };
