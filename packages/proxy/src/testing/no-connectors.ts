import type { Through } from '../connectors/connector-way.ts';

/** For a gateway without connectors. */
export const noConnectors: Through = () => {
  throw new Error('there is no connector');
};
