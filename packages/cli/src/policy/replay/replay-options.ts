import type { GatewayOptions } from '../../commands/command-kit.ts';

/** Options of `policy replay` as typed. */
export type ReplayOptions = GatewayOptions & {
  config?: string;
  policy?: string;
  cluster?: string;
  kafka?: string | true;
  topic: string;
  fromStore?: boolean;
  since?: string;
  until?: string;
  examples: string;
  failOnLoss?: boolean;
  failOnGain?: boolean;
  failOnUnjudged?: boolean;
};
