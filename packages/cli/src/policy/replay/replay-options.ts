import type { GatewayOptions } from '../../commands/command-kit.ts';

/** The options of `policy replay`, as the command parser returns them. */
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
