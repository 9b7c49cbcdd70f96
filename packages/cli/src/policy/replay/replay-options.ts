import type { GatewayOptions } from '../../gateway/find-gateway.ts';

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
